//! The generator: connections that ask again as soon as they have their answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::process::cpu_time;
use crate::requests::Requests;

/// The longest latency that is told apart, in microseconds.
const MOST_MICROS: u64 = 60_000_000;
/// Digits of a latency that are kept.
const DIGITS: u8 = 3;
/// How long answers may take beyond the window.
const PATIENCE: Duration = Duration::from_secs(30);
/// Characters of an error that are shown.
const SHOWN: usize = 200;

/// What a number of connections do.
pub(crate) struct Load {
    /// What they ask.
    pub(crate) requests: Requests,
    /// How many they are.
    pub(crate) connections: u32,
    /// Requests per second that all of them together offer at most; `None`: as many as they can.
    pub(crate) most_per_second: Option<u32>,
}

/// What became of a load.
pub(crate) struct Measured {
    /// Microseconds of each request that was answered with 200 within the window.
    pub(crate) latencies: Histogram<u64>,
    /// How long the window was.
    pub(crate) window: Duration,
    /// Requests with another status, or without an answer.
    pub(crate) errors: u64,
    /// What the first of them was.
    pub(crate) first_error: Option<String>,
    /// Requests that ended, also after the window.
    ended: u64,
}

/// What became of loads that ran at the same time.
pub(crate) struct Run {
    /// One for each load, in their order.
    pub(crate) loads: Vec<Measured>,
    /// Processor time of the server, per request of whichever load.
    pub(crate) server_cpu: Duration,
    /// Processor time of the generator, per request of whichever load.
    pub(crate) generator_cpu: Duration,
}

impl Measured {
    pub(crate) fn new(window: Duration) -> Result<Self> {
        let latencies = Histogram::new_with_bounds(1, MOST_MICROS, DIGITS)?;
        Ok(Self {
            latencies,
            window,
            errors: 0,
            first_error: None,
            ended: 0,
        })
    }

    /// Successes per second.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.window.as_secs_f64()
    }

    /// The latency that `percent` of the successes did not exceed, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "a minute has few microseconds")]
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        self.latencies.value_at_percentile(percent) as f64 / 1000.0
    }

    pub(crate) fn fail(&mut self, why: impl FnOnce() -> String) {
        self.ended += 1;
        self.errors += 1;
        self.first_error
            .get_or_insert_with(|| why().chars().take(SHOWN).collect());
    }

    /// Counts the errors of `other` here, too.
    pub(crate) fn join_errors(&mut self, other: &Self) {
        self.errors += other.errors;
        let first = &mut self.first_error;
        *first = first.take().or_else(|| other.first_error.clone());
    }

    pub(crate) fn succeed(&mut self, latency: Duration, within: bool) {
        self.ended += 1;
        if within {
            let micros = u64::try_from(latency.as_micros()).unwrap_or(MOST_MICROS);
            self.latencies.saturating_record(micros);
        }
    }
}

/// Runs `loads` together against the server `pid` at `address` for `window`, on one thread. Random
/// numbers are drawn from `seed`.
/// # Errors
/// When the server can not be reached or stops answering.
pub(crate) async fn run(
    address: SocketAddr,
    pid: u32,
    loads: Vec<Load>,
    window: Duration,
    seed: u64,
) -> Result<Run> {
    timed(pid, move || generate(address, loads, window, seed)).await
}

/// Runs a generator against the server `pid`, on one thread, and tells what both took for it.
/// # Errors
/// Those of the generator.
pub(crate) async fn timed<G>(pid: u32, generate: impl FnOnce() -> G + Send + 'static) -> Result<Run>
where
    G: Future<Output = Result<Vec<Measured>>>,
{
    let (tell, told) = oneshot::channel();
    let meter = Meter::start(pid)?;
    // A thread of its own, so that one that hangs does not keep the program from being interrupted.
    std::thread::Builder::new()
        .name("generator".into())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let measured = runtime
                .map_err(Into::into)
                .and_then(|runtime| runtime.block_on(generate()));
            let _ = tell.send(measured);
        })?;
    meter.run(told.await.context("the generator failed")??)
}

/// Tells what processor time something took.
pub(crate) struct Meter {
    pid: u32,
    server: Duration,
    generator: Duration,
}

impl Meter {
    /// Begins to count what the server `pid` and this process take.
    /// # Errors
    /// When there is no such process.
    pub(crate) fn start(pid: u32) -> Result<Self> {
        Ok(Self {
            pid,
            server: cpu_time(pid)?,
            generator: cpu_time(std::process::id())?,
        })
    }

    /// What was measured meanwhile, and what each request of it took.
    /// # Errors
    /// When the server is gone.
    pub(crate) fn run(&self, loads: Vec<Measured>) -> Result<Run> {
        let (server_cpu, generator_cpu) = self.each(loads.iter().map(|load| load.ended).sum())?;
        Ok(Run {
            loads,
            server_cpu,
            generator_cpu,
        })
    }

