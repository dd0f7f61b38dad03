//! Load on the RTM client gate: logins, sessions that do nothing, kicks, and what sessions cost others.

pub(crate) mod crowd;
mod kicks;
pub(crate) mod quiet;
mod status;
pub(crate) mod tickets;
pub(crate) mod wire;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use self::crowd::{Crowd, Login};
use self::kicks::Kicker;
use self::wire::Transport;
use crate::connection::Connection;
use crate::fpnn::link::Link;
use crate::host::{self, Host, granted};
use crate::load::Meter;
use crate::options::Common;
use crate::process::cpu_time;
use crate::report::{self, number_of};
use crate::table::{self, Column, Goal, Row};
use crate::{requests, rest, site, surroundings};

/// What names of users begin with; see [`crate::fpnn::asks::name`].
const PREFIX: &str = "100";
/// Sessions that log in at the same moment where it is not that which is measured.
const WAVE: usize = 1000;

/// What can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Many logins at the same moment.
    Logins,
    /// Memory and processor time of sessions that do nothing.
    Idle,
    /// From a kick until it is heard of.
    Kicks,
    /// Asking who is online, with and without sessions.
    Status,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// Logins at the same moment.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    logins: u32,
    /// Sessions that stay, one for each of as many users.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sessions: u32,
    /// Kicks in a run, through each of the two gates; not more than there are sessions.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kicks: u32,
    /// How long sessions do nothing while the server's processor time is counted, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    idle_seconds: u64,
    /// Quests of each connection that are under way at the same time, where it is asked who is online.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    window: u32,
    /// Measures only this; may be given several times.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// Users that there are.
    fn users(&self) -> u32 {
        self.sessions.saturating_mul(2).max(self.logins)
    }
}

/// Measures and prints.
/// # Errors
/// When a server can not be started or stops answering, when sessions that shall stay are not let in, and
/// when anything was wrong.
pub(crate) async fn measure(options: &Options) -> Result<()> {
    let program = options.common.program()?;
    let folder = site::folder(&options.common)?;
    let mut bench = Bench {
        options,
        program,
        folder: folder.path().to_owned(),
        rows: Vec::new(),
        facts: Vec::new(),
    };
    let measured = bench.measure().await;
    if measured.is_err() {
        host::show_logs(folder.path(), &["quiet", "websocket", "bare"]);
    }
    measured?;
    let Bench { rows, facts, .. } = bench;
    let facts = facts.into_iter().map(|fact| format!("- {fact}\n"));
    let facts: String = facts.collect();
    let surroundings = surroundings::machine(folder.path()).await;
    report::print(&(surroundings + &facts + "\n" + &table::table(&rows)))?;
    match rows.iter().map(|row| row.errors).sum() {
        0 => Ok(()),
        errors => bail!("{} errors", number_of(errors)),
    }
}

/// One measurement under way.
struct Bench<'a> {
    options: &'a Options,
    program: PathBuf,
    folder: PathBuf,
    rows: Vec<Row>,
    facts: Vec<String>,
}

