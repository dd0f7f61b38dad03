//! The listeners of the RTM dialect, their keys and certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use halloo_core::Core;
use halloo_core::ports::Entropy;
use halloo_fpnn::transport::{Limits, Options, Stranger, serve};
use halloo_fpnn::{Curve, PrivateKey};
use halloo_gate_rtm::server::ServerGate;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::data_folder::DataFolder;

/// Ports that are taken, but on which nobody is answered yet.
pub(crate) struct Listeners {
    plain: TcpListener,
    secp256r1: Option<TcpListener>,
    tls: Option<TcpListener>,
}

impl Listeners {
    /// Takes every configured port.
    pub(crate) async fn bind(config: &Config) -> Result<Self> {
        let listen = &config.listen;
        Ok(Self {
            plain: bind(listen.rtm_server).await?,
            secp256r1: bind_maybe(listen.rtm_server_secp256r1.0).await?,
            tls: bind_maybe(listen.rtm_server_tls.0).await?,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let more = [&self.secp256r1, &self.tls].into_iter().flatten();
        1 + more.count()
    }

    /// Begins to serve. Returns where the plain gate and the one over TLS answer.
    pub(crate) fn serve(
        self,
        core: &Core,
        config: &Config,
        folder: &DataFolder,
        entropy: &dyn Entropy,
        (tasks, stop): (&TaskTracker, &CancellationToken),
    ) -> Result<Addresses> {
        let gate = Arc::new(ServerGate::new(core.clone(), &config.rtm_server()));
        let addresses = Addresses {
            server: self.plain.local_addr()?,
            server_secp256r1: address_of(self.secp256r1.as_ref())?,
            server_tls: address_of(self.tls.as_ref())?,
        };
        let options = options(core, config);
        let start = |listener, options| {
            let gate = Arc::clone(&gate);
            tasks.spawn(serve(listener, gate, options, tasks.clone(), stop.clone()));
        };
        let key = match operator_key(config)? {
            Some(key) => key,
            None => folder.rtm_key(config.rtm.curve, entropy)?,
        };
        let with_key = |key| Options {
            key,
            ..options.clone()
        };
        start(self.plain, with_key(Some(Arc::new(key))));
        if let Some(listener) = self.secp256r1 {
            let key = folder.rtm_key(Curve::Secp256r1, entropy)?;
            start(listener, with_key(Some(Arc::new(key))));
        }
        if let Some(listener) = self.tls {
            let tls = Some(Arc::new(certificate(config)?));
            let options = Options {
                tls,
                ..options.clone()
            };
            start(listener, options);
        }
        Ok(addresses)
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

fn options(core: &Core, config: &Config) -> Options {
    let rtm = &config.rtm;
    let clock = {
        let core = core.clone();
        Arc::new(move || core.now().0)
    };
    Options {
        max_connections: rtm.max_connections,
        limits: Limits {
            max_frame_bytes: rtm.max_frame.0,
            stranger: Some(Stranger {
                within: rtm.stranger_timeout.0,
                max_frame_bytes: rtm.max_stranger_frame.0,
            }),
            max_in_flight: rtm.max_in_flight,
            idle_timeout: Some(rtm.idle_timeout.0),
            frame_timeout: rtm.frame_timeout.0,
            write_timeout: rtm.write_timeout.0,
            ..Limits::default()
        },
        ..Options::new(clock)
    }
}

fn certificate(config: &Config) -> Result<ServerConfig> {
    let (Some(chain), Some(key)) = (&config.rtm.tls_certificate.0, &config.rtm.tls_key.0) else {
        bail!("listen.rtm_server_tls needs rtm.tls_certificate and rtm.tls_key");
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read rtm.tls_certificate {}", chain.display()))?;
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read rtm.tls_key {}", key.display()))?;
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .context("rtm.tls_certificate and rtm.tls_key do not fit together")
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address} for RTM server SDKs"))
}

async fn bind_maybe(address: Option<SocketAddr>) -> Result<Option<TcpListener>> {
    match address {
        Some(address) => bind(address).await.map(Some),
        None => Ok(None),
    }
}

fn address_of(listener: Option<&TcpListener>) -> Result<Option<SocketAddr>> {
    Ok(listener.map(TcpListener::local_addr).transpose()?)
}
