//! Load on the RTM server gate.

pub(crate) mod asks;
pub(crate) mod echo;
mod idle;
pub(crate) mod link;
pub(crate) mod load;
mod preload;
pub(crate) mod quests;
mod rows;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use clap::Args;
use halloo_fpnn::PublicKey;
use serde_json::Value;

use self::asks::LARGE;
use self::link::{Encryption, Link};
use self::load::Load;
use self::quests::Signer;
use self::rows::{ASKED_ONLINE, Against, ONLINE, Planned, Spec};
use crate::load::Run;
use crate::options::Common;
use crate::process::{Memory, Served};
use crate::report::{self, Ceiling, Row, number_of};
use crate::requests::MOST_USERS;
use crate::sessions::crowd::Crowd;
use crate::sessions::tickets::Office;
use crate::sessions::wire::Transport;
use crate::site::{self, Site};
use crate::surroundings;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// Quests of each connection that are under way at the same time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    window: u32,
    /// Users that there are.
    #[arg(
        long, default_value_t = 20_000,
        value_parser = clap::value_parser!(u32).range(i64::from(LARGE.members)..=i64::from(MOST_USERS))
    )]
    users: u32,
    /// Idle connections whose memory is measured; 0: none.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    idle: u32,
    /// Runs only loads with this text in their names, and what they are compared with.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Measures and prints.
/// # Errors
/// When a server can not be started or stops answering, and when any answer was wrong.
pub(crate) async fn measure(options: &Options) -> Result<()> {
    let only = options.only.as_deref().unwrap_or_default();
    let planned = rows::plan(options.users, only);
    if planned.is_empty() {
        bail!("no load has {only:?} in its name");
    }
    let program = options.common.program()?;
    let folder = site::folder(&options.common)?;
    let idle = idle::measure(&program, folder.path(), options.idle).await?;

    let data = folder.path().join("data");
    let site = start(&program, &data, options.users).await?;
    let (online, _site, _crowd) = start_online(&program, &folder.path().join("online")).await?;
    let echo = site::own(&["echo".as_ref()], echo::MARK).await?;

    let server = &site.server;
    let before = Memory::of(server.pid)?;
    let bench = Bench {
        options,
        program: Gate {
            address: site.rtm_server,
            pid: server.pid,
            signer: signer(&site.app().await?)?,
        },
        online,
        echo: &echo,
        key: public_key(&site).await?,
        seed: 0,
    };
    let rows = bench.rows(planned).await?;
    let facts = format!(
        "- {} quests of each connection at a time\n\
         - {} users, nobody online; half online: {} of {}, on a server of their own\n\
         - server ready in {} ms\n{}{idle}",
        options.window,
        number_of(options.users.into()),
        number_of(ONLINE.into()),
        number_of(ASKED_ONLINE.into()),
        number_of(server.started_in.as_millis().try_into()?),
        report::memory(before, Memory::of(server.pid)?),
    );
    let surroundings = surroundings::list(&options.common, &data).await;
    report::print(&(surroundings + &facts + "\n" + &report::table(&rows, "call")))?;
    match rows.iter().map(Row::errors).sum() {
        0 => Ok(()),
        errors => bail!("{} answers were wrong", number_of(errors)),
    }
}

/// Starts `program` on `data` with everything in it that is asked for.
async fn start(program: &Path, data: &Path, users: u32) -> Result<Site> {
    let begun = Instant::now();
    crate::preload::fill(data, users, asks::name)
        .await
        .context("cannot fill the data folder")?;
    let site = Site::start(program, data).await?;
    let signer = signer(&site.app().await?)?;
    preload::fill(site.rtm_server, &signer, users)
        .await
        .context("cannot fill the server")?;
    eprintln!(
        "{} users and what belongs to them after {:.1} s",
        number_of(users.into()),
        begun.elapsed().as_secs_f64()
    );
    Ok(site)
}

/// Starts a server on `data` and has users log in to it.
async fn start_online(program: &Path, data: &Path) -> Result<(Gate, Site, Crowd)> {
    crate::preload::fill(data, ASKED_ONLINE, asks::name)
        .await
        .context("cannot fill the second data folder")?;
    let site = Site::start(program, data).await?;
    let signer = signer(&site.app().await?)?;
    let mut crowd = Crowd::new(site.rtm_client, Transport::Bare);
    let logins = Office::new(signer.clone()).signed(0..ONLINE);
    crowd.enter(logins).await?;
    let gate = Gate {
        address: site.rtm_server,
        pid: site.server.pid,
        signer,
    };
    Ok((gate, site, crowd))
}

