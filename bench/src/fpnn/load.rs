//! The generator: connections that each have so many quests under way.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use halloo_fpnn::{Method, Quest};

use super::asks::Ask;
use super::link::{Encryption, Link, Said};
use super::quests::{Quests, Signer};
use crate::load::{self, Measured, Run};
use crate::random::Random;

/// Every so many answers of a connection one is decoded and compared with what it has to be. Of the
/// others only the status and the sequence number are looked at.
const CHECKED_EVERY: u32 = 32;
/// Quests that are made beforehand for one connection at most, and for all of them about. Each is sent
/// again and again; only writes are made anew each time.
const MADE_EACH: u32 = 256;
const MADE: u32 = 16 * 1024;

/// What a number of connections ask.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) ask: Ask,
    pub(crate) signer: Signer,
    pub(crate) connections: u32,
    /// Quests of each that are under way at the same time.
    pub(crate) window: u32,
    pub(crate) encryption: Option<Encryption>,
    /// What the ceiling is to answer with; `None`: this is no ceiling, and answers are checked.
    pub(crate) prebuilt: Option<Bytes>,
}

/// Runs `load` against the server `pid` at `address` for `window`, on one thread.
/// # Errors
/// When the server can not be reached, stops answering or closes a connection.
pub(crate) async fn run(
    address: SocketAddr,
    pid: u32,
    load: Load,
    window: Duration,
    seed: u32,
) -> Result<Run> {
    load::timed(pid, move || generate(address, load, window, seed)).await
}

/// Asks once, checks the answer and returns it.
/// # Errors
/// When it is refused or wrong.
pub(crate) async fn ask_once(link: &mut Link, signer: &Signer, ask: Ask) -> Result<Vec<u8>> {
    let mut quests = ask.quests(signer, 0);
    let (frame, random) = quests.next(1);
    link.put(frame);
    link.send().await?;
    let answer = link.answer().await.with_context(|| format!("{ask:?}"))?;
    match wrong(ask, &quests, random, Ok(&answer), true) {
        None => Ok(answer),
        Some(why) => bail!(why),
    }
}

async fn generate(
    address: SocketAddr,
    load: Load,
    window: Duration,
    seed: u32,
) -> Result<Vec<Measured>> {
    // Everybody is connected before the first one asks.
    let measured = Arc::new(Mutex::new(Measured::new(window)?));
    let mut drivers = Vec::new();
    for place in 0..load.connections {
        let mut link = Link::open(address, load.encryption.as_ref())
            .await
            .context("the server can not be reached")?;
        if let Some(answer) = &load.prebuilt {
            let mut frame = Vec::new();
            Quest::one_way(Method::new("answer"), answer.clone()).encode(&mut frame);
            link.put(&frame);
        }
        let made = (MADE / load.connections).clamp(load.window, MADE_EACH);
        let mut under_way = UnderWay::new(load.window, made);
        let mut quests = load.ask.quests(&load.signer, seed << 16 | place);
        let stock = if load.ask.is_write() {
            None
        } else {
            Some(Stock::make(&mut link, &mut quests, &mut under_way))
        };
        drivers.push(Driver {
            link,
            ask: load.ask,
            quests,
            stock,
            under_way,
            until_check: load.prebuilt.is_none().then_some(place % CHECKED_EVERY),
            measured: Arc::clone(&measured),
        });
    }
    let end = Instant::now() + window;
    load::finish(drivers.into_iter().map(|d| d.drive(end)), window).await?;
    Ok(vec![load::unshared(measured)?])
}

/// One connection at work.
struct Driver {
    link: Link,
    ask: Ask,
    quests: Quests,
    /// Quests made beforehand; `None`: each is made when it is sent.
    stock: Option<Stock>,
    under_way: UnderWay,
    /// Answers that are not checked before the next one that is; `None`: none is.
    until_check: Option<u32>,
    /// Of all connections of the load. They share a thread, so nobody ever waits for it.
    measured: Arc<Mutex<Measured>>,
}

/// The quests of a connection by their sequence numbers, which are used again and again.
struct UnderWay {
    slots: Vec<Slot>,
    /// Sequence numbers without a quest under way, longest unused first.
    free: VecDeque<u32>,
    /// How many more quests may be under way.
    room: u32,
    window: u32,
}

#[derive(Clone, Copy)]
struct Slot {
    /// Where the numbers of its quest come from.
    random: Random,
    /// When it was asked; `None` when it is not under way.
    asked: Option<Instant>,
}

/// Quests that are ready to be sent, one for each sequence number, all of the same length.
struct Stock {
    ready: Vec<u8>,
    length: usize,
}

