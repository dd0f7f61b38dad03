//! The handlers of a connection that have not answered yet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tracing::error;

use crate::transport::connection::Shared;
use crate::transport::{Order, Reply};
use crate::{Answer, Method, Refusal, ReplyTo, codes};

/// Slots whose memory an idle connection keeps.
const KEPT_SLOTS: usize = 8;

/// What a started handler came to.
pub(super) enum Begun {
    /// It answered already.
    Answered(Option<ReplyTo>, Answer),
    /// It goes on by itself.
    Running,
    /// The connection is to be closed.
    Close,
}

/// Runs handlers, each in a slot with a waker of its own, so that a wake-up costs one poll and a
/// quest costs no task. Slots and their wakers are used again.
pub(super) struct Handlers {
    slots: Vec<Slot>,
    free: Vec<usize>,
    woken: Option<Arc<Woken>>,
    connection: Arc<Shared>,
    most: usize,
    reads: usize,
    writes: usize,
    appends: usize,
    alone: usize,
}

struct Slot {
    handler: Option<Handler>,
    waker: Waker,
}

struct Handler {
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
    reply_to: Option<ReplyTo>,
    method: Method,
    order: Order,
}

/// One bit per slot that was woken.
struct Woken {
    words: Box<[AtomicU64]>,
    connection: Arc<Shared>,
}

struct SlotWaker {
    slot: usize,
    woken: Arc<Woken>,
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let bit = 1 << (self.slot % 64);
        if let Some(word) = self.woken.words.get(self.slot / 64)
            && word.fetch_or(bit, Ordering::AcqRel) & bit == 0
        {
            self.woken.connection.wake();
        }
    }
}

impl Handlers {
    pub(super) fn new(connection: Arc<Shared>, most: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            woken: None,
            connection,
            most: most.max(1),
            reads: 0,
            writes: 0,
            appends: 0,
            alone: 0,
        }
    }

    pub(super) fn running(&self) -> usize {
        self.reads + self.writes + self.appends + self.alone
    }

    pub(super) fn is_full(&self) -> bool {
        self.running() >= self.most
    }

    /// Whether a quest of this order may begin now.
    pub(super) fn admits(&self, order: Order) -> bool {
        let alike = match order {
            Order::Read => self.reads,
            Order::Write => self.writes,
            Order::Append => self.appends,
            Order::Alone => 0,
        };
        self.running() == alike && !self.is_full()
    }

    /// Makes the call and polls its reply once.
    pub(super) fn begin(
        &mut self,
        method: Method,
        reply_to: Option<ReplyTo>,
        order: Order,
        call: impl FnOnce() -> Reply,
    ) -> Begun {
        let answer = match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Reply::Ready(answer)) => return Begun::Answered(reply_to, answer),
            Ok(Reply::Close) => return Begun::Close,
            Ok(Reply::Later(answer)) => answer,
            Err(_) => return Begun::Answered(reply_to, Err(panicked(&method))),
        };
        let index = self.vacancy();
        let mut handler = Handler {
            answer,
            reply_to,
            method,
            order,
        };
        let Some(slot) = self.slots.get_mut(index) else {
            return Begun::Close;
        };
        if let Poll::Ready(answer) = handler.poll(&slot.waker) {
            self.free.push(index);
            return Begun::Answered(handler.reply_to, answer);
        }
        slot.handler = Some(handler);
        *self.count(order) += 1;
        Begun::Running
    }

    /// Polls what was woken and gives every answer to `deliver`.
    pub(super) fn run(&mut self, mut deliver: impl FnMut(Option<ReplyTo>, Answer)) {
        let Some(woken) = self.woken.clone() else {
            return;
        };
        for (number, word) in woken.words.iter().enumerate() {
            if word.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::AcqRel);
            while bits != 0 {
                let index = number * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some((handler, answer)) = self.poll(index) {
                    *self.count(handler.order) -= 1;
                    self.free.push(index);
                    deliver(handler.reply_to, answer);
                }
            }
        }
    }

    fn poll(&mut self, index: usize) -> Option<(Handler, Answer)> {
        let slot = self.slots.get_mut(index)?;
        // A waker that outlived its handler wakes an empty slot, or the next handler for nothing.
        let handler = slot.handler.as_mut()?;
        match handler.poll(&slot.waker) {
            Poll::Ready(answer) => Some((slot.handler.take()?, answer)),
            Poll::Pending => None,
        }
    }

    fn count(&mut self, order: Order) -> &mut usize {
        match order {
            Order::Read => &mut self.reads,
            Order::Write => &mut self.writes,
            Order::Append => &mut self.appends,
            Order::Alone => &mut self.alone,
        }
    }

    fn vacancy(&mut self) -> usize {
        if let Some(index) = self.free.pop() {
            return index;
        }
        let woken = self.woken.get_or_insert_with(|| {
            let words = (0..self.most.div_ceil(64)).map(|_| AtomicU64::new(0));
            Arc::new(Woken {
                words: words.collect(),
                connection: Arc::clone(&self.connection),
            })
        });
        let index = self.slots.len();
        let waker = SlotWaker {
            slot: index,
            woken: Arc::clone(woken),
        };
        self.slots.push(Slot {
            handler: None,
            waker: Waker::from(Arc::new(waker)),
        });
        index
    }

    /// Gives memory back once nothing is running.
    pub(super) fn release(&mut self) {
        if self.running() == 0 && self.slots.len() > KEPT_SLOTS {
            self.slots = Vec::new();
            self.free = Vec::new();
            self.woken = None;
        }
    }
}

impl Handler {
    fn poll(&mut self, waker: &Waker) -> Poll<Answer> {
        let mut context = Context::from_waker(waker);
        // The cooperative budget is for the task as a whole. A write whose first poll were put off
        // because the quests before it used the budget up would be overtaken by the next.
        let mut answer = tokio::task::coop::unconstrained(self.answer.as_mut());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            Pin::new(&mut answer).poll(&mut context)
        }));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked(&self.method))))
    }
}

fn panicked(method: &Method) -> Refusal {
    error!(rtm.method = %method, "The handler of {method} panicked");
    Refusal::new(codes::CORE_UNKNOWN, "the quest failed unexpectedly")
}
