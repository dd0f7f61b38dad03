//! Load on the REST gate.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;
use tokio::process::Command;

use crate::connection::Connection;
use crate::load::{self, Load, Run};
use crate::preload::{self, APP};
use crate::process::{Memory, Served};
use crate::report::{self, Row, Target, number_of};
use crate::requests::{self, MOST_USERS, Requests};

/// Connections that register beside those that read.
const REGISTERING: u32 = 16;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The server's program; without it `halloo` beside this program.
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Where the data folder is made and afterwards removed; without it the system's folder for
    /// temporary files. Name a real disk, so that durable writes are.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Length of a run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Length of the run before the first of each load, which is not counted; 0: none.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=600))]
    warm_up: u64,
    /// Connections that are kept alive.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// Users that are registered before the server starts.
    #[arg(
        long, default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1000..=i64::from(MOST_USERS))
    )]
    users: u32,
    /// Runs of each load.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// Registrations per second that are offered at most beside the readers.
    #[arg(long, default_value_t = 105, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    register_rate: u32,
}

/// Measures and prints.
/// # Errors
/// When a server can not be started or stops answering.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = measure(options) => done,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    });
    runtime.shutdown_background();
    let report = done?;
    std::io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

async fn measure(options: &Options) -> Result<String> {
    let program = program(options)?;
    let folder = tempfile::Builder::new()
        .prefix("halloo-bench-")
        .tempdir_in(options.folder.clone().unwrap_or_else(std::env::temp_dir))
        .context("cannot make a data folder")?;
    let data = folder.path().join("data");
    let begun = Instant::now();
    preload::fill(&data, options.users)
        .await
        .context("cannot fill the data folder")?;
    let users = number_of(options.users.into());
    eprintln!(
        "{users} users registered in {:.1} s",
        begun.elapsed().as_secs_f64()
    );

    let mut serve = Command::new(&program);
    serve
        .arg("serve")
        .arg("--data")
        .arg(&data)
        .args(["--http", "127.0.0.1:0"]);
    // Away from any halloo.toml.
    serve.current_dir(folder.path());
    let server = Served::start(serve).await?;
    let token = token(&program, &data, &server).await?;
    let mut hello = Command::new(std::env::current_exe()?);
    hello.arg("hello");
    let hello = Served::start(hello).await?;

    let before = Memory::of(server.pid)?;
    let target = requests::Target {
        address: server.address,
        token,
        users: options.users,
    };
    let rows = Bench {
        options,
        server: &server,
        hello: &hello,
        target,
        seed: 0,
    }
    .rows()
    .await?;
    let after = Memory::of(server.pid)?;
    let facts = format!(
        "- {users} users; server ready in {} ms\n\
         - memory of the server: {} before the load, {} after it ({} without files), {} at most\n",
        number_of(server.started_in.as_millis().try_into()?),
        megabytes(before.resident),
        megabytes(after.resident),
        megabytes(after.anonymous),
        megabytes(after.peak),
    );
    Ok(surroundings(options, &data).await + &facts + "\n" + &report::table(&rows))
}

/// One measurement under way.
struct Bench<'a> {
    options: &'a Options,
    server: &'a Served,
    hello: &'a Served,
    target: requests::Target,
    /// Another one for every run.
    seed: u64,
}