/// What quests are signed with.
/// # Errors
/// When the app does not say.
pub(crate) fn signer(app: &Value) -> Result<Signer> {
    let pid = app.get("pid").and_then(Value::as_i64);
    Ok(Signer {
        pid: pid.context("the app has no pid")?.try_into()?,
        secret: site::text(app, "rtm_secret")?.to_owned(),
    })
}

/// What encrypted connections are agreed on with.
async fn public_key(site: &Site) -> Result<PublicKey> {
    let pem = site.printed(&["rtm-key"]).await?;
    Ok(PublicKey::from_pem(str::from_utf8(&pem)?)?)
}

/// One measurement under way.
struct Bench<'a> {
    options: &'a Options,
    program: Gate,
    online: Gate,
    echo: &'a Served,
    key: PublicKey,
    /// Another one for every run.
    seed: u32,
}

/// A server and what it takes quests from.
struct Gate {
    address: SocketAddr,
    pid: u32,
    signer: Signer,
}

impl Bench<'_> {
    /// Runs every load, then every load again: what disturbs the machine for a while disturbs a load
    /// and what it is compared with. The ceiling of a load runs right before it.
    async fn rows(mut self, mut planned: Vec<Planned>) -> Result<Vec<Row>> {
        for round in 1..=self.options.common.repeat {
            for place in 0..planned.len() {
                let Some(Planned { spec, row, base }) = planned.get(place) else {
                    continue;
                };
                eprintln!(
                    "run {round} of {}: {}",
                    self.options.common.repeat, row.load
                );
                let (spec, base) = (spec.clone(), *base);
                let ceiling = match base.and_then(|base| planned.get(base)) {
                    Some(base) => base.row.ceilings.last().copied(),
                    None => Some(self.ceiling(&spec, round).await?),
                };
                let run = self.run_load(&spec, round).await?;
                if let Some(Planned { row, .. }) = planned.get_mut(place) {
                    row.ceilings.extend(ceiling);
                    for measured in &run.loads {
                        row.add(measured, Some(&run));
                    }
                }
            }
        }
        Ok(planned.into_iter().map(|planned| planned.row).collect())
    }

    /// What the echo server reaches with the same quests and an answer of the same size.
    async fn ceiling(&mut self, spec: &Spec, round: u32) -> Result<Ceiling> {
        let gate = self.gate(spec);
        let mut link = Link::open(gate.address, None).await?;
        let answer = load::ask_once(&mut link, &gate.signer, spec.ask).await?;
        let load = Load {
            prebuilt: Some(Bytes::from(answer)),
            ..self.load(spec)
        };
        let run = self
            .run((self.echo.address, self.echo.pid), load, round)
            .await?;
        let measured = run.loads.first().context("nothing was measured")?;
        if let Some(error) = &measured.first_error {
            bail!("the echo server fails: {error}");
        }
        Ok(Ceiling {
            rate: measured.rate(),
            cpu: run.server_cpu,
        })
    }

    async fn run_load(&mut self, spec: &Spec, round: u32) -> Result<Run> {
        let Gate { address, pid, .. } = *self.gate(spec);
        self.run((address, pid), self.load(spec), round).await
    }

    fn gate(&self, spec: &Spec) -> &Gate {
        match spec.against {
            Against::Program => &self.program,
            Against::Online => &self.online,
        }
    }

    fn load(&self, spec: &Spec) -> Load {
        Load {
            ask: spec.ask,
            signer: self.gate(spec).signer.clone(),
            connections: self.options.common.connections,
            window: self.options.window,
            encryption: spec.encrypted.map(|(mode, strength)| Encryption {
                server: self.key.clone(),
                mode,
                strength,
            }),
            prebuilt: None,
        }
    }

    /// A run against the server with this address and process id.
    async fn run(&mut self, server: (SocketAddr, u32), load: Load, round: u32) -> Result<Run> {
        let (address, pid) = server;
        let options = &self.options.common;
        if round == 1 && options.warm_up > 0 {
            self.seed += 1;
            let warm_up = Duration::from_secs(options.warm_up);
            load::run(address, pid, load.clone(), warm_up, self.seed).await?;
        }
        self.seed += 1;
        let window = Duration::from_secs(options.seconds);
        load::run(address, pid, load, window, self.seed).await
    }
}
