//! What all clients know and do. They share a thread, so nobody ever waits for the lock around it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use anyhow::Result;
use halloo_fpnn::{Fields, Map};
use tokio::sync::{Notify, oneshot};

use super::frames::{self, End, Frame, Kind};
use super::letters::{Ledger, Letter, Post, Style};
use crate::load::Measured;

/// What an answer says: its payload, or why it was refused.
pub(crate) type Said = Result<Vec<u8>, String>;

/// The clients of one server.
pub(crate) struct World {
    /// What times in messages count from.
    begun: Instant,
    style: Style,
    clients: Vec<Client>,
    pub(crate) round: Round,
    /// The message to a group that is on its way.
    announced: Option<Announced>,
}

/// One client.
pub(crate) struct Client {
    uid: i64,
    /// Frames that wait to be sent.
    out: Vec<u8>,
    waker: Option<Waker>,
    /// Of the last quest.
    sequence: u32,
    /// Quests without an answer; never many.
    waiting: Vec<(u32, Waiting)>,
    /// What came so far, by where from.
    heard: Vec<(Source, Ledger)>,
    /// What it sends.
    post: Option<Post>,
    /// Whether the end of its connection is nothing to complain about.
    may_end: bool,
}

enum Waiting {
    /// A message, sent then.
    Post(Instant),
    /// Something else, and who wants the answer.
    Reply(oneshot::Sender<Said>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    User(i64),
    Group(i64),
}

/// A run: what was sent in it and what became of it.
pub(crate) struct Round {
    /// From sending a message to its being received.
    pub(crate) received: Measured,
    /// From sending it to its being answered.
    pub(crate) answered: Measured,
    /// When nothing is sent any more; `None`: when all was sent that may be.
    pub(crate) end: Option<Instant>,
    /// Whether every answer brings forth the next message.
    pub(crate) flows: bool,
    /// Whether receivers are online.
    pub(crate) arrives: bool,
    /// Messages of each client that are under way at the same time.
    pub(crate) window: usize,
    pub(crate) sent: u64,
    pub(crate) answers: u64,
    pub(crate) arrived: u64,
    pub(crate) refused: u64,
    /// Told when nothing is under way any more.
    pub(crate) settled: Arc<Notify>,
}

/// A message to a group on its way to everybody.
struct Announced {
    number: u32,
    missing: u32,
    told: Option<oneshot::Sender<Instant>>,
}

/// The world, for whoever is in it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    /// Without clients.
    /// # Errors
    /// When nothing can be measured.
    pub(crate) fn new(style: Style) -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(World {
            begun: Instant::now(),
            style,
            clients: Vec::new(),
            round: Round::new(Duration::ZERO)?,
            announced: None,
        }))))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    /// Nothing sent yet.
    /// # Errors
    /// When latencies can not be counted.
    pub(crate) fn new(window: Duration) -> Result<Self> {
        Ok(Self {
            received: Measured::new(window)?,
            answered: Measured::new(window)?,
            end: None,
            flows: false,
            arrives: false,
            window: 0,
            sent: 0,
            answers: 0,
            arrived: 0,
            refused: 0,
            settled: Arc::default(),
        })
    }

    /// Messages that were not answered, and that did not arrive.
    pub(crate) fn missing(&self) -> (u64, u64) {
        let arriving = if self.arrives {
            self.sent - self.refused
        } else {
            0
        };
        (
            self.sent.saturating_sub(self.answers),
            arriving.saturating_sub(self.arrived),
        )
    }

    fn is_within(&self, now: Instant) -> bool {
        self.end.is_none_or(|end| now <= end)
    }
}

impl World {
    /// Adds a client who is to log in.
    pub(crate) fn add(&mut self, uid: i64) -> usize {
        self.clients.push(Client {
            uid,
            out: Vec::new(),
            waker: None,
            sequence: 0,
            waiting: Vec::new(),
            heard: Vec::new(),
            post: None,
            may_end: false,
        });
        self.clients.len() - 1
    }

    /// Has the client at `place` ask what `write` appends for a sequence number.
    pub(crate) fn ask(
        &mut self,
        place: usize,
        write: impl FnOnce(u32, &mut Vec<u8>),
    ) -> oneshot::Receiver<Said> {
        let (tell, told) = oneshot::channel();
        if let Some(client) = self.clients.get_mut(place) {
            let sequence = client.next_sequence();
            write(sequence, &mut client.out);
            client.waiting.push((sequence, Waiting::Reply(tell)));
            client.wake();
        }
        told
    }