impl Bench<'_> {
    /// Runs every load, then every load again: what disturbs the machine for a while disturbs a load
    /// and what it is compared with.
    async fn rows(mut self) -> Result<Vec<Row>> {
        let fresh = Arc::new(AtomicU32::new(0));
        let target = &self.target;
        let half_of_hello = || {
            vec![Target::Share {
                of: 0,
                percent: 50.0,
            }]
        };
        let durable = vec![Target::Rate(8000.0), Target::P99Below(50.0)];
        let (ceiling, server) = (self.hello, self.server);
        let (get_user, register) = (target.get_user(), target.register(&fresh));
        let alone = [
            ("hello", ceiling, requests::hello(ceiling.address), vec![]),
            ("get one user", server, get_user.clone(), half_of_hello()),
            ("status", server, target.status(), half_of_hello()),
            (
                "batch status of 100",
                server,
                target.batch_status(),
                vec![Target::Rate(8000.0)],
            ),
            ("add a contact", server, target.add_contact(), durable),
            ("register", server, register.clone(), vec![]),
            ("reads alone", server, get_user.clone(), vec![]),
        ];
        let mut rows = Vec::new();
        let mut loads = Vec::new();
        for (load, served, requests, targets) in alone {
            rows.push(Row::new(load, targets));
            loads.push((served, requests));
        }
        let reads_alone = Target::Share {
            of: rows.len() - 1,
            percent: 75.0,
        };
        let mut reads = Row::new("reads beside registration", vec![reads_alone]);
        let mut registrations = Row::new("registration beside reads", vec![Target::Rate(100.0)]);

        let seconds = Duration::from_secs(self.options.seconds);
        for round in 1..=self.options.repeat {
            for (row, (served, requests)) in rows.iter_mut().zip(&loads) {
                eprintln!("run {round} of {}: {}", self.options.repeat, row.load);
                if round == 1 && self.options.warm_up > 0 {
                    let warm_up = Duration::from_secs(self.options.warm_up);
                    self.run(served, vec![self.load(requests)], warm_up).await?;
                }
                let run = self.run(served, vec![self.load(requests)], seconds).await?;
                for measured in &run.loads {
                    row.add(measured, Some(&run));
                }
            }
            eprintln!(
                "run {round} of {}: reads beside registration",
                self.options.repeat
            );
            let registering = Load {
                requests: register.clone(),
                connections: REGISTERING,
                most_per_second: Some(self.options.register_rate),
            };
            let run = self
                .run(server, vec![self.load(&get_user), registering], seconds)
                .await?;
            for (row, measured) in [&mut reads, &mut registrations].into_iter().zip(&run.loads) {
                row.add(measured, None);
            }
        }
        rows.extend([reads, registrations]);
        Ok(rows)
    }

    /// `requests` on all connections, as fast as they are answered.
    fn load(&self, requests: &Requests) -> Load {
        let connections = self.options.connections;
        Load {
            requests: requests.clone(),
            connections,
            most_per_second: None,
        }
    }

    async fn run(&mut self, served: &Served, loads: Vec<Load>, window: Duration) -> Result<Run> {
        self.seed += 1;
        load::run(served.address, served.pid, loads, window, self.seed).await
    }
}

/// The server's program.
fn program(options: &Options) -> Result<PathBuf> {
    let beside = || Ok(std::env::current_exe()?.with_file_name("halloo"));
    let program = options
        .server
        .clone()
        .map_or_else(beside, std::path::absolute)?;
    if !program.is_file() {
        bail!(
            "there is no server at {}: run `cargo build --release` first, or name it with --server",
            program.display()
        );
    }
    Ok(program)
}

/// A token of the app.
async fn token(program: &Path, data: &Path, server: &Served) -> Result<String> {
    let mut show = Command::new(program);
    show.args(["app", "show", APP, "--json", "--secrets", "--data"])
        .arg(data);
    let shown = show.output().await?;
    if !shown.status.success() {
        bail!(
            "the app is not shown: {}",
            String::from_utf8_lossy(&shown.stderr).trim()
        );
    }
    let app: Value = serde_json::from_slice(&shown.stdout)?;
    let field = |name: &str| {
        app.get(name)
            .and_then(Value::as_str)
            .with_context(|| format!("the app has no {name}"))
    };
    let request = requests::token(server.address, field("client_id")?, field("client_secret")?);
    let mut connection = Connection::open(server.address).await?;
    let status = connection.exchange(&request).await?;
    let answer: Value = serde_json::from_slice(connection.body())?;
    match (status, answer.get("access_token").and_then(Value::as_str)) {
        (200, Some(token)) => Ok(token.to_owned()),
        _ => bail!("no token: {status} {answer}"),
    }
}

/// What the figures depend on, as a Markdown list.
async fn surroundings(options: &Options, data: &Path) -> String {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let settings: Vec<_> = std::env::vars()
        .filter(|(name, _)| name.starts_with("HALLOO_"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let settings = if settings.is_empty() {
        "the defaults".to_owned()
    } else {
        settings.join(", ")
    };
    format!(
        "- `halloo-bench {}`, commit {}, settings: {settings}\n\
         - {} cores, {}, data folder on {}\n\
         - {} connections; every load ran {} times for {} s: median (least..greatest)\n",
        arguments.join(" "),
        commit().await.unwrap_or_else(|| "unknown".to_owned()),
        std::thread::available_parallelism().map_or(0, usize::from),
        processor().unwrap_or_else(|| "unknown processor".to_owned()),
        file_system(data).unwrap_or_else(|| "an unknown file system".to_owned()),
        options.connections,
        options.repeat,
        options.seconds,
    )
}

/// The commit of the working folder.
async fn commit() -> Option<String> {
    let git = async |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().await.ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).await?;
    let changes = git(&["status", "--porcelain"]).await?;
    Some(if changes.is_empty() {
        commit
    } else {
        format!("{commit} with changes")
    })
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// What kind of file system `path` is on.
fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((PathBuf::from(fields.next()?), fields.next()?))
    });
    let (_, kind) = mounts
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.as_os_str().len())?;
    Some(kind.to_owned())
}

/// Decimal, like the targets.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", number_of(bytes.div_ceil(1_000_000)))
}
