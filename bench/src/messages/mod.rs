//! Messages at the RTM client gate: between pairs who are online, to users who are not, to a large group,
//! and what a growing log costs.

pub(crate) mod clients;
mod disk;
mod frames;
mod group;
mod growth;
mod letters;
mod pages;
mod pairs;
pub(crate) mod relay;
mod waiting;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use self::clients::{Clients, Flow, Ran, Sending, Until};
use self::letters::{CHAT, LEAST_BYTES, Post, Style, To};
use self::pages::Conversation;
use crate::host::{self, Host, granted};
use crate::options::Common;
use crate::report::{self, number, number_of};
use crate::sessions::quiet;
use crate::table::{self, Column, Goal, Row};
use crate::{site, surroundings};

/// Conversations of pairs that are read to their end after each load.
const SAMPLE: u32 = 20;
/// Messages of each client under way at the same time where as many as possible are to be stored.
const FILL_WINDOW: u32 = 16;

/// What can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Pairs of users who are online.
    Pairs,
    /// Messages to users who are offline, and fetching them.
    Waiting,
    /// Messages to a large group.
    Group,
    /// What a message costs while the log grows.
    Growth,
}

impl Part {
    /// What its server is called.
    fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Waiting => "waiting",
            Self::Group => "group",
            Self::Growth => "growth",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// Pairs of users who write to each other, both with a session.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pairs: u32,
    /// Messages of each of them that are under way at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    window: u32,
    /// Messages per second that pairs offer together in a run that is not as fast as it can; 0: no such run.
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    offered: u32,
    /// Bytes of a message.
    #[arg(
        long, default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(i64::from(LEAST_BYTES)..=20_480)
    )]
    bytes: u32,
    /// Type of messages, 30 or 51 to 127; those to users who are offline are always of type 30.
    #[arg(long, default_value_t = 51, value_parser = clap::value_parser!(i64).range(30..=127))]
    mtype: i64,
    /// Users for each of whom many messages wait; not more than there are users in pairs.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    readers: u32,
    /// Messages that wait for each of them.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    waiting: u32,
    /// Members of the group beside the one who writes.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=9_999))]
    members: u32,
    /// Messages to the group in a run.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    group_messages: u32,
    /// Messages stored at the end of the curve, which begins with 10,000.
    #[arg(
        long, default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u32).range(1000..=1_000_000_000)
    )]
    growth: u32,
    /// Measures only this; may be given several times.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// Users in pairs: user 0 and user 1 are one, and so on.
    fn talkers(&self) -> u32 {
        2 * self.pairs
    }

    fn style(&self) -> Style {
        Style::new(self.mtype, self.bytes)
    }

    fn length(&self) -> Duration {
        Duration::from_secs(self.common.seconds)
    }
}

impl Sending {
    /// Among pairs, as fast as it can.
    fn full(window: u32, length: Duration) -> Self {
        Self {
            window,
            flow: Flow::Full,
            until: Until::After(length),
            arrives: true,
        }
    }
}

