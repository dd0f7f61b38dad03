//! Accepting connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::transport::driver::{Driver, Settings};
use crate::transport::{Connection, Options, Service};

/// How long accepting rests after it failed.
const PAUSE: Duration = Duration::from_millis(50);

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
    let places = Arc::new(Semaphore::new(
        server.max_connections.clamp(1, Semaphore::MAX_PERMITS),
    ));
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = server.stop.cancelled() => return,
            accepted = accept => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let server = server.clone();
                if server.tls.is_some() {
                    tasks.spawn(async move {
                        server.secured(stream, address).await;
                        drop(place);
                    });
                } else {
                    tasks.spawn(async move {
                        server.plain(stream, address).await;
                        drop(place);
                    });
                }
            }
            Err(error) => {
                // Out of file descriptors, most likely: wait for connections to end.
                warn!("A connection could not be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Serves one connection over any stream until it has ended, as [`serve`] does: for streams that
/// are not plain TCP or TLS. `tls` says whether the stream is encrypted by itself, so that `*key`
/// is refused.
pub async fn serve_stream<S: Service, IO: AsyncRead + AsyncWrite + Unpin>(
    stream: IO,
    address: SocketAddr,
    tls: bool,
    service: Arc<S>,
    options: Options,
    stop: CancellationToken,
) {
    let server = Server::new(service, options, stop);
    server.drive(stream, address, tls, Instant::now()).await;
}

struct Server<S> {
    service: Arc<S>,
    settings: Arc<Settings>,
    tls: Option<TlsAcceptor>,
    max_connections: usize,
    stop: CancellationToken,
}

impl<S> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            settings: Arc::clone(&self.settings),
            tls: self.tls.clone(),
            max_connections: self.max_connections,
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
                keepalive: None,
            }),
            tls: options.tls.map(TlsAcceptor::from),
            max_connections: options.max_connections,
            stop,
        }
    }

    async fn plain(self, stream: TcpStream, address: SocketAddr) {
        let _ = stream.set_nodelay(true);
        self.drive(stream, address, false, Instant::now()).await;
    }

    async fn secured(self, stream: TcpStream, address: SocketAddr) {
        let since = Instant::now();
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return };
        let limits = &self.settings.limits;
        let stranger = limits.stranger.map(|stranger| stranger.within);
        let timeout = limits.tls_timeout.min(stranger.unwrap_or(Duration::MAX));
        let agreed = tokio::select! {
            () = self.stop.cancelled() => return,
            agreed = tokio::time::timeout(timeout, tls.accept(stream)) => agreed,
        };
        match agreed {
            Ok(Ok(stream)) => self.drive(stream, address, true, since).await,
            Ok(Err(error)) => {
                debug!(client.address = %address, "TLS with {address} failed: {error}");
            }
            Err(_) => debug!(client.address = %address, "TLS with {address} took too long"),
        }
    }

    async fn drive<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: IO,
        address: SocketAddr,
        tls: bool,
        since: Instant,
    ) {
        let connection = Connection::new(address, tls, &self.settings.limits);
        let mut driver = Driver::new(
            stream,
            connection,
            Arc::clone(&self.service),
            Arc::clone(&self.settings),
            Some(self.stop.clone()),
        );
        driver.connected_at(since);
        driver.await;
    }
}
