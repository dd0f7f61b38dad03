//! Messages to users who are offline, and what they find when they return.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use super::letters::CHAT;
use super::world::Shared;
use super::{
    Bench, Conversation, Flow, Part, Post, Ran, Sending, Stage, Style, To, Until, add_answers,
};
use crate::load::{Measured, Meter};
use crate::report::number_of;
use crate::sessions::crowd::Login;
use crate::table::{Column, Goal, Row};

/// Messages of each user under way at the same time where few write much.
const MANY: u32 = 64;

/// Users who are offline but to fetch what waits for them.
struct Absent {
    /// What is sent to them, by the first users in pairs in their order.
    posts: Vec<Post>,
    /// What they have read.
    read: Vec<Conversation>,
    /// How much of each was sent before.
    before: Vec<u32>,
    users: std::ops::Range<u32>,
}

/// What was fetched.
struct Fetched {
    pages: Measured,
    messages: u64,
    cpu: (Duration, Duration),
}

impl Absent {
    /// `count` users from number `first` on, to each of whom the user of the same place in a pair writes.
    fn new(style: &Style, first: u32, count: u32) -> Result<Self> {
        let users = first..first + count;
        let post = |user: u32| Post::new(style, user - first, To::User(user));
        let reading = |user: u32| Conversation::new(0, user, user - first);
        Ok(Self {
            posts: users.clone().map(post).collect::<Result<_>>()?,
            read: users.clone().map(reading).collect(),
            before: vec![0; count as usize],
            users,
        })
    }

    fn logins(&self, stage: &Stage) -> Vec<Login> {
        stage.host.office.signed(self.users.clone())
    }

    /// Has everybody find out what waits for him.
    async fn look(&mut self, world: &Shared, first: usize) -> Result<()> {
        let mut looking = JoinSet::new();
        let waiting = self.posts.iter().zip(&self.before);
        for ((place, read), (post, before)) in (first..).zip(&mut self.read).zip(waiting) {
            read.place = place;
            let (read, world, count) = (read.clone(), world.clone(), post.sent - before);
            looking.spawn(async move { read.check_waiting(&world, count).await });
        }
        while let Some(looked) = looking.join_next().await {
            looked??;
        }
        Ok(())
    }

    /// Has everybody fetch what waits for him, page by page, all at the same time.
    async fn fetch(&mut self, world: &Shared, meter: &Meter, begun: Instant) -> Result<Fetched> {
        let mut fetching = JoinSet::new();
        for (read, post) in self.read.drain(..).zip(&self.posts) {
            let (world, sent) = (world.clone(), post.sent);
            fetching.spawn(fetch(world, read, sent));
        }
        let mut pages = Measured::new(Duration::ZERO)?;
        let mut messages = 0;
        while let Some(fetched) = fetching.join_next().await {
            let (read, latencies, count) = fetched??;
            for latency in latencies {
                pages.succeed(latency, true);
            }
            messages += count;
            self.read.push(read);
        }
        pages.window = begun.elapsed();
        self.read.sort_by_key(|read| read.place);
        Ok(Fetched {
            pages,
            messages,
            cpu: meter.each(messages)?,
        })
    }

    /// Nothing waits any more.
    async fn finish(&mut self, world: &Shared, first: usize) -> Result<()> {
        self.before = self.posts.iter().map(|post| post.sent).collect();
        self.look(world, first).await
    }
}

/// Reads a conversation to its end. Returns what each page took, and how many messages there were.
async fn fetch(
    world: Shared,
    mut read: Conversation,
    sent: u32,
) -> Result<(Conversation, Vec<Duration>, u64)> {
    let (mut latencies, mut messages) = (Vec::new(), 0);
    loop {
        let asked = Instant::now();
        let (count, is_last) = read.page(&world).await?;
        latencies.push(asked.elapsed());
        messages += u64::from(count);
        if is_last {
            read.check(0, sent)?;
            return Ok((read, latencies, messages));
        }
    }
}