/// Measures and prints.
/// # Errors
/// When a server can not be started or stops answering, and when anything was wrong.
pub(crate) async fn measure(options: &Options) -> Result<()> {
    if !(51..=127).contains(&options.mtype) && options.mtype != CHAT {
        bail!("messages are of type 30 or 51 to 127");
    }
    let program = options.common.program()?;
    let folder = site::folder(&options.common)?;
    let (growing, same) = disk::syncs(folder.path()).await?;
    let mut bench = Bench {
        options,
        program,
        folder: folder.path().to_owned(),
        rows: Vec::new(),
        facts: Vec::new(),
    };
    bench.note_options(growing, same);
    let measured = bench.measure().await;
    let parts = [Part::Pairs, Part::Waiting, Part::Group, Part::Growth];
    let is_wrong = measured.is_err() || bench.errors() > 0;
    if is_wrong {
        host::show_logs(folder.path(), &parts.map(Part::name));
    }
    // What was measured before something failed is worth knowing.
    let errors = bench.errors();
    let Bench { rows, facts, .. } = bench;
    let facts = facts.into_iter().map(|fact| format!("- {fact}\n"));
    let facts: String = facts.collect();
    let surroundings = surroundings::machine(folder.path()).await;
    report::print(&(surroundings + &facts + "\n" + &table::table(&rows)))?;
    measured?;
    match errors {
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

/// A server, and pairs of users who are logged in to it.
struct Stage {
    host: Host,
    clients: Clients,
    /// What each of them sends to the other one.
    posts: Vec<Post>,
}

impl Bench<'_> {
    async fn measure(&mut self) -> Result<()> {
        let options = self.options;
        if options.wants(Part::Pairs) {
            self.pairs().await?;
        }
        if options.wants(Part::Waiting) {
            self.waiting().await?;
        }
        if options.wants(Part::Group) {
            self.group().await?;
        }
        if options.wants(Part::Growth) {
            self.growth().await?;
        }
        Ok(())
    }

    fn errors(&self) -> u64 {
        self.rows.iter().map(|row| row.errors).sum()
    }

    fn note_options(&mut self, growing: f64, same: f64) {
        let options = self.options;
        self.facts.push(format!(
            "{} pairs, messages of {} bytes and type {}; every load ran {} times for {} s: median \
             (least..greatest)",
            number_of(options.pairs.into()),
            number_of(options.bytes.into()),
            options.mtype,
            options.common.repeat,
            options.common.seconds,
        ));
        self.facts.push(format!(
            "the disk alone, 4 KiB and fdatasync: {}/s at the end of a file that grows, {}/s in one place",
            number(growing, 0),
            number(same, 0),
        ));
    }

    /// Starts the program for `part` with so many users beside those in pairs, and has these log in.
    async fn stage(&mut self, part: Part, style: Style, others: u32) -> Result<Stage> {
        let talkers = self.options.talkers();
        let users = talkers + others;
        let host = Host::start(&self.program, &self.folder, part.name(), users).await?;
        quiet::settled(host.pid()).await?;
        if self.rows.is_empty() {
            self.facts.push(granted(&host.log));
        }
        let mut clients = Clients::new(host.site.rtm_client, style.clone())?;
        eprintln!("{}: {talkers} sessions log in", part.name());
        clients.enter(host.office.signed(0..talkers)).await?;
        let posts = posts(&style, talkers)?;
        Ok(Stage {
            host,
            clients,
            posts,
        })
    }
}

/// What each user in a pair sends to the other one.
fn posts(style: &Style, talkers: u32) -> Result<Vec<Post>> {
    let post = |user: u32| Post::new(style, user, To::User(user ^ 1));
    (0..talkers).map(post).collect()
}

impl Stage {
    fn pid(&self) -> u32 {
        self.host.pid()
    }

    /// A run among the pairs. What is wrong with it counts in `row`.
    async fn run(&mut self, row: &mut Row, sending: Sending) -> Result<Ran> {
        let pid = self.pid();
        let ran = self.clients.run(pid, &mut self.posts, sending).await?;
        row.fail(ran.received.errors, ran.received.first_error.as_deref());
        Ok(ran)
    }

    /// Reads some conversations of pairs to their end: they have to hold what was answered.
    async fn check_log(&self, row: &mut Row, sample: u32) {
        let pairs = u32::try_from(self.posts.len() / 2).unwrap_or_default();
        let apart = (pairs / sample).max(1) as usize;
        for first in (0..pairs).step_by(apart).take(sample as usize) {
            let first = 2 * first;
            let sent = |user: u32| {
                let post = self.posts.get(user as usize);
                post.map_or(0, |post| post.sent)
            };
            let mut conversation = Conversation::new(first as usize, first, first + 1);
            let world = &self.clients.world;
            let held = conversation.finish(world, sent(first), sent(first + 1));
            if let Err(why) = held.await {
                row.fail(1, Some(&format!("{why:#}")));
            }
        }
    }
}

/// Adds what a run among pairs measured.
fn add(row: &mut Row, ran: &Ran) {
    row.put(Column::Rate, ran.received.rate());
    row.add_latencies(&ran.received);
    add_answers(row, ran);
    row.add_cpu(ran.cpu.0, ran.cpu.1);
}

fn add_answers(row: &mut Row, ran: &Ran) {
    row.put(Column::AnswerP50, ran.answered.percentile_ms(50.0));
    row.put(Column::AnswerP99, ran.answered.percentile_ms(99.0));
}

/// What is demanded of a load whose messages are all under way `window` at a time.
fn goals(window: u32) -> Vec<Goal> {
    if window == 1 {
        vec![Goal::AtLeast(Column::Rate, 20_000.0)]
    } else {
        vec![
            Goal::AtLeast(Column::Rate, 30_000.0),
            Goal::Below(Column::P99, 150.0),
        ]
    }
}
