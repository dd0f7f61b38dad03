//! Quests in both directions.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::transport::connection::{Ending, far, weight};
use crate::transport::driver::{Cut, Driver, Input};
use crate::transport::handlers::Begun;
use crate::transport::waiting::Taker;
use crate::transport::{Closed, Order, Service};
use crate::{
    Answer, Exchange, Fields, Frame, Map, Method, Opener, Quest, Refusal, ReplyTo, Sealer, codes,
};

impl<S: Service, IO: AsyncRead + AsyncWrite + Unpin> Driver<S, IO> {
    /// Cuts frames and begins their quests for as long as that can go on.
    pub(super) fn cut(&mut self, budget: &mut usize) -> Cut {
        loop {
            if self.input == Input::Dropped {
                return Cut::Hungry;
            }
            if *budget == 0 {
                return Cut::Tired;
            }
            if let Some((quest, order)) = self.stalled.take() {
                if self.input == Input::Refused {
                    self.refuse(&quest);
                } else if self.handlers.admits(order) {
                    self.begin(quest, order);
                } else {
                    self.stalled = Some((quest, order));
                    return Cut::Blocked;
                }
                continue;
            }
            if !self.may_begin() {
                return Cut::Blocked;
            }
            self.decoder.limit(self.max_frame_bytes());
            match self.decoder.next() {
                Ok(Some(frame)) => {
                    *budget -= 1;
                    self.take(frame);
                }
                Ok(None) if self.unframe() => *budget -= 1,
                Ok(None) => return Cut::Hungry,
                Err(error) => self.fail(Closed::Malformed(error)),
            }
        }
    }

    fn take(&mut self, frame: Frame) {
        let first = !std::mem::replace(&mut self.begun, true);
        self.deadlines.received();
        match frame {
            Frame::Answer { sequence, answer } => self.waiting.answer(sequence, answer),
            Frame::Quest(quest) => match quest.method.as_bytes() {
                b"*key" => self.exchange_key(&quest, first),
                _ if self.input == Input::Refused => self.refuse(&quest),
                b"*ping" => self.answer_ping(&quest),
                _ => {
                    let order = self.service.order(&quest);
                    self.stalled = Some((quest, order));
                }
            },
        }
    }

    fn begin(&mut self, quest: Quest, order: Order) {
        let (method, reply_to) = (quest.method.clone(), quest.reply_to());
        let (service, peer) = (&self.service, &self.peer);
        let call = || service.call(quest, peer);
        match self.handlers.begin(method, reply_to, order, call) {
            Begun::Answered(Some(reply_to), answer) => self.answer(reply_to, &answer),
            Begun::Answered(None, _) | Begun::Running => {}
            Begun::Close => self.fail(Closed::Undecodable),
        }
    }

    fn answer(&mut self, reply_to: ReplyTo, answer: &Answer) {
        self.usual_answer.note(answer);
        self.output.frame(|out| reply_to.encode(answer, out));
        self.deadlines.sent();
    }

    /// Lays out the answers of handlers that have finished.
    pub(super) fn answer_finished(&mut self) {
        let (output, deadlines) = (&mut self.output, &mut self.deadlines);
        let usual = &mut self.usual_answer;
        self.handlers.run(|reply_to, answer| {
            deadlines.sent();
            if let Some(reply_to) = reply_to {
                usual.note(&answer);
                output.frame(|out| reply_to.encode(&answer, out));
            }
        });
    }

    fn refuse(&mut self, quest: &Quest) {
        if let Some(reply_to) = quest.reply_to() {
            let refusal = Refusal::new(codes::STOPPING, "the connection is being closed");
            self.answer(reply_to, &Err(refusal));
        }
    }

    fn answer_ping(&mut self, quest: &Quest) {
        if Fields::parse(&quest.payload).is_err() {
            return self.fail(Closed::Undecodable);
        }
        if let Some(reply_to) = quest.reply_to() {
            let answer = Map::new().integer("ts", (self.settings.clock)()).finish();
            self.answer(reply_to, &Ok(answer));
        }
    }