impl Bench<'_> {
    /// Everybody in a pair writes to somebody who is offline, who then fetches that; and a few fetch much.
    pub(super) async fn waiting(&mut self) -> Result<()> {
        let options = self.options;
        let style = Style::new(CHAT, options.bytes);
        let talkers = options.talkers();
        let readers = options.readers.min(talkers);
        let mut stage = self
            .stage(Part::Waiting, style.clone(), talkers + readers)
            .await?;
        let mut all = Absent::new(&style, talkers, talkers)?;
        let mut few = Absent::new(&style, 2 * talkers, readers)?;
        let (many, shown) = (number_of(options.waiting.into()), number_of(readers.into()));

        let goal = [Goal::AtLeast(Column::Rate, 30_000.0)];
        let name = format!(
            "to users who are offline, {} under way each",
            options.window
        );
        let mut stored = Row::new(name, goal);
        let goal = [Goal::AtLeast(Column::Rate, 100_000.0)];
        let users = number_of(talkers.into());
        let mut paged = Row::new(format!("{users} users fetch that by pages of 20"), goal);
        let name =
            format!("{many} to each of {shown} users who are offline, {MANY} under way each");
        let mut heaped = Row::new(name, []);
        let goal = [Goal::AtMost(Column::All, 10.0)];
        let name = format!("{shown} users log in, look and fetch {many} each");
        let mut returned = Row::new(name, goal);

        for round in 1..=options.common.repeat {
            eprintln!("run {round} of {}: waiting", options.common.repeat);
            let sending = Sending {
                arrives: false,
                ..Sending::full(options.window, options.length())
            };
            if round == 1 && options.common.warm_up > 0 {
                let until = Until::After(Duration::from_secs(options.common.warm_up));
                store(&stage, &mut all, &mut stored, Sending { until, ..sending }).await?;
            }
            let ran = store(&stage, &mut all, &mut stored, sending).await?;
            add_stored(&mut stored, &ran);
            let logins = all.logins(&stage);
            let places = stage.clients.enter(logins).await?;
            let world = stage.clients.world.clone();
            all.look(&world, places.start).await?;
            let (meter, begun) = (Meter::start(stage.pid())?, Instant::now());
            let fetched = all.fetch(&world, &meter, begun).await?;
            add_fetched(&mut paged, &fetched);
            all.finish(&world, places.start).await?;
            stage.clients.leave(places).await;

            for post in &mut few.posts {
                post.most = post.sent + options.waiting;
            }
            let sending = Sending {
                window: MANY,
                flow: Flow::Full,
                until: Until::Sent,
                arrives: false,
            };
            let ran = store(&stage, &mut few, &mut heaped, sending).await?;
            add_stored(&mut heaped, &ran);
            let logins = few.logins(&stage);
            let (meter, begun) = (Meter::start(stage.pid())?, Instant::now());
            let places = stage.clients.enter(logins).await?;
            few.look(&world, places.start).await?;
            let fetched = few.fetch(&world, &meter, begun).await?;
            add_fetched(&mut returned, &fetched);
            returned.put(Column::All, fetched.pages.window.as_secs_f64());
            few.finish(&world, places.start).await?;
            stage.clients.leave(places).await;
        }
        stage.clients.check()?;
        self.rows.extend([stored, paged, heaped, returned]);
        Ok(())
    }
}

/// Has messages sent to those who are absent. What is wrong with it counts in `row`.
async fn store(stage: &Stage, absent: &mut Absent, row: &mut Row, sending: Sending) -> Result<Ran> {
    let (clients, posts) = (&stage.clients, &mut absent.posts);
    let ran = clients.run(stage.pid(), posts, sending).await?;
    row.fail(ran.received.errors, ran.received.first_error.as_deref());
    Ok(ran)
}

fn add_stored(row: &mut Row, ran: &Ran) {
    row.put(Column::Rate, ran.answered.rate());
    add_answers(row, ran);
    row.add_cpu(ran.cpu.0, ran.cpu.1);
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn add_fetched(row: &mut Row, fetched: &Fetched) {
    let seconds = fetched.pages.window.as_secs_f64();
    row.put(Column::Rate, fetched.messages as f64 / seconds);
    row.add_latencies(&fetched.pages);
    row.add_cpu(fetched.cpu.0, fetched.cpu.1);
}
