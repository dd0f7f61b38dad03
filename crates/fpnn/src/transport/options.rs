//! How connections behave.

use std::sync::Arc;
use std::time::Duration;

use crate::transport::Places;
use crate::{MAX_FRAME_BYTES, Method, Mode, PrivateKey, PublicKey, Strength};

/// Now, in Unix milliseconds; what `*ping` answers.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills a buffer with unpredictable bytes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// How a server treats its connections.
#[derive(Clone)]
pub struct Options {
    /// Time for `*ping`.
    pub clock: Clock,
    /// The key that `*key` is answered with; without one `*key` closes the connection.
    pub key: Option<Arc<PrivateKey>>,
    /// What connections may begin with. [`Opening::Fpnn`].
    pub opening: Opening,
    /// TLS, on every connection or on those that begin with it, as `opening` says; `*key` is refused
    /// inside.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Probes of trusted peers; none by default. With them [`Limits::idle_timeout`] does not count.
    pub keepalive: Option<Keepalive>,
    /// Connections at a time; further ones wait in the listener's backlog.
    pub places: Places,
    /// Bounds of each connection.
    pub limits: Limits,
}

impl Options {
    /// Plain connections without a key, at most 100,000, with default limits.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            key: None,
            opening: Opening::Fpnn,
            tls: None,
            keepalive: None,
            places: Places::new(100_000),
            limits: Limits::default(),
        }
    }
}

/// What a connection to a server may begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// FPNN, inside TLS if there is a configuration for it.
    #[default]
    Fpnn,
    /// What its first byte announces: TLS if there is a configuration for it, FPNN, or HTTP that
    /// becomes a WebSocket under a path that ends in `/service/websocket`; inside TLS the same
    /// without TLS. Anything else ends it, after an HTTP status if it was HTTP.
    Any,
}

/// Bounds of one connection, on either end.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a received frame, header included. 8 MiB. Source: FPNN section 5.
    pub max_frame_bytes: usize,
    /// Received quests that are being answered; at the limit nothing more is read. 1,024.
    pub max_in_flight: usize,
    /// Bytes waiting to be written above which no further quest begins. 256 KiB.
    pub max_unsent_bytes: usize,
    /// Bytes of our own quests waiting to be written; a further one is refused with 20011. 1 MiB.
    pub max_queued_bytes: usize,
    /// Whether a quest of ours that finds the queue full also closes the connection as a slow
    /// reader. True.
    pub close_when_full: bool,
    /// Time without a package in either direction; does not count where there is a
    /// [`Keepalive`]. 10 minutes. Source: RTM server gate, section 12.
    pub idle_timeout: Option<Duration>,
    /// What a connection may do before [`Connection::trust`](crate::transport::Connection::trust). No
    /// bound but the others.
    pub stranger: Option<Stranger>,
    /// Time for a package from its first byte to its last. 30 s.
    pub frame_timeout: Duration,
    /// Time for the peer to take some of what is being written. 30 s.
    pub write_timeout: Duration,
    /// Time from the connection on until TLS and WebSocket are agreed on, the first byte included.
    /// 10 s.
    pub tls_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame_bytes: MAX_FRAME_BYTES,
            max_in_flight: 1024,
            max_unsent_bytes: 256 * 1024,
            max_queued_bytes: 1024 * 1024,
            close_when_full: true,
            idle_timeout: Some(Duration::from_mins(10)),
            stranger: None,
            frame_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            tls_timeout: Duration::from_secs(10),
        }
    }
}

/// What a connection may do before its service trusts it, where strangers may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Time from the connection on, handshakes of TLS and WebSocket included, or from
    /// [`Connection::distrust`](crate::transport::Connection::distrust) on.
    pub within: Duration,
    /// Bytes of a received frame, header included.
    pub max_frame_bytes: usize,
    /// Bytes received, whatever they are.
    pub max_bytes: usize,
}

impl Default for Stranger {
    /// 10 s and 64 KiB.
    fn default() -> Self {
        Self {
            within: Duration::from_secs(10),
            max_frame_bytes: 64 * 1024,
            max_bytes: 64 * 1024,
        }
    }
}

/// How a client connects.
#[derive(Clone)]
pub struct ClientOptions {
    /// Time for `*ping`, which a server may ask too.
    pub clock: Clock,
    /// Time until the connection can be used, key exchange or TLS handshake included. 5 s.
    pub connect_timeout: Duration,
    /// Encryption of the FPNN wire; not together with TLS.
    pub encryption: Option<Encryption>,
    /// TLS with the name that the certificate must carry.
    pub tls: Option<(
        Arc<rustls::ClientConfig>,
        rustls::pki_types::ServerName<'static>,
    )>,
    /// Probes of the server; none by default.
    pub keepalive: Option<Keepalive>,
    /// Bounds of the connection.
    pub limits: Limits,
}

impl ClientOptions {
    /// A plain connection that never becomes idle, refuses quests above 16 MiB of unsent ones, and
    /// has default limits beside that.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            connect_timeout: Duration::from_secs(5),
            encryption: None,
            tls: None,
            keepalive: None,
            limits: Limits {
                idle_timeout: None,
                close_when_full: false,
                max_queued_bytes: 16 * 1024 * 1024,
                ..Limits::default()
            },
        }
    }
}

/// Encryption of the FPNN wire, as a client asks for it. Source: FPNN section 7.
#[derive(Clone)]
pub struct Encryption {
    /// The server's key.
    pub server: PublicKey,
    /// Whether packages or the whole stream are encrypted.
    pub mode: Mode,
    /// Length of the cipher's key.
    pub strength: Strength,
    /// Makes the key pair of each connection.
    pub entropy: Entropy,
}

/// Probing a peer with a two-way quest and an empty map. Any byte is a sign of life, whatever it
/// says. Source: FPNN section 6, RTM client gate section 1.8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// The method of the quest.
    pub method: Method,
    /// Time until the first probe and between probes.
    pub every: Duration,
    /// Whether probes are sent whatever else goes on, counted from the moment at which the peer was
    /// trusted, instead of after `every` without a received byte. The first of them comes after half of
    /// the time to all of it, so that peers who came together are not probed together; each comes up to
    /// 100 ms late, together with those of others.
    pub always: bool,
    /// Whether this is only for connections whose service called
    /// [`Connection::ask_for_probes`](crate::transport::Connection::ask_for_probes).
    pub on_request: bool,
    /// Time without a received byte after which the connection is closed as dead.
    pub silence: Duration,
}

impl Default for Keepalive {
    /// `*ping` after 20 s of silence, up to three times: closed after 80 s, as the C++ SDK has it.
    fn default() -> Self {
        Self {
            method: Method::new("*ping"),
            every: Duration::from_secs(20),
            always: false,
            on_request: false,
            silence: Duration::from_secs(80),
        }
    }
}
