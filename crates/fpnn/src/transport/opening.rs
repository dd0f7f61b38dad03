//! How a connection begins, where its first byte says what it is.

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::transport::connection::Route;
use crate::transport::server::Server;
use crate::transport::{Opening, Service, websocket};

/// First byte of a TLS handshake. Source: RFC 8446, section 5.1.
const TLS: u8 = 0x16;
/// First byte of FPNN.
const FPNN: u8 = b'F';
/// First bytes of the methods of HTTP that are answered: `GET` and `POST`.
const GET: u8 = b'G';
const POST: u8 = b'P';
/// Bytes taken out of a stream to see what it is.
const FIRST_BYTES: usize = 512;

impl<S: Service> Server<S> {
    /// Serves a connection by what its first byte announces. That byte is left in the socket.
    pub(super) async fn open(&self, stream: TcpStream, route: Route, since: Instant) {
        let mut first = [0];
        let count = self.in_time(route, since, stream.peek(&mut first)).await;
        match (count, first, &self.tls) {
            (_, [TLS], Some(tls)) => Box::pin(self.secure(tls, stream, route, since)).await,
            (Some(1..), [byte], _) => {
                self.begin(byte, stream, route, since, BytesMut::new())
                    .await;
            }
            (None | Some(0), ..) => {}
        }
    }

    /// Serves a stream that begins with `begun`, of which `first` is the first byte, wherever it is.
    async fn begin<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        first: u8,
        mut stream: IO,
        route: Route,
        since: Instant,
        begun: BytesMut,
    ) {
        let (route, begun) = match first {
            FPNN => (route, begun),
            GET | POST => {
                let handshake = Box::pin(websocket::shake_hands(&mut stream, begun));
                let Some(Some(begun)) = self.in_time(route, since, handshake).await else {
                    return;
                };
                let websocket = true;
                (Route { websocket, ..route }, begun)
            }
            _ => return debug_unknown(route, first),
        };
        self.drive(stream, route, since, begun).await;
    }

    /// Serves what is inside TLS.
    pub(super) async fn secure(
        &self,
        tls: &TlsAcceptor,
        stream: TcpStream,
        route: Route,
        since: Instant,
    ) {
        let Some(stream) = self.in_time(route, since, tls.accept(stream)).await else {
            return;
        };
        let route = Route { tls: true, ..route };
        match self.opening {
            Opening::Fpnn => self.drive(stream, route, since, BytesMut::new()).await,
            Opening::Any => self.look_inside(stream, route, since).await,
        }
    }

    /// Serves a stream by what its first byte announces.
    pub(super) async fn look_inside<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: IO,
        route: Route,
        since: Instant,
    ) {
        let mut begun = BytesMut::with_capacity(FIRST_BYTES);
        let mut first = (&mut stream).take(FIRST_BYTES as u64);
        let read = self.in_time(route, since, first.read_buf(&mut begun)).await;
        if let (Some(_), Some(&byte)) = (read, begun.first()) {
            self.begin(byte, stream, route, since, begun).await;
        }
    }
}

fn debug_unknown(route: Route, byte: u8) {
    let address = route.address;
    debug!(client.address = %address, "{address} began with {byte:#04x}, which announces nothing");
}