impl Bench<'_> {
    async fn measure(&mut self) -> Result<()> {
        let options = self.options;
        self.note_options();
        let quiet = if options.wants(Part::Logins) || options.wants(Part::Status) {
            Some(self.start("quiet").await?)
        } else {
            None
        };
        let quiet = match quiet {
            Some(mut quiet) if options.wants(Part::Logins) => {
                self.logins(&mut quiet).await?;
                Some(quiet)
            }
            quiet => quiet,
        };
        if options.wants(Part::Idle) {
            let host = self.start("websocket").await?;
            let mut crowd = self.stay(&host, Transport::WebSocket).await?;
            crowd.leave().await;
        }
        if [Part::Idle, Part::Kicks, Part::Status].map(|part| options.wants(part)) != [false; 3] {
            let host = self.start("bare").await?;
            let mut crowd = self.stay(&host, Transport::Bare).await?;
            if options.wants(Part::Kicks) {
                self.kicks(&host, &mut crowd).await?;
            }
            if let Some(quiet) = quiet.filter(|_| options.wants(Part::Status)) {
                let rows = status::measure(options, &quiet, &host, &crowd).await?;
                self.rows.extend(rows);
            }
            if crowd.lost() > 0 {
                bail!("{} sessions were lost", crowd.lost());
            }
        }
        Ok(())
    }

    fn note_options(&mut self) {
        let Options {
            common,
            logins,
            sessions,
            kicks,
            ..
        } = self.options;
        let number = |count: &u32| number_of((*count).into());
        self.facts.push(format!(
            "logins: {} at the same moment, {} times; kicks: {} one after the other, {} times; \
             status: {} connections, {} quests of each at a time, {} times for {} s; \
             median (least..greatest)",
            number(logins),
            common.repeat,
            number(kicks),
            common.repeat,
            common.connections,
            self.options.window,
            common.repeat,
            common.seconds
        ));
        self.facts.push(format!(
            "{} users, {} of them online where any are",
            number(&self.options.users()),
            number(sessions)
        ));
    }

    /// Starts the program on a data folder of its own, called `name`.
    async fn start(&mut self, name: &str) -> Result<Host> {
        let host = Host::start(&self.program, &self.folder, name, self.options.users()).await?;
        quiet::settled(host.pid()).await?;
        if self.rows.is_empty() {
            self.facts.push(granted(&host.log));
        }
        Ok(host)
    }

    /// Everybody at once, in three ways.
    async fn logins(&mut self, host: &mut Host) -> Result<()> {
        let options = self.options;
        let users = 0..options.logins;
        let tokens = host.office.granted(host.site.rtm_server, users.clone());
        let tokens = tokens.await?;
        let ways = [
            "token that the app signed",
            "token of gettoken",
            "new user, token that the app signed",
        ];
        let transports = [Transport::Bare, Transport::WebSocket];
        let mut rows = Vec::new();
        for way in ways {
            for transport in transports {
                let all = Goal::AtMost(Column::All, 5.0);
                let over = over(transport);
                rows.push(Row::new(format!("login {over}, {way}"), [all]));
            }
        }
        let sockets = quiet::sockets(host.pid())?;
        for round in 1..=options.common.repeat {
            eprintln!("run {round} of {}: logins", options.common.repeat);
            let cases = (0..ways.len()).flat_map(|way| transports.map(|t| (way, t)));
            for ((way, transport), row) in cases.zip(&mut rows) {
                let logins = match way {
                    0 => host.office.signed(users.clone()),
                    1 => tokens.clone(),
                    _ => host.office.newcomers(options.logins),
                };
                let mut crowd = host.crowd(transport);
                let meter = Meter::start(host.pid())?;
                let measured = crowd.log_in(logins).await?;
                let run = meter.run(vec![measured])?;
                for measured in &run.loads {
                    row.put(Column::Rate, measured.rate());
                    row.put(Column::All, measured.window.as_secs_f64());
                    row.add(measured, &run);
                }
                crowd.leave().await;
                quiet::alone(host.pid(), sockets).await?;
            }
        }
        self.rows.extend(rows);
        Ok(())
    }

    /// Has everybody log in and stay, and says what that costs, if that is wanted.
    async fn stay(&mut self, host: &Host, transport: Transport) -> Result<Crowd> {
        let options = self.options;
        let (pid, count) = (host.pid(), options.sessions);
        let wants_idle = options.wants(Part::Idle);
        let over = over(transport);
        let mut crowd = host.crowd(transport);
        // Once, so that what the first session needs for all is there.
        let mut logins = host.office.signed(0..count);
        let rest = logins.split_off(logins.len().min(1));
        crowd.enter(logins).await?;
        let before = quiet::settled(pid).await?;
        eprintln!("{} sessions {over} log in", number_of(count.into()));
        for wave in rest.chunks(WAVE) {
            let wave: Vec<Login> = wave.to_vec();
            let entered = crowd.enter(wave).await;
            let granted = granted(&host.log);
            entered.with_context(|| format!("sessions that shall stay; {granted}"))?;
        }
        if !wants_idle {
            return Ok(crowd);
        }
        let after = quiet::settled(pid).await?;
        eprintln!("{} s of doing nothing", options.idle_seconds);
        let (cpu, pings, begun) = (cpu_time(pid)?, crowd.pings(), Instant::now());
        tokio::time::sleep(Duration::from_secs(options.idle_seconds)).await;
        let cpu = (cpu_time(pid)?.saturating_sub(cpu)).as_secs_f64();
        let cpu = cpu / begun.elapsed().as_secs_f64() * 100.0;
        let later = crate::process::Memory::of(pid)?;

        let each = |after: u64, before: u64| {
            f64::from(u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX))
                / f64::from(count.saturating_sub(1).max(1))
        };
        let goals = [
            Goal::AtMost(Column::Bytes, 16.0 * 1024.0),
            Goal::Below(Column::Cpu, 5.0),
        ];
        let mut row = Row::new(format!("idle session {over}"), goals);
        row.put(Column::Bytes, each(after.resident, before.resident));
        row.put(Column::Cpu, cpu);
        row.fail(
            crowd.lost(),
            Some("a session was lost").filter(|_| crowd.lost() > 0),
        );
        self.rows.push(row);
        self.facts.push(format!(
            "idle {over}: memory of the server {} with 1 session, {} with {}, of which {} per session \
             are not files; {} per session after {} s more; {} pings answered in those",
            report::megabytes(before.resident),
            report::megabytes(after.resident),
            number_of(count.into()),
            report::number(each(after.anonymous, before.anonymous), 0),
            report::number(each(later.resident, before.resident), 0),
            options.idle_seconds,
            number_of(crowd.pings() - pings),
        ));
        Ok(crowd)
    }

    /// Kicks through both gates, and lets everybody back in after each run.
    async fn kicks(&mut self, host: &Host, crowd: &mut Crowd) -> Result<()> {
        let options = self.options;
        let count = options.kicks.min(options.sessions);
        let link = Link::open(host.site.rtm_server, None).await?;
        let target = target(host, options.users()).await?;
        let connection = Connection::open(target.address).await?;
        let online = number_of(options.sessions.into());
        let goal = [Goal::Below(Column::P99, 20.0)];
        let mut ways = [
            (
                Row::new(format!("kickout with {online} online"), goal),
                Kicker::Gate(Box::new(link), host.signer.clone()),
            ),
            (
                Row::new(format!("REST disconnect with {online} online"), goal),
                Kicker::Rest(Box::new(connection), target),
            ),
        ];
        let mut seed = 0;
        for round in 1..=options.common.repeat {
            eprintln!("run {round} of {}: kicks", options.common.repeat);
            for (row, kicker) in &mut ways {
                seed += 1;
                let users = kicks::choose(count, options.sessions, seed);
                let run = kicks::run(&host.site, crowd, kicker, &users).await?;
                for measured in &run.loads {
                    row.put(Column::Rate, measured.rate());
                    row.add(measured, &run);
                }
                for users in users.chunks(WAVE) {
                    let back = host.office.signed(users.iter().copied());
                    crowd.enter(back).await.context("back after a kick")?;
                }
            }
        }
        self.rows.extend(ways.into_iter().map(|(row, _)| row));
        Ok(())
    }
}

fn over(transport: Transport) -> &'static str {
    match transport {
        Transport::Bare => "over bare FPNN",
        Transport::WebSocket => "over WebSocket",
    }
}

/// Whom REST requests go to.
async fn target(host: &Host, users: u32) -> Result<requests::Target> {
    Ok(requests::Target {
        address: host.site.server.address,
        token: rest::token(&host.site).await?,
        prefix: PREFIX,
        users,
    })
}
