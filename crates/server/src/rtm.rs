//! The listeners of the RTM dialect, their keys and certificates.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use halloo_core::Core;
use halloo_core::ports::Entropy;
use halloo_fpnn::transport::{Keepalive, Limits, Opening, Options, Places, Stranger, serve};
use halloo_fpnn::{Curve, Method, PrivateKey};
use halloo_gate_rtm::client::ClientGate;
use halloo_gate_rtm::server::ServerGate;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::data_folder::DataFolder;

/// Connections that may wait to be accepted, as far as the system lets them: everybody comes back at once
/// after a restart.
const BACKLOG: u32 = 16 * 1024;

/// How often back ends that listen are probed. Source: RTM server gate section 6.3.
const LISTENER_PING: Duration = Duration::from_secs(20);

/// Ports that are taken, but on which nobody is answered yet.
pub(crate) struct Listeners {
    server: TcpListener,
    server_secp256r1: Option<TcpListener>,
    server_tls: Option<TcpListener>,
    client: TcpListener,
    client_secp256r1: Option<TcpListener>,
    dispatch: Option<TcpListener>,
}

impl Listeners {
    /// Takes every configured port.
    pub(crate) fn bind(config: &Config) -> Result<Self> {
        let listen = &config.listen;
        let maybe = |address: Option<SocketAddr>| address.map(bind).transpose();
        Ok(Self {
            server: bind(listen.rtm_server)?,
            server_secp256r1: maybe(listen.rtm_server_secp256r1.0)?,
            server_tls: maybe(listen.rtm_server_tls.0)?,
            client: bind(listen.rtm_client)?,
            client_secp256r1: maybe(listen.rtm_client_secp256r1.0)?,
            dispatch: maybe(listen.rtm_dispatch.0)?,
        })
    }

    /// Begins to serve. Returns where.
    pub(crate) fn serve(
        self,
        core: &Core,
        config: &Config,
        folder: &DataFolder,
        entropy: &dyn Entropy,
        [of_server, of_client]: [Places; 2],
        (tasks, stop): (&TaskTracker, &CancellationToken),
    ) -> Result<Addresses> {
        let addresses = self.addresses()?;
        let main_key = match operator_key(config)? {
            Some(key) => key,
            None => folder.rtm_key(config.rtm.curve, entropy)?,
        };
        let main_key = Some(Arc::new(main_key));
        let wants_second = self.server_secp256r1.is_some() || self.client_secp256r1.is_some();
        let second_key = if wants_second {
            Some(Arc::new(folder.rtm_key(Curve::Secp256r1, entropy)?))
        } else {
            None
        };
        let certificate = certificate(config)?.map(Arc::new);
        if self.server_tls.is_some() && certificate.is_none() {
            bail!("listen.rtm_server_tls needs rtm.tls_certificate and rtm.tls_key");
        }
        let core = Arc::new(core.clone());

        let gate = Arc::new(ServerGate::new(Arc::clone(&core), &config.rtm_server()));
        let options = Options {
            places: of_server,
            ..server_options(&core, config)
        };
        for (listener, key, tls) in [
            (Some(self.server), main_key.clone(), None),
            (self.server_secp256r1, second_key.clone(), None),
            (self.server_tls, None, certificate.clone()),
        ] {
            let Some(listener) = listener else { continue };
            let (gate, options) = (Arc::clone(&gate), options.clone());
            let options = Options {
                key,
                tls,
                ..options
            };
            tasks.spawn(serve(listener, gate, options, tasks.clone(), stop.clone()));
        }

        let settings = config.rtm_client(addresses.client.port());
        let gate = Arc::new(ClientGate::new(Arc::clone(&core), settings));
        let options = Options {
            tls: certificate,
            places: of_client,
            ..client_options(&core, config)
        };
        for (listener, key) in [
            (Some(self.client), main_key.clone()),
            (self.client_secp256r1, second_key),
            (self.dispatch, main_key),
        ] {
            let Some(listener) = listener else { continue };
            let (gate, options) = (Arc::clone(&gate), options.clone());
            let options = Options { key, ..options };
            tasks.spawn(serve(listener, gate, options, tasks.clone(), stop.clone()));
        }
        Ok(addresses)
    }

