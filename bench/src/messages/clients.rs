//! Clients who log in, stay, send, and check everything that they get.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use halloo_fpnn::{Fields, Map, Method, Quest};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use super::frames;
use super::letters::{Post, Style};
use super::world::{Place, Round, Shared};
use crate::fpnn::asks::uid;
use crate::load::{Measured, Meter};
use crate::sessions::crowd::Login;

/// How long anything may take to be answered or to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often messages are sent where so many per second are offered.
const TICK: Duration = Duration::from_millis(1);

/// Clients of one server.
pub(crate) struct Clients {
    pub(crate) world: Shared,
    address: SocketAddr,
    /// One for each connection. Aborted with this.
    tasks: JoinSet<()>,
    handles: Vec<AbortHandle>,
}

/// How messages are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    /// As many of each client as may be under way.
    Full,
    /// So many per second of all of them together; what there is no room for is not made up for.
    Offered(f64),
}

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    After(Duration),
    /// When each [`Post`] has sent as much as it may.
    Sent,
}

/// How messages are sent in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    /// Messages of each client that are under way at the same time.
    pub(crate) window: u32,
    pub(crate) flow: Flow,
    pub(crate) until: Until,
    /// Whether receivers are online.
    pub(crate) arrives: bool,
}

/// What became of a run.
pub(crate) struct Ran {
    /// From sending a message to its being received. Everything that was wrong counts here.
    pub(crate) received: Measured,
    /// From sending it to its being answered.
    pub(crate) answered: Measured,
    /// Processor time of server and generator, per message.
    pub(crate) cpu: (Duration, Duration),
}

impl Clients {
    /// Nobody yet, at the client gate at `address`, with messages like this.
    /// # Errors
    /// When nothing can be measured.
    pub(crate) fn new(address: SocketAddr, style: Style) -> Result<Self> {
        Ok(Self {
            world: Shared::new(style)?,
            address,
            tasks: JoinSet::new(),
            handles: Vec::new(),
        })
    }