    /// What the server and this process took meanwhile for each of `count`.
    /// # Errors
    /// When the server is gone.
    pub(crate) fn each(&self, count: u64) -> Result<(Duration, Duration)> {
        let count = u32::try_from(count.max(1)).context("too many requests to count")?;
        let each = |taken: Duration| taken / count;
        Ok((
            each(cpu_time(self.pid)?.saturating_sub(self.server)),
            each(cpu_time(std::process::id())?.saturating_sub(self.generator)),
        ))
    }
}

async fn generate(
    address: SocketAddr,
    loads: Vec<Load>,
    window: Duration,
    seed: u64,
) -> Result<Vec<Measured>> {
    // Everybody is connected before the first one asks.
    let mut drivers = Vec::new();
    let mut all_measured = Vec::new();
    for (number, load) in (0..).zip(loads) {
        let measured = Arc::new(Mutex::new(Measured::new(window)?));
        let pace = load.most_per_second.map(|most| Arc::new(Pace::new(most)));
        for place in 0..load.connections {
            drivers.push(Driver {
                address,
                connection: Connection::open(address)
                    .await
                    .context("the server can not be reached")?,
                requests: load
                    .requests
                    .seeded(seed << 32 | number << 16 | u64::from(place)),
                pace: pace.clone(),
                measured: Arc::clone(&measured),
            });
        }
        all_measured.push(measured);
    }
    let end = Instant::now() + window;
    finish(drivers.into_iter().map(|d| d.drive(end)), window).await?;
    all_measured.into_iter().map(unshared).collect()
}

/// Runs `drivers` to their end, which is soon after `window`.
/// # Errors
/// The first of theirs, and that it takes too long.
pub(crate) async fn finish<D>(drivers: impl Iterator<Item = D>, window: Duration) -> Result<()>
where
    D: Future<Output = Result<()>> + Send + 'static,
{
    let mut tasks: JoinSet<Result<()>> = drivers.collect();
    let ended = async {
        while let Some(driven) = tasks.join_next().await {
            driven??;
        }
        Ok::<_, anyhow::Error>(())
    };
    match tokio::time::timeout(window + PATIENCE, ended).await {
        Ok(ended) => ended,
        Err(_) => bail!("the server stopped answering"),
    }
}

/// What drivers that have ended measured together.
/// # Errors
/// When one of them has not.
pub(crate) fn unshared(measured: Arc<Mutex<Measured>>) -> Result<Measured> {
    let measured = Arc::into_inner(measured).context("a connection is still at work")?;
    let measured = measured.into_inner();
    Ok(measured.unwrap_or_else(PoisonError::into_inner))
}

/// One connection at work.
struct Driver {
    address: SocketAddr,
    connection: Connection,
    requests: Requests,
    pace: Option<Arc<Pace>>,
    /// Of all connections of the load. They share a thread, so nobody ever waits for it.
    measured: Arc<Mutex<Measured>>,
}

impl Driver {
    /// Asks until `end`, and then waits for its last answer.
    async fn drive(mut self, end: Instant) -> Result<()> {
        let mut begun = Instant::now();
        loop {
            if let Some(pace) = &self.pace {
                tokio::time::sleep_until(pace.place().into()).await;
                begun = Instant::now();
            }
            if begun >= end {
                return Ok(());
            }
            let answered = self.connection.exchange(self.requests.next()).await;
            let now = Instant::now();
            let broken = answered.is_err();
            {
                let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
                match answered {
                    Ok(200) => measured.succeed(now - begun, now <= end),
                    Ok(status) => measured.fail(|| {
                        format!(
                            "{status} {}",
                            String::from_utf8_lossy(self.connection.body())
                        )
                    }),
                    Err(error) => measured.fail(|| error.to_string()),
                }
            }
            begun = now;
            if broken {
                self.connection = Connection::open(self.address)
                    .await
                    .context("the server is gone")?;
                begun = Instant::now();
            }
        }
    }
}

/// Hands out moments at which to ask, evenly spaced.
struct Pace {
    /// The next one. Held only to take it.
    next: Mutex<Instant>,
    apart: Duration,
}

impl Pace {
    fn new(most_per_second: u32) -> Self {
        let apart = Duration::from_secs(1) / most_per_second.max(1);
        Self {
            next: Mutex::new(Instant::now()),
            apart,
        }
    }

    /// The next moment. What the server was too slow for is not caught up.
    fn place(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (*next).max(Instant::now());
        *next = place + self.apart;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_apart_and_not_in_the_past() {
        let begun = Instant::now();
        let pace = Pace::new(50);
        let places = [pace.place(), pace.place(), pace.place()];
        assert!(places[0] >= begun);
        assert!(
            places
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= Duration::from_millis(20))
        );
    }
}
