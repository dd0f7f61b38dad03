//! A running server: wiring, listening, draining.

use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use halloo_core::Core;
use halloo_core::apps::{App, AppId, AppKey, Registration};
use halloo_core::ports::{Clock, Entropy};
use halloo_gate_rest::RestGate;
use halloo_store::{Log, Sqlite};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::config::Config;
use crate::control;
use crate::data_folder::DataFolder;
use crate::http::{HttpServer, refusal_of};
use crate::open_files;
use crate::operations::Operations;
use crate::rtm::{self, Listeners};

/// How long connections and changes may take to finish when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the log of messages may take to close after that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often what has expired is deleted.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);
/// How often metrics are folded together, so that they do not pile up unread.
const METRICS_INTERVAL: Duration = Duration::from_secs(5);

/// The folder of the messages, in the data folder as in a backup.
pub(crate) const MESSAGES: &str = "messages";
/// How often what clients have confirmed is noted.
const NOTE_INTERVAL: Duration = Duration::from_millis(500);

/// What a server gets from its surroundings.
pub struct Surroundings {
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Where metrics are collected, if they are.
    pub metrics: Option<PrometheusHandle>,
}

/// A server that is listening.
pub struct Server {
    /// The domain behind the gates.
    pub core: Core,
    /// Where HTTP is served.
    pub http_address: SocketAddr,
    /// Where the RTM dialect is served.
    pub rtm: rtm::Addresses,
    /// The app that was made because there was none.
    pub first_app: Option<Arc<App>>,
    http: Arc<HttpServer>,
    tasks: TaskTracker,
    stop: CancellationToken,
    // Last: the folder is let go of after everything that uses it.
    _folder: DataFolder,
}

/// Opens the stores of `folder` and wires the domain onto it.
/// # Errors
/// When the store can not be opened.
pub fn open_core(
    folder: &DataFolder,
    config: &Config,
    surroundings: &Surroundings,
) -> Result<Core> {
    let store = Sqlite::open(folder.path())
        .with_context(|| format!("cannot open the database in {}", folder.path().display()))?;
    let messages = folder.path().join(MESSAGES);
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(&messages)?;
    let log = Log::open(&messages)
        .with_context(|| format!("cannot open the messages in {}", folder.path().display()))?;
    Ok(Core::new(
        Arc::new(store),
        Arc::new(log),
        Arc::clone(&surroundings.clock),
        Arc::clone(&surroundings.entropy),
        config.limits(),
    ))
}

impl Server {
    /// Starts serving on `folder`. With no app in it, makes `demo-org/demo-app`.
    /// # Errors
    /// When the database can not be opened or an address can not be listened on.
    pub async fn start(
        folder: DataFolder,
        config: Config,
        surroundings: Surroundings,
    ) -> Result<Self> {
        // First, so that a taken port leaves nothing behind.
        let address = config.listen.http;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} for HTTP"))?;
        let rtm = Listeners::bind(&config)?;
        let core = open_core(&folder, &config, &surroundings)?;
        core.recover().await?;
        let token = folder.operator_token(surroundings.entropy.as_ref())?;
        let first_app = if core.apps.list(AppId(0), 1).await?.is_empty() {
            let key = AppKey::new("demo-org", "demo-app")?;
            Some(core.apps.create(key, Registration::Authorised).await?)
        } else {
            None
        };

        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        control::listen(folder.path(), core.clone(), &tasks, stop.clone())?;
        let rest = RestGate::new(core.clone(), config.rest());
        let metrics = surroundings.metrics.clone();
        let has_proxy = !config.http.public_url.is_empty();
        let refusal = refusal_of(&rest);
        let operations = Operations::new(
            core.clone(),
            metrics,
            token,
            has_proxy,
            Arc::clone(&refusal),
        );
        let of_rtm = config.rtm.max_connections;
        let ([of_http, of_server, of_client], too_few_files) =
            open_files::share([config.http.max_connections, of_rtm, of_rtm]);
        let http = HttpServer::new(rest, operations, refusal, config.http.clone());
        let http = Arc::new(http);
        let http_address = listener.local_addr()?;
        let entropy = surroundings.entropy.as_ref();
        let places = [of_server, of_client];
        let rtm = rtm.serve(&core, &config, &folder, entropy, places, (&tasks, &stop))?;
        if let Some(note) = too_few_files {
            warn!("{note}");
        }
        tasks.spawn(Arc::clone(&http).run(listener, of_http, tasks.clone(), stop.clone()));
        tasks.spawn(sweep(core.clone(), stop.clone()));
        tasks.spawn(warm(core.clone(), stop.clone()));
        tasks.spawn(note(core.clone(), stop.clone()));
        if let Some(metrics) = surroundings.metrics {
            tasks.spawn(fold_metrics(metrics, stop.clone()));
        }
        Ok(Self {
            core,
            http_address,
            rtm,
            first_app,
            http,
            tasks,
            stop,
            _folder: folder,
        })
    }

    /// Stops accepting, lets what is under way finish, and closes everything. Takes 4 s at most.
    pub async fn stop(self) {
        self.http.operations.drain();
        self.stop.cancel();
        self.core.sessions.close_everything();
        self.tasks.close();
        let drained = async {
            self.tasks.wait().await;
            self.core.settle().await;
        };
        if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
            warn!("Some connections did not finish in time and are cut off");
            let last = async {
                let _ = self.core.messages.receipts().note().await;
                self.core.log().close().await;
            };
            // Whatever holds it up, nothing that was answered is lost.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, last).await;
        }
        info!("Stopped");
    }
}

async fn warm(core: Core, stop: CancellationToken) {
    if let Some(Err(error)) = stop.run_until_cancelled(core.warm()).await {
        warn!("Users could not be read ahead: {error}");
    }
}

async fn note(core: Core, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(NOTE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        // What follows is noted when the server stops.
        if let Err(error) = core.messages.receipts().note().await {
            warn!("What clients confirmed could not be noted: {error}");
        }
    }
}

async fn sweep(core: Core, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Some(Err(error)) = stop.run_until_cancelled(core.sweep()).await {
            warn!("What has expired could not be deleted: {error}");
        }
    }
}

async fn fold_metrics(metrics: PrometheusHandle, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(METRICS_INTERVAL);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        metrics.run_upkeep();
    }
}