    /// Gives the client at `place` something to send, or takes it away.
    pub(crate) fn employ(&mut self, place: usize, post: Option<Post>) -> Option<Post> {
        let client = self.clients.get_mut(place)?;
        std::mem::replace(&mut client.post, post)
    }

    /// Has the client at `place` send its next message, if there is room for it.
    pub(crate) fn post(&mut self, place: usize, now: Instant) -> bool {
        let micros = self.micros(now);
        let Some(client) = self.clients.get_mut(place) else {
            return false;
        };
        if client.waiting.len() >= self.round.window {
            return false;
        }
        let sequence = client.sequence.wrapping_add(1);
        let Some(post) = client.post.as_mut().filter(|post| post.sent < post.most) else {
            return false;
        };
        post.write(sequence, micros, &mut client.out);
        client.sequence = sequence;
        client.waiting.push((sequence, Waiting::Post(now)));
        client.wake();
        self.round.sent += 1;
        true
    }

    /// Says when the group's message with this number has reached so many.
    pub(crate) fn announce(&mut self, number: u32, receivers: u32) -> oneshot::Receiver<Instant> {
        let (tell, told) = oneshot::channel();
        self.announced = Some(Announced {
            number,
            missing: receivers,
            told: Some(tell),
        });
        told
    }

    /// How many of the group's message have not reached their receivers.
    pub(crate) fn unreached(&self) -> u32 {
        self.announced.as_ref().map_or(0, |group| group.missing)
    }

    /// Time since the clients began, as messages have it.
    pub(crate) fn micros(&self, now: Instant) -> u64 {
        u64::try_from((now - self.begun).as_micros()).unwrap_or_default()
    }

    pub(crate) fn style(&self) -> &Style {
        &self.style
    }

    /// The client at `place` leaves.
    pub(crate) fn let_go(&mut self, place: usize) {
        if let Some(client) = self.clients.get_mut(place) {
            client.may_end = true;
            client.waiting.clear();
            client.out = Vec::new();
        }
    }

    /// The connection of the client at `place` has ended.
    pub(crate) fn ended(&mut self, place: usize, why: &io::Error) {
        if let Some(client) = self.clients.get_mut(place).filter(|c| !c.may_end) {
            client.waiting.clear();
            let uid = client.uid;
            let why = || format!("the session of {uid} ended: {why}");
            self.round.received.fail(why);
        }
    }

    fn take(&mut self, place: usize, frame: &Frame<'_>, now: Instant) {
        let taken = match (frame.kind, frame.method) {
            (Kind::Answer { granted }, _) => self.answered(place, frame, granted, now),
            (Kind::TwoWay, b"pushmsg") => self.pushed(place, frame, false, now),
            (Kind::TwoWay, b"pushgroupmsg") => self.pushed(place, frame, true, now),
            (Kind::TwoWay, b"ping") => Ok(()),
            (_, method) => Err(format!("{} came", method.escape_ascii())),
        };
        if let (Kind::TwoWay, Some(client)) = (frame.kind, self.clients.get_mut(place)) {
            frames::put_answer(frame.sequence, &Map::empty(), &mut client.out);
        }
        if let Err(why) = taken {
            self.round.received.fail(|| why);
        }
        if self.round.missing() == (0, 0) {
            self.round.settled.notify_one();
        }
    }

