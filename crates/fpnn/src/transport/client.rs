//! Connecting to a server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_util::task::TaskTracker;

use crate::transport::connection::Route;
use crate::transport::driver::{Driver, Settings};
use crate::transport::{ClientOptions, Connection, Encryption, Order, Peer, Reply, Service};
use crate::{Map, PrivateKey, Quest};

/// Connects to `address`; the connection is driven by a task of `tasks`. `service` answers what the
/// server asks; see [`Agree`].
/// # Errors
/// Whatever the socket says, and [`io::ErrorKind::TimedOut`] after
/// [`ClientOptions::connect_timeout`]. A server that refuses the key exchange closes the
/// connection: [`io::ErrorKind::ConnectionAborted`].
pub async fn connect<S: Service>(
    address: impl ToSocketAddrs,
    options: &ClientOptions,
    service: Arc<S>,
    tasks: &TaskTracker,
) -> io::Result<Connection> {
    let connect = async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let route = Route {
            address: stream.peer_addr()?,
            local_address: stream.local_addr().ok(),
            tls: options.tls.is_some(),
            websocket: false,
        };
        match &options.tls {
            None => establish(stream, route, options, service, tasks).await,
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name.clone(), stream).await?;
                establish(stream, route, options, service, tasks).await
            }
        }
    };
    let connected = tokio::time::timeout(options.connect_timeout, Box::pin(connect)).await;
    connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Makes a connection of any stream, as [`connect`] does. `tls` says whether the stream is
/// encrypted by itself; [`ClientOptions::tls`] is not looked at.
/// # Errors
/// See [`connect`].
pub async fn connect_stream<S: Service, IO>(
    stream: IO,
    address: SocketAddr,
    tls: bool,
    options: &ClientOptions,
    service: Arc<S>,
    tasks: &TaskTracker,
) -> io::Result<Connection>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let route = Route {
        address,
        local_address: None,
        tls,
        websocket: false,
    };
    let connect = establish(stream, route, options, service, tasks);
    let connected = tokio::time::timeout(options.connect_timeout, connect).await;
    connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn establish<S: Service, IO>(
    stream: IO,
    route: Route,
    options: &ClientOptions,
    service: Arc<S>,
    tasks: &TaskTracker,
) -> io::Result<Connection>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let settings = Arc::new(Settings {
        limits: options.limits.clone(),
        clock: Arc::clone(&options.clock),
        key: None,
        keepalive: options.keepalive.clone(),
        born: Instant::now(),
    });
    let connection = Connection::new(route, &options.limits);
    let mut driver = Driver::new(stream, connection.clone(), service, settings, None);
    let Some(encryption) = options.encryption.as_ref() else {
        tasks.spawn(driver);
        return Ok(connection);
    };
    let (mode, strength) = (encryption.mode, encryption.strength);
    let (quest, sealer, opener) = own_key(encryption)
        .offer(&encryption.server, mode, strength, 1)
        .map_err(io::Error::other)?;
    let answer = driver.ask_for_key(&quest, sealer, opener, options.connect_timeout);
    tasks.spawn(driver);
    let mut unused = Unused(Some(&connection));
    match answer.await {
        Ok(Ok(_)) => unused.0 = None,
        Ok(Err(refusal)) => return Err(io::Error::other(refusal)),
        Err(_) => {
            let text = "the server closed the connection on the key exchange";
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, text));
        }
    }
    drop(unused);
    Ok(connection)
}

/// A connection that ends with whoever waits for it to be established.
struct Unused<'a>(Option<&'a Connection>);

impl Drop for Unused<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            connection.abort();
        }
    }
}

/// A new key on the server's curve.
fn own_key(encryption: &Encryption) -> PrivateKey {
    let mut random = [0; 32];
    loop {
        (encryption.entropy)(&mut random);
        if let Some(key) = PrivateKey::from_random(encryption.server.curve(), &random) {
            return key;
        }
    }
}

/// Answers every quest with an empty map: enough for the `ping` of a server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agree;

impl Service for Agree {
    type State = ();

    fn connected(&self, _: &Connection) {}

    fn order(&self, _: &Quest) -> Order {
        Order::Read
    }

    fn call(self: &Arc<Self>, _: Quest, _: &Arc<Peer<()>>) -> Reply {
        Reply::Ready(Ok(Map::empty()))
    }
}
