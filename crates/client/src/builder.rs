//! Setting up a client.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use halloo_fpnn::transport::{Agree, ClientOptions, Clock, Encryption, connect};
use halloo_fpnn::{KeyError, Mode, PublicKey, Strength};
use rustls::pki_types::ServerName;

use crate::link::{Connect, Events, Link};
use crate::sign::Signer;
use crate::{Keepalive, RtmServerClient};

/// Sets up a client.
#[must_use]
pub struct Builder {
    pid: i32,
    secret: String,
    endpoint: String,
    quest_timeout: Duration,
    auto_reconnect: bool,
    tls: Option<Arc<rustls::ClientConfig>>,
    options: ClientOptions,
    events: Events,
}

/// Why a server's public key can not be used.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// The file can not be read.
    #[error("the public key can not be read: {0}")]
    File(#[from] io::Error),
    /// It holds no public key that is known here.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Builder {
    pub(crate) fn new(pid: i32, secret: &str, endpoint: &str) -> Self {
        Self {
            pid,
            secret: secret.to_owned(),
            endpoint: endpoint.to_owned(),
            quest_timeout: Duration::from_secs(30),
            auto_reconnect: true,
            tls: None,
            options: ClientOptions::new(clock()),
            events: Events::default(),
        }
    }

    /// How long a call waits for its answer unless it says otherwise. 30 s.
    pub fn quest_timeout(mut self, timeout: Duration) -> Self {
        self.quest_timeout = timeout;
        self
    }

    /// How long one attempt to connect may take, key exchange or TLS handshake included. 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// Whether a lost connection is made again before a call needs it. True.
    pub fn auto_reconnect(mut self, on: bool) -> Self {
        self.auto_reconnect = on;
        self
    }

    /// Probes a silent server and closes the connection when it stays silent. Off by default.
    pub fn keepalive(mut self, keepalive: Keepalive) -> Self {
        self.options.keepalive = Some(keepalive);
        self
    }

    /// Encrypts the connection for the server whose public key `pem` is: the text of a PEM block,
    /// or the path of a file with one.
    /// # Errors
    /// [`EncryptionError`].
    pub fn encryption_from_pem(
        self,
        pem: &str,
        mode: Mode,
        strength: Strength,
    ) -> Result<Self, EncryptionError> {
        let server = if pem.trim_start().starts_with("-----BEGIN") {
            PublicKey::from_pem(pem)?
        } else {
            PublicKey::from_pem(&std::fs::read_to_string(pem)?)?
        };
        Ok(self.encryption(server, mode, strength))
    }

    /// Encrypts the connection for the server whose public key `server` is.
    pub fn encryption(mut self, server: PublicKey, mode: Mode, strength: Strength) -> Self {
        self.options.encryption = Some(Encryption {
            server,
            mode,
            strength,
            entropy: Arc::new(fill),
        });
        self
    }

    /// Connects through TLS; the certificate must be for the host of the endpoint. Takes the place
    /// of [`encryption`](Self::encryption), which servers refuse inside TLS.
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Calls `connected` with the server's address after every connection that was made, on the
    /// thread for callbacks.
    pub fn on_connected(mut self, connected: impl Fn(SocketAddr) + Send + Sync + 'static) -> Self {
        self.events.connected = Some(Arc::new(connected));
        self
    }

    /// Calls `closed` with the server's address and a reason after every connection that ended, on
    /// the thread for callbacks.
    pub fn on_closed(mut self, closed: impl Fn(SocketAddr, &str) + Send + Sync + 'static) -> Self {
        self.events.closed = Some(Arc::new(closed));
        self
    }

    /// The client. An endpoint that makes no sense shows with the first call, as 20012.
    pub fn build(self) -> RtmServerClient {
        let mut random = [0; 2];
        fill(&mut random);
        let clock = Arc::clone(&self.options.clock);
        let signer = Signer::new(self.pid, &self.secret, clock, u16::from_le_bytes(random));
        let connect = connector(self.endpoint, self.options, self.tls);
        let link = Link::new(connect, self.auto_reconnect, self.events);
        RtmServerClient::from_parts(link, signer, self.quest_timeout)
    }
}

fn connector(
    endpoint: String,
    options: ClientOptions,
    tls: Option<Arc<rustls::ClientConfig>>,
) -> Connect {
    Box::new(move |tasks| {
        let (endpoint, mut options, tls) = (endpoint.clone(), options.clone(), tls.clone());
        Box::pin(async move {
            if let Some(config) = tls {
                options.tls = Some((config, host(&endpoint)?));
                options.encryption = None;
            }
            connect(endpoint, &options, Arc::new(Agree), &tasks).await
        })
    })
}

/// The name in `host:port`.
fn host(endpoint: &str) -> io::Result<ServerName<'static>> {
    let host = endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    ServerName::try_from(host.to_owned()).map_err(invalid)
}

fn clock() -> Clock {
    Arc::new(|| {
        #[expect(
            clippy::disallowed_methods,
            reason = "a program of somebody else has no Clock port"
        )]
        let now = std::time::SystemTime::now();
        let since = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_for_the_host_of_the_endpoint() {
        for (endpoint, expected) in [
            ("gate.example.com:13315", "gate.example.com"),
            ("192.0.2.1:13315", "192.0.2.1"),
            ("[2001:db8::1]:13315", "2001:db8::1"),
        ] {
            assert_eq!(host(endpoint).unwrap().to_str(), expected);
        }
        assert!(host(":13315").is_err());
    }
}