    /// Has everybody connect and log in at the same moment. Returns their places, in their order.
    /// # Errors
    /// When somebody is not let in.
    pub(crate) async fn enter(&mut self, logins: Vec<Login>) -> Result<Range<usize>> {
        let first = self.handles.len();
        let mut connecting = JoinSet::new();
        for login in logins {
            let place = self.world.lock().add(uid(login.user));
            let address = self.address;
            connecting.spawn(async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok::<_, std::io::Error>((place, stream, login.quest))
            });
        }
        let mut connected = Vec::new();
        while let Some(stream) = connecting.join_next().await {
            connected.push(stream?.context("the server can not be reached")?);
        }
        connected.sort_by_key(|(place, ..)| *place);
        let mut answers = Vec::new();
        for (place, stream, quest) in connected {
            // Its sequence number is that of a first quest.
            let ask = |_: u32, out: &mut Vec<u8>| out.extend_from_slice(&quest);
            answers.push(self.world.lock().ask(place, ask));
            let world = self.world.clone();
            self.handles.push(self.tasks.spawn(async move {
                let mut end = Place {
                    world: world.clone(),
                    place,
                };
                let why = frames::carry(stream, &mut end).await;
                world.lock().ended(place, &why);
            }));
        }
        for told in answers {
            let said = tokio::time::timeout(PATIENCE, told).await;
            let said = said.context("a login is not answered")?;
            let said = said.context("a login ends the connection")?;
            let said = said.map_err(|why| anyhow!("a login is refused: {why}"))?;
            if Fields::parse(&said)?.boolean("ok") != Ok(true) {
                bail!("a token is not taken");
            }
        }
        Ok(first..self.handles.len())
    }

    /// Has those at these places leave without a word.
    pub(crate) async fn leave(&mut self, places: Range<usize>) {
        for place in places {
            self.world.lock().let_go(place);
            if let Some(handle) = self.handles.get(place) {
                handle.abort();
            }
        }
        // So that their sockets are closed.
        tokio::task::yield_now().await;
        while self.tasks.try_join_next().is_some() {}
    }

    /// Whether nothing went wrong since the last run.
    /// # Errors
    /// What went wrong.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.world.lock().round.received.first_error {
            None => Ok(()),
            Some(why) => bail!("after the last run: {why}"),
        }
    }

    /// Has the first clients each send what the `posts` of the same number say, and waits until everything
    /// was answered and received.
    /// # Errors
    /// When the server is gone.
    pub(crate) async fn run(
        &self,
        pid: u32,
        posts: &mut Vec<Post>,
        sending: Sending,
    ) -> Result<Ran> {
        let count = posts.len();
        let length = match sending.until {
            Until::After(length) => length,
            Until::Sent => Duration::ZERO,
        };
        let meter = Meter::start(pid)?;
        let begun = Instant::now();
        let settled = {
            let mut world = self.world.lock();
            let before = std::mem::replace(
                &mut world.round,
                Round {
                    end: match sending.until {
                        Until::After(length) => Some(begun + length),
                        Until::Sent => None,
                    },
                    flows: matches!(sending.flow, Flow::Full),
                    arrives: sending.arrives,
                    window: usize::try_from(sending.window)?,
                    ..Round::new(length)?
                },
            );
            // What went wrong between the runs goes to the next one.
            if let Some(why) = &before.received.first_error {
                let why = format!("before the run: {why}");
                world.round.received.fail(|| why);
            }
            for (place, post) in posts.drain(..).enumerate() {
                world.employ(place, Some(post));
                if let Flow::Full = sending.flow {
                    while world.post(place, begun) {}
                }
            }
            std::sync::Arc::clone(&world.round.settled)
        };
        match (sending.flow, sending.until) {
            (Flow::Offered(rate), Until::After(length)) => {
                self.offer(rate, begun + length, count).await;
            }
            (Flow::Offered(_), Until::Sent) => bail!("what is offered has to end by itself"),
            (Flow::Full, Until::After(length)) => tokio::time::sleep(length).await,
            (Flow::Full, Until::Sent) => {}
        }
        // As long as something happens, it may take longer.
        let done = || {
            let round = &self.world.lock().round;
            (round.answers, round.arrived)
        };
        while self.world.lock().round.missing() != (0, 0) {
            let before = done();
            let told = tokio::time::timeout(PATIENCE, settled.notified()).await;
            if told.is_err() && done() == before {
                break;
            }
        }
        let taken = begun.elapsed();
        let mut world = self.world.lock();
        for place in 0..count {
            posts.extend(world.employ(place, None));
        }
        let round = std::mem::replace(&mut world.round, Round::new(Duration::ZERO)?);
        drop(world);
        let (unanswered, lost) = round.missing();
        let cpu = meter.each(round.sent)?;
        let (mut received, mut answered) = (round.received, round.answered);
        if let Until::Sent = sending.until {
            received.window = taken;
            answered.window = taken;
        }
        for (missing, what) in [(unanswered, "answered"), (lost, "received")] {
            for _ in 0..missing {
                received.fail(|| format!("{missing} messages were not {what} within {PATIENCE:?}"));
            }
        }
        received.join_errors(&answered);
        Ok(Ran {
            received,
            answered,
            cpu,
        })
    }

    /// Has `count` clients send so many messages per second together, until `end`.
    async fn offer(&self, rate: f64, end: Instant, count: usize) {
        let apart = Duration::from_secs_f64(1.0 / rate.max(1.0));
        let (mut next, mut place) = (Instant::now(), 0);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = Instant::now();
            if now >= end {
                return;
            }
            let mut world = self.world.lock();
            while next <= now {
                next += apart;
                // Whoever has room; if nobody has, it is left out.
                for _ in 0..count {
                    place = (place + 1) % count;
                    if world.post(place, now) {
                        break;
                    }
                }
            }
        }
    }
}

impl Shared {
    /// What the client at `place` is answered.
    /// # Errors
    /// When it is refused or not answered.
    pub(crate) async fn ask(
        &self,
        place: usize,
        method: &'static str,
        parameters: Map,
    ) -> Result<Vec<u8>> {
        let told = self.lock().ask(place, |sequence, out| {
            Quest::two_way(sequence, Method::new(method), parameters.finish()).encode(out);
        });
        let said = tokio::time::timeout(PATIENCE, told).await;
        let said = said.with_context(|| format!("{method} is not answered"))?;
        let said = said.with_context(|| format!("{method} ends the connection"))?;
        said.map_err(|why| anyhow!("{method} is refused: {why}"))
    }

    /// Has the client at `place` send the next of `post` to a group, and waits until `receivers` of its
    /// members have it. Returns when it was sent and what the last one waited.
    /// # Errors
    /// When it is refused, or somebody does not get it.
    pub(crate) async fn announce(
        &self,
        place: usize,
        post: &mut Post,
        receivers: u32,
    ) -> Result<Duration> {
        let begun = Instant::now();
        let (reached, told) = {
            let mut world = self.lock();
            let reached = world.announce(post.sent + 1, receivers);
            let micros = world.micros(begun);
            let ask = |sequence, out: &mut Vec<u8>| post.write(sequence, micros, out);
            (reached, world.ask(place, ask))
        };
        let Ok(reached) = tokio::time::timeout(PATIENCE, reached).await else {
            let missing = self.lock().unreached();
            bail!("{missing} of {receivers} do not get a message to their group");
        };
        let said = tokio::time::timeout(PATIENCE, told).await;
        let said = said.context("a message to a group is not answered")??;
        said.map_err(|why| anyhow!("a message to a group is refused: {why}"))?;
        Ok(reached? - begun)
    }
}
