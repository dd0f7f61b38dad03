//! Accepting connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::transport::connection::{Route, far};
use crate::transport::driver::{Driver, Settings};
use crate::transport::{Connection, Opening, Options, Places, Service};

/// How long accepting rests after it failed.
const PAUSE: Duration = Duration::from_millis(50);
/// Connections accepted in a row, before those that are there run.
const ACCEPTED_PER_TURN: u32 = 32;

/// Accepts connections until `stop`, each driven by a task of `tasks`. On `stop` every connection
/// reads no more, answers what it has begun, refuses with 20014 what it has received beside that,
/// and closes; wait on `tasks` for all of that, for as long as it may take.
pub async fn serve<S: Service>(
    listener: TcpListener,
    service: Arc<S>,
    options: Options,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let server = Server::new(service, options, stop);
    let mut run = 0;
    loop {
        // The place comes second: a listener that nobody connects to must not hold one that others need.
        let accept = async {
            let accepted = listener.accept().await;
            (accepted, server.places.take().await)
        };
        let (accepted, place) = tokio::select! {
            () = server.stop.cancelled() => return,
            accepted = accept => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let server = server.clone();
                tasks.spawn(async move {
                    server.accepted(stream, address).await;
                    drop(place);
                });
                run += 1;
                if run == ACCEPTED_PER_TURN {
                    run = 0;
                    tokio::task::yield_now().await;
                }
            }
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                // Out of file descriptors, most likely: wait for connections to end.
                warn!("A connection could not be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether a peer was gone before its connection was accepted: the next may be fine.
fn is_about_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Serves one connection over any stream until it has ended, as [`serve`] does: for streams that
/// are not plain TCP or TLS. `tls` says whether the stream is encrypted by itself, so that `*key`
/// is refused. With [`Opening::Any`] the stream may be FPNN or HTTP; [`Options::tls`] is not looked at.
pub async fn serve_stream<S: Service, IO: AsyncRead + AsyncWrite + Unpin>(
    stream: IO,
    address: SocketAddr,
    tls: bool,
    service: Arc<S>,
    options: Options,
    stop: CancellationToken,
) {
    let server = Server::new(service, options, stop);
    let since = Instant::now();
    let route = Route {
        address,
        local_address: None,
        tls,
        websocket: false,
    };
    match server.opening {
        Opening::Fpnn => server.drive(stream, route, since, BytesMut::new()).await,
        Opening::Any => server.look_inside(stream, route, since).await,
    }
}

pub(super) struct Server<S> {
    service: Arc<S>,
    settings: Arc<Settings>,
    pub(super) opening: Opening,
    pub(super) tls: Option<TlsAcceptor>,
    places: Places,
    stop: CancellationToken,
}

impl<S> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            settings: Arc::clone(&self.settings),
            opening: self.opening,
            tls: self.tls.clone(),
            places: self.places.clone(),
            stop: self.stop.clone(),
        }
    }
}

impl<S: Service> Server<S> {
    fn new(service: Arc<S>, options: Options, stop: CancellationToken) -> Self {
        Self {
            service,
            settings: Arc::new(Settings {
                limits: options.limits,
                clock: options.clock,
                key: options.key,
                keepalive: options.keepalive,
                born: Instant::now(),
            }),
            opening: options.opening,
            tls: options.tls.map(TlsAcceptor::from),
            places: options.places,
            stop,
        }
    }

    /// Serves a connection that was just accepted.
    async fn accepted(self, stream: TcpStream, address: SocketAddr) {
        let since = Instant::now();
        let _ = stream.set_nodelay(true);
        let route = Route {
            address,
            local_address: stream.local_addr().ok(),
            tls: false,
            websocket: false,
        };
        match (self.opening, &self.tls) {
            (Opening::Fpnn, None) => self.drive(stream, route, since, BytesMut::new()).await,
            (Opening::Fpnn, Some(tls)) => Box::pin(self.secure(tls, stream, route, since)).await,
            (Opening::Any, _) => self.open(stream, route, since).await,
        }
    }

    /// Waits for a part of the opening of a connection, for as long as all of it may take.
    pub(super) async fn in_time<T>(
        &self,
        route: Route,
        since: Instant,
        opening: impl Future<Output = io::Result<T>>,
    ) -> Option<T> {
        let limits = &self.settings.limits;
        let stranger = limits.stranger.map(|stranger| stranger.within);
        let timeout = limits.tls_timeout.min(stranger.unwrap_or(Duration::MAX));
        let opened = tokio::select! {
            () = self.stop.cancelled() => return None,
            opened = tokio::time::timeout_at(far(since, timeout), opening) => opened,
        };
        let address = route.address;
        match opened {
            Ok(Ok(opened)) => return Some(opened),
            Ok(Err(error)) => {
                debug!(client.address = %address, "{address} did not open its connection: {error}");
            }
            Err(_) => {
                debug!(client.address = %address, "{address} took too long to open its connection");
            }
        }
        None
    }

    /// Drives a connection, of which `bytes` were read already, until it has ended.
    pub(super) async fn drive<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: IO,
        route: Route,
        since: Instant,
        begun: BytesMut,
    ) {
        let connection = Connection::new(route, &self.settings.limits);
        let mut driver = Driver::new(
            stream,
            connection,
            Arc::clone(&self.service),
            Arc::clone(&self.settings),
            Some(self.stop.clone()),
        );
        driver.began(since, &begun);
        // Not kept for as long as the connection lasts.
        drop(begun);
        driver.await;
    }
}