impl Stock {
    fn make(link: &mut Link, quests: &mut Quests, under_way: &mut UnderWay) -> Self {
        let mut ready = Vec::new();
        for (sequence, slot) in (0..).zip(&mut under_way.slots) {
            let (frame, random) = quests.next(sequence);
            link.make_ready(frame, &mut ready);
            slot.random = random;
        }
        let length = ready.len() / under_way.slots.len();
        Self { ready, length }
    }

    fn of(&self, sequence: u32) -> &[u8] {
        let place = usize::try_from(sequence).unwrap_or_default() * self.length;
        let ready = self.ready.get(place..place + self.length);
        ready.unwrap_or_default()
    }
}

impl Driver {
    /// Asks until `end`, and then waits for the last answers.
    async fn drive(mut self, end: Instant) -> Result<()> {
        let mut now = Instant::now();
        loop {
            if now < end {
                self.ask_all(now);
            }
            if self.under_way.is_empty() {
                return Ok(());
            }
            self.link.send().await.context(GONE)?;
            self.link.receive().await.context(GONE)?;
            now = Instant::now();
            self.take_answers(now, end)?;
        }
    }

    /// Asks as many quests as may be under way.
    fn ask_all(&mut self, now: Instant) {
        while let Some((sequence, slot)) = self.under_way.begin(now) {
            if let Some(stock) = &self.stock {
                self.link.put_ready(stock.of(sequence));
            } else {
                let (frame, random) = self.quests.next(sequence);
                self.link.put(frame);
                slot.random = random;
            }
        }
    }

    fn take_answers(&mut self, now: Instant, end: Instant) -> Result<()> {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let (ask, quests) = (self.ask, &self.quests);
        let (under_way, until_check) = (&mut self.under_way, &mut self.until_check);
        let answers = self.link.answers(|sequence, said| {
            let Some((random, asked)) = under_way.end(sequence) else {
                return measured.fail(|| format!("an answer to {sequence}, which nobody asked"));
            };
            let check = match until_check {
                Some(0) => {
                    *until_check = Some(CHECKED_EVERY - 1);
                    true
                }
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => false,
            };
            match wrong(ask, quests, random, said, check) {
                None => measured.succeed(now - asked, now <= end),
                Some(why) => measured.fail(|| why),
            }
        });
        answers.context(GONE)
    }
}

const GONE: &str = "the server closed a connection";

/// What is wrong with an answer, if anything is.
fn wrong(ask: Ask, quests: &Quests, random: Random, said: Said<'_>, check: bool) -> Option<String> {
    match said {
        Ok(payload) if check && !ask.is_answered_by(quests.numbers(random), payload) => Some(
            format!("{ask:?} is answered with {}", payload.escape_ascii()),
        ),
        Ok(_) => None,
        Err(refusal) => Some(refusal.to_string()),
    }
}

impl UnderWay {
    /// For `window` quests at a time with `numbers` sequence numbers.
    fn new(window: u32, numbers: u32) -> Self {
        let slot = Slot {
            random: Random::seeded(0),
            asked: None,
        };
        Self {
            slots: (0..numbers).map(|_| slot).collect(),
            free: (0..numbers).collect(),
            room: window,
            window,
        }
    }

    fn is_empty(&self) -> bool {
        self.room == self.window
    }

    /// A sequence number for a quest that is sent `now`; `None` when there is no room for another one.
    fn begin(&mut self, now: Instant) -> Option<(u32, &mut Slot)> {
        self.room.checked_sub(1)?;
        let sequence = self.free.pop_front()?;
        let slot = self.slots.get_mut(usize::try_from(sequence).ok()?)?;
        slot.asked = Some(now);
        self.room -= 1;
        Some((sequence, slot))
    }

    /// Where the numbers of the quest came from and when it was asked; `None` when it is not under way.
    fn end(&mut self, sequence: u32) -> Option<(Random, Instant)> {
        let slot = self.slots.get_mut(usize::try_from(sequence).ok()?)?;
        let asked = slot.asked.take()?;
        self.free.push_back(sequence);
        self.room += 1;
        Some((slot.random, asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quest_is_answered_once_and_numbers_come_back_late() {
        let mut under_way = UnderWay::new(2, 5);
        let now = Instant::now();
        let mut begun = || Some(under_way.begin(now)?.0);
        assert_eq!([begun(), begun(), begun()], [Some(0), Some(1), None]);
        assert_eq!(under_way.end(1), Some((Random::seeded(0), now)));
        for wrong in [1, 2, 5] {
            assert_eq!(under_way.end(wrong), None);
        }
        for expected in [2, 3, 4, 1] {
            let (sequence, _) = under_way.begin(now).unwrap();
            assert_eq!(sequence, expected);
            assert!(!under_way.is_empty());
            assert!(under_way.end(sequence).is_some());
        }
        assert!(under_way.end(0).is_some());
        assert!(under_way.is_empty());
    }
}