    fn addresses(&self) -> Result<Addresses> {
        Ok(Addresses {
            server: self.server.local_addr()?,
            server_secp256r1: address_of(self.server_secp256r1.as_ref())?,
            server_tls: address_of(self.server_tls.as_ref())?,
            client: self.client.local_addr()?,
            client_secp256r1: address_of(self.client_secp256r1.as_ref())?,
            dispatch: address_of(self.dispatch.as_ref())?,
        })
    }
}

/// Where the RTM dialect is served.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The server gate.
    pub server: SocketAddr,
    /// The server gate with a key on secp256r1.
    pub server_secp256r1: Option<SocketAddr>,
    /// The server gate over TLS.
    pub server_tls: Option<SocketAddr>,
    /// The client gate.
    pub client: SocketAddr,
    /// The client gate with a key on secp256r1.
    pub client_secp256r1: Option<SocketAddr>,
    /// The client gate, at the port where older SDKs ask for it.
    pub dispatch: Option<SocketAddr>,
}

/// The operator's private key for the main listener, if there is one.
/// # Errors
/// When it can not be read or is no key of its curve.
pub fn operator_key(config: &Config) -> Result<Option<PrivateKey>> {
    let Some(path) = &config.rtm.key_file.0 else {
        return Ok(None);
    };
    let (curve, shown) = (config.rtm.curve, path.display());
    let scalar =
        std::fs::read(path).with_context(|| format!("cannot read rtm.key_file {shown}"))?;
    let key = PrivateKey::from_bytes(curve, &scalar);
    key.map(Some)
        .with_context(|| format!("rtm.key_file {shown} is no raw private key on {curve}"))
}

fn server_options(core: &Arc<Core>, config: &Config) -> Options {
    let rtm = &config.rtm;
    Options {
        // Node closes a connection that listens and is not probed; others answer, or not.
        keepalive: Some(Keepalive {
            method: Method::new("ping"),
            every: LISTENER_PING,
            always: true,
            on_request: true,
            silence: Duration::MAX,
        }),
        limits: Limits {
            max_frame_bytes: rtm.max_frame.0,
            stranger: Some(Stranger {
                within: rtm.stranger_timeout.0,
                max_frame_bytes: rtm.max_stranger_frame.0,
                max_bytes: usize::MAX,
            }),
            max_in_flight: rtm.max_in_flight,
            idle_timeout: Some(rtm.idle_timeout.0),
            frame_timeout: rtm.frame_timeout.0,
            write_timeout: rtm.write_timeout.0,
            ..Limits::default()
        },
        ..Options::new(clock(core))
    }
}

fn client_options(core: &Arc<Core>, config: &Config) -> Options {
    let rtm = &config.rtm;
    let of_server = server_options(core, config);
    Options {
        opening: Opening::Any,
        keepalive: Some(Keepalive {
            method: Method::new("ping"),
            every: rtm.client_ping.0,
            always: true,
            on_request: false,
            silence: rtm.client_silence.0,
        }),
        limits: Limits {
            stranger: Some(Stranger {
                within: rtm.login_timeout.0,
                max_frame_bytes: rtm.max_login_bytes.0,
                max_bytes: rtm.max_login_bytes.0,
            }),
            max_queued_bytes: config.limits.outbox.0,
            ..of_server.limits
        },
        ..of_server
    }
}

fn clock(core: &Arc<Core>) -> halloo_fpnn::transport::Clock {
    let core = Arc::clone(core);
    Arc::new(move || core.now().0)
}

fn certificate(config: &Config) -> Result<Option<ServerConfig>> {
    let (Some(chain), Some(key)) = (&config.rtm.tls_certificate.0, &config.rtm.tls_key.0) else {
        return Ok(None);
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read rtm.tls_certificate {}", chain.display()))?;
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read rtm.tls_key {}", key.display()))?;
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map(Some)
        .context("rtm.tls_certificate and rtm.tls_key do not fit together")
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A restart must not wait for connections of before to be forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| format!("cannot listen on {address} for RTM SDKs"))
}

fn address_of(listener: Option<&TcpListener>) -> Result<Option<SocketAddr>> {
    Ok(listener.map(TcpListener::local_addr).transpose()?)
}
