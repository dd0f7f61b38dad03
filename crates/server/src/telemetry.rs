//! Logs to the standard error, metrics to whoever asks.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result, anyhow};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::config::{Log, LogFormat};

/// Upper bounds of the duration histograms, in seconds.
const SECONDS: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0,
];

/// Starts logging.
/// # Errors
/// When the level can not be read or logging was started before.
pub fn start_logs(log: &Log) -> Result<()> {
    let filter = filter(&log.level)?;
    let layer = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let layer = match log.format {
        LogFormat::Text => layer.with_target(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()?;
    Ok(())
}

/// Reads `info` or `warn,halloo_store=debug`. A bare word that is no level would silently be taken for
/// the name of a target.
fn filter(text: &str) -> Result<Targets> {
    let wrong = || anyhow!("configuration: log.level {text:?} is no level");
    for directive in text.split(',') {
        let level = directive.rsplit('=').next().unwrap_or_default();
        level.trim().parse::<LevelFilter>().map_err(|_| wrong())?;
    }
    text.parse().map_err(|_| wrong())
}

/// Starts collecting metrics.
/// # Errors
/// When it was started before.
pub fn start_metrics() -> Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .install_recorder()
        .context("metrics can not be collected")
}