    fn answered(
        &mut self,
        place: usize,
        frame: &Frame<'_>,
        granted: bool,
        now: Instant,
    ) -> Result<(), String> {
        let (sequence, payload) = (frame.sequence, frame.payload);
        let client = self.clients.get_mut(place).ok_or("nobody is there")?;
        let mut waiting = client.waiting.iter();
        let at = waiting.position(|(waiting, _)| *waiting == sequence);
        let at = at.ok_or_else(|| format!("an answer to {sequence}, which nobody asked"))?;
        let asked = match client.waiting.swap_remove(at).1 {
            Waiting::Reply(tell) => {
                let said = granted.then(|| payload.to_vec());
                let _ = tell.send(said.ok_or_else(|| refusal(payload)));
                return Ok(());
            }
            Waiting::Post(asked) => asked,
        };
        self.round.answers += 1;
        let within = self.round.is_within(now);
        if !granted {
            self.round.refused += 1;
            self.round.answered.fail(|| refusal(payload));
        } else if Fields::parse(payload)
            .is_ok_and(|f| f.integer("mtime").is_ok_and(|at: i64| at > 0))
        {
            self.round.answered.succeed(now - asked, within);
        } else {
            let shown = || format!("a message is answered with {}", payload.escape_ascii());
            self.round.answered.fail(shown);
        }
        if self.round.flows && within {
            self.post(place, now);
        }
        Ok(())
    }

    fn pushed(
        &mut self,
        place: usize,
        frame: &Frame<'_>,
        in_group: bool,
        now: Instant,
    ) -> Result<(), String> {
        let client = self.clients.get_mut(place).ok_or("nobody is there")?;
        let (source, letter, mtime) = read(&self.style, client.uid, frame.payload, in_group)
            .ok_or_else(|| format!("{} is pushed", frame.payload.escape_ascii()))?;
        client.note(source, &letter, mtime)?;
        if in_group {
            if let Some(group) = self
                .announced
                .as_mut()
                .filter(|a| a.number == letter.number)
            {
                group.missing = group.missing.saturating_sub(1);
                if let Some(told) = group.told.take_if(|_| group.missing == 0) {
                    let _ = told.send(now);
                }
            }
            return Ok(());
        }
        let sent = self.begun + Duration::from_micros(letter.micros);
        let within = self.round.is_within(now);
        self.round.arrived += 1;
        let latency = now.saturating_duration_since(sent);
        self.round.received.succeed(latency, within);
        Ok(())
    }
}

/// What the client with this `uid` is pushed. Source: RTM client gate sections 4.1 and 4.2.
fn read(style: &Style, uid: i64, payload: &[u8], in_group: bool) -> Option<(Source, Letter, i64)> {
    let fields = Fields::parse(payload).ok()?;
    let letter = style.read(style.pushed(&fields)?)?;
    let from: i64 = fields.integer("from").ok()?;
    let source = if in_group {
        Source::Group(fields.integer("gid").ok()?)
    } else {
        let to: i64 = fields.integer("to").ok()?;
        (to == uid).then_some(Source::User(from))?
    };
    let is_whole = from == letter.from
        && fields.integer("mtype") == Ok(style.mtype)
        && fields.integer("mid") == Ok(letter.mid())
        && fields.text("attrs") == Ok("");
    is_whole.then_some(())?;
    Some((source, letter, fields.integer("mtime").ok()?))
}

fn refusal(payload: &[u8]) -> String {
    let fields = Fields::parse(payload).ok();
    let code = fields.as_ref().and_then(|f| f.integer("code").ok());
    let text = fields.as_ref().and_then(|f| f.text("ex").ok());
    let (code, text) = (code.unwrap_or(0_i64), text.unwrap_or("no text"));
    format!("{code} {text}")
}

impl Client {
    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Notes a message that came.
    fn note(&mut self, source: Source, letter: &Letter, mtime: i64) -> Result<(), String> {
        let mut heard = self.heard.iter_mut();
        if let Some((_, ledger)) = heard.find(|(known, _)| *known == source) {
            return ledger.note(letter, mtime);
        }
        let mut ledger = Ledger::default();
        let noted = ledger.note(letter, mtime);
        self.heard.push((source, ledger));
        noted
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The connection of a client.
pub(crate) struct Place {
    pub(crate) world: Shared,
    pub(crate) place: usize,
}

impl End for Place {
    fn give(&mut self, out: &mut Vec<u8>, waker: &Waker) {
        let mut world = self.world.lock();
        if let Some(client) = world.clients.get_mut(self.place) {
            std::mem::swap(&mut client.out, out);
            if client.waker.is_none() {
                client.waker = Some(waker.clone());
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let now = Instant::now();
        let mut world = self.world.lock();
        let mut cut = 0;
        while let Some(frame) = frames::next(bytes.get(cut..).unwrap_or_default())? {
            cut += frame.length;
            world.take(self.place, &frame, now);
        }
        Ok(cut)
    }
}