    /// Agrees on a key. Source: FPNN section 7.1.
    fn exchange_key(&mut self, quest: &Quest, first: bool) {
        let key = self.settings.key.as_ref();
        let key = key.filter(|_| first && !self.peer.connection.is_tls());
        let (Some(key), Some(reply_to)) = (key, quest.reply_to()) else {
            return self.fail(Closed::KeyExchange);
        };
        let accepted = Fields::parse(&quest.payload)
            .ok()
            .and_then(|fields| Exchange::read(&fields).ok())
            .and_then(|exchange| key.accept(&exchange).ok());
        let Some((sealer, opener)) = accepted else {
            return self.fail(Closed::KeyExchange);
        };
        self.encrypt(sealer, opener);
        self.answer(reply_to, &Ok(Map::empty()));
    }

    fn encrypt(&mut self, sealer: Sealer, opener: Opener) {
        self.decoder.encrypt(opener);
        self.output.seal_with(sealer);
        self.shared().set_encrypted();
    }

    /// Sends the one quest that is not encrypted, `*key`, and encrypts everything after it.
    pub(in crate::transport) fn ask_for_key(
        &mut self,
        quest: &Quest,
        sealer: Sealer,
        opener: Opener,
        timeout: Duration,
    ) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        let taker = Taker::new(move |outcome| {
            if let Ok(answer) = outcome {
                let _ = sender.send(answer);
            }
        });
        self.sequence = quest.sequence.unwrap_or_default();
        let deadline = far(Instant::now(), timeout);
        self.waiting.insert(self.sequence, taker, deadline);
        self.output.frame(|out| quest.encode(out));
        self.encrypt(sealer, opener);
        receiver
    }

    /// Does what the handles of the connection ask for.
    pub(super) fn take_orders(&mut self) {
        let (queued, waiting) = (&mut self.queued, &mut self.waiting);
        let sequence = &mut self.sequence;
        let (ending, close_at) = self.peer.connection.shared().take(|quest| {
            let number = quest.answer.map(|(taker, deadline)| {
                *sequence = following(*sequence);
                waiting.insert(*sequence, taker, deadline);
                *sequence
            });
            queued.push_back(Quest {
                sequence: number,
                ..Quest::one_way(quest.method, quest.payload)
            });
        });
        self.deadlines.close_at = close_at;
        let going = self.input != Input::Dropped;
        match ending {
            Ending::Graceful => self.close(Closed::ByUs),
            Ending::Abort if going => self.fail(Closed::ByUs),
            Ending::SlowReader if going => self.fail(Closed::SlowReader),
            Ending::No | Ending::Abort | Ending::SlowReader => {}
        }
    }

    /// Lays out quests of ours while there is room.
    pub(super) fn lay_out_queued(&mut self) {
        while self.output_has_room() {
            let Some(quest) = self.queued.pop_front() else {
                return;
            };
            self.shared()
                .unqueued(weight(&quest.method, &quest.payload));
            // Nobody waits any more for what had to wait for too long.
            let awaited = |sequence| self.waiting.contains(sequence);
            if self.input != Input::Open || quest.sequence.is_none_or(awaited) {
                self.output.frame(|out| quest.encode(out));
                self.deadlines.sent();
            }
        }
    }

    /// Asks whether the peer lives. Nobody waits for the answer: any byte is one.
    pub(super) fn send_probe(&mut self, method: Method) {
        self.sequence = following(self.sequence);
        let probe = Quest::two_way(self.sequence, method, Map::empty());
        self.output.frame(|out| probe.encode(out));
    }
}

/// The number of the quest after that with `sequence`: from 1 on, and never 0.
fn following(sequence: u32) -> u32 {
    sequence.checked_add(1).unwrap_or(1)
}
