//! The state machine of one connection.

mod deadlines;
mod messages;
mod quests;

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use self::deadlines::Deadlines;
use crate::transport::connection::Shared;
use crate::transport::handlers::Handlers;
use crate::transport::output::Output;
use crate::transport::stop::Stop;
use crate::transport::waiting::Waiting;
use crate::transport::websocket::Messages;
use crate::transport::{
    Clock, Closed, Connection, Keepalive, Limits, Order, Peer, Service, Stranger,
};
use crate::{Answer, Decoder, PrivateKey, Quest};

/// Bytes taken from the socket at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// Frames after which a connection lets others run.
const FRAMES_PER_TURN: usize = 256;
/// What a chunk counts, in frames: input without a whole frame is work too.
const FRAMES_PER_CHUNK: usize = 8;

/// What connections of one listener, or of one client, have in common.
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) key: Option<Arc<PrivateKey>>,
    pub(super) keepalive: Option<Keepalive>,
    /// What probes are timed from.
    pub(super) born: Instant,
}

/// Drives a connection from its first byte to its last handler.
pub(super) struct Driver<S: Service, IO> {
    /// Absent once nothing can be read or written any more.
    socket: Option<IO>,
    service: Arc<S>,
    peer: Arc<Peer<S::State>>,
    settings: Arc<Settings>,
    /// Takes the messages of a WebSocket apart, if it is one.
    messages: Option<Box<Messages>>,
    decoder: Decoder,
    output: Output,
    handlers: Handlers,
    usual_answer: UsualAnswer,
    /// A quest that has to wait for handlers before it.
    stalled: Option<(Quest, Order)>,
    input: Input,
    /// Whether a whole frame was received.
    begun: bool,
    /// Bytes received since the peer is a stranger.
    strange_bytes: usize,
    /// Quests of ours without an answer.
    waiting: Waiting,
    /// Quests of ours that `output` has no room for yet.
    queued: VecDeque<Quest>,
    sequence: u32,
    deadlines: Deadlines,
    stop: Option<Stop>,
    /// Why it ends; the first reason counts.
    why: Option<Closed>,
    /// Whether our half of the socket was shut.
    shut: bool,
    over: bool,
}

/// About how many bytes the larger ones of the latest answers had.
#[derive(Default)]
struct UsualAnswer(usize);

impl UsualAnswer {
    fn note(&mut self, answer: &Answer) {
        let bytes = answer.as_ref().map_or(0, bytes::Bytes::len);
        self.0 = bytes.max(self.0 - self.0.div_ceil(8));
    }
}

/// Where input comes from, and what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    /// It is read and handled.
    Open,
    /// There is no more; what came in whole is handled.
    Rest,
    /// No more is read; what came in whole is refused.
    Refused,
    /// Nothing is looked at any more.
    Dropped,
}

/// Where cutting frames came to a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// No whole frame is left.
    Hungry,
    /// A frame may be left, but something must be written or answered first.
    Blocked,
    /// Others shall run.
    Tired,
}

/// How far the end of a connection has come.
enum End {
    NotYet,
    /// A step was made; there is more to do.
    Nearer,
    Reached,
}

impl<S: Service, IO: AsyncRead + AsyncWrite + Unpin> Driver<S, IO> {
    pub(super) fn new(
        socket: IO,
        connection: Connection,
        service: Arc<S>,
        settings: Arc<Settings>,
        stop: Option<CancellationToken>,
    ) -> Self {
        let shared = Arc::clone(connection.shared());
        let state = service.connected(&connection);
        let websocket = connection.is_websocket();
        Self {
            socket: Some(socket),
            decoder: Decoder::new(settings.limits.max_frame_bytes),
            messages: websocket.then(Box::default),
            output: Output::new(websocket),
            handlers: Handlers::new(Arc::clone(&shared), settings.limits.max_in_flight),
            usual_answer: UsualAnswer::default(),
            stalled: None,
            input: Input::Open,
            begun: false,
            strange_bytes: 0,
            waiting: Waiting::default(),
            queued: VecDeque::new(),
            sequence: 0,
            deadlines: Deadlines::new(Instant::now()),
            stop: stop.map(|token| Stop::new(token, shared)),
            why: None,
            shut: false,
            over: false,
            peer: Arc::new(Peer { connection, state }),
            service,
            settings,
        }
    }

    /// The connection was there since `then`, and `bytes` of it were read already.
    pub(super) fn began(&mut self, then: Instant, bytes: &[u8]) {
        self.deadlines.began(then);
        self.feed(bytes);
    }

    fn turn(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.shared().register(context.waker());
        self.deadlines.now = Instant::now();
        let mut budget = FRAMES_PER_TURN;
        loop {
            if self.stop.as_mut().is_some_and(Stop::poll) {
                self.stop = None;
                self.close(Closed::Stopping);
            }
            self.answer_finished();
            self.take_orders();
            let cut = self.cut(&mut budget);
            self.lay_out_queued();
            self.write(context);
            if cut == Cut::Tired {
                // Whoever keeps us busy does not escape his deadlines by that.
                self.act_on_overdue();
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.has_room_again(cut) || self.read(context, cut, &mut budget) {
                continue;
            }
            match self.wind_up(context, cut) {
                End::Reached => {
                    self.end();
                    return Poll::Ready(());
                }
                End::Nearer => continue,
                End::NotYet => {}
            }
            self.release();
            let Poll::Ready(due) = self.poll_due(context, cut) else {
                return Poll::Pending;
            };
            self.act(due);
        }
    }

    /// Whether writing made room for what had to wait for it.
    fn has_room_again(&self, cut: Cut) -> bool {
        let frames = cut == Cut::Blocked && self.stalled.is_none() && self.may_begin();
        frames || (!self.queued.is_empty() && self.output_has_room())
    }

    /// Whether a further quest may begin: its answer, like those of the handlers that run, will have to
    /// be held until the peer takes it.
    fn may_begin(&self) -> bool {
        let running = self.handlers.running();
        let held = running.saturating_mul(self.usual_answer.0);
        let most = self.settings.limits.max_unsent_bytes.saturating_mul(8);
        self.output_has_room() && !self.handlers.is_full() && (running == 0 || held < most)
    }

    /// The bounds of a stranger, while the peer is one.
    fn stranger(&self) -> Option<Stranger> {
        let stranger = self.settings.limits.stranger;
        stranger.filter(|_| !self.peer.connection.is_trusted())
    }

    /// Counts what a stranger sends.
    fn watch_stranger(&mut self, bytes: usize) {
        let Some(stranger) = self.stranger() else {
            self.strange_bytes = 0;
            return;
        };
        self.strange_bytes = self.strange_bytes.saturating_add(bytes);
        if self.strange_bytes > stranger.max_bytes {
            self.fail(Closed::Stranger);
        }
    }

    /// Bytes that a received frame may have for now.
    fn max_frame_bytes(&self) -> usize {
        let most = self.settings.limits.max_frame_bytes;
        self.stranger()
            .map_or(most, |stranger| most.min(stranger.max_frame_bytes))
    }

    fn output_has_room(&self) -> bool {
        self.output.unsent() < self.settings.limits.max_unsent_bytes.max(1)
    }

    /// Reads a chunk. Returns whether there is something new to look at.
    fn read(&mut self, context: &mut Context<'_>, cut: Cut, budget: &mut usize) -> bool {
        let open = self.input == Input::Open;
        let wanted = if open {
            cut == Cut::Hungry && self.output_has_room()
        } else {
            self.shut
        };
        let Some(socket) = self.socket.as_mut().filter(|_| wanted) else {
            return false;
        };
        let mut chunk = [const { MaybeUninit::uninit() }; CHUNK_BYTES];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        match Pin::new(socket).poll_read(context, &mut chunk) {
            Poll::Pending => return false,
            Poll::Ready(Err(error)) => self.lose(error),
            Poll::Ready(Ok(())) if chunk.filled().is_empty() => self.reached_end(),
            Poll::Ready(Ok(())) => {
                *budget = budget.saturating_sub(FRAMES_PER_CHUNK);
                if open {
                    self.deadlines.heard();
                    self.feed(chunk.filled());
                    self.watch_stranger(chunk.filled().len());
                }
            }
        }
        true
    }

    fn write(&mut self, context: &mut Context<'_>) {
        let Some(socket) = &mut self.socket else {
            self.output.discard();
            return;
        };
        if self.output.is_busy() {
            let mut progress = false;
            match self.output.poll_write(context, socket, &mut progress) {
                Poll::Ready(Ok(())) => self.deadlines.written(),
                Poll::Ready(Err(error)) => self.lose(error),
                Poll::Pending => self.deadlines.write_blocked(progress),
            }
        }
        if self.input == Input::Dropped {
            // What could be written at once was.
            self.socket = None;
            self.output.discard();
        }
    }

    /// The peer sends no more.
    fn reached_end(&mut self) {
        if self.input == Input::Open {
            self.input = Input::Rest;
            self.why.get_or_insert(Closed::ByPeer);
            self.hear_no_more();
        } else {
            self.socket = None;
        }
    }

    /// The socket is gone. What was received still takes effect.
    fn lose(&mut self, error: io::Error) {
        self.socket = None;
        self.output.discard();
        self.why.get_or_insert(Closed::Lost(error));
        if self.input == Input::Open {
            self.input = Input::Rest;
            self.hear_no_more();
        }
    }

    /// Ends the connection as if by a full stop: what runs is answered, nothing new is begun.
    fn close(&mut self, why: Closed) {
        if self.input == Input::Open {
            self.input = Input::Refused;
            self.why.get_or_insert(why);
            self.hear_no_more();
        }
    }

    /// Ends the connection at once, but for handlers that run.
    fn fail(&mut self, why: Closed) {
        self.why.get_or_insert(why);
        self.send_close();
        self.input = Input::Dropped;
        self.stalled = None;
        self.queued.clear();
        self.decoder = Decoder::new(self.settings.limits.max_frame_bytes);
        self.hear_no_more();
    }

    /// No answer to a quest of ours will come.
    fn hear_no_more(&mut self) {
        self.stop = None;
        self.waiting.fail();
        self.shared().refuse();
    }

    /// Goes towards the end once nothing is left to be handled or written.
    fn wind_up(&mut self, context: &mut Context<'_>, cut: Cut) -> End {
        let busy = self.input == Input::Open
            || cut != Cut::Hungry
            || self.handlers.running() > 0
            || !self.queued.is_empty()
            || self.output.is_busy();
        if busy {
            return End::NotYet;
        }
        if self.socket.is_none() {
            return End::Reached;
        }
        if self.shut {
            return End::NotYet;
        }
        if self.send_close() {
            return End::Nearer;
        }
        let Some(socket) = &mut self.socket else {
            return End::Reached;
        };
        if Pin::new(socket).poll_shutdown(context).is_pending() {
            self.deadlines.write_blocked(false);
            return End::NotYet;
        }
        self.shut = true;
        self.deadlines.written();
        if self.input == Input::Rest {
            self.socket = None;
        } else {
            // Bytes that arrive at a closed socket reset the connection, and a reset may overtake
            // the last answers. So let the peer close first.
            self.deadlines.linger();
        }
        End::Nearer
    }

    /// Gives memory back: most connections are silent most of the time.
    fn release(&mut self) {
        self.output.release();
        self.waiting.release();
        self.handlers.release();
        if let Some(messages) = &mut self.messages {
            messages.release();
        }
        if self.queued.is_empty() {
            self.queued = VecDeque::new();
        }
    }
}

impl<S: Service, IO> Driver<S, IO> {
    fn shared(&self) -> &Arc<Shared> {
        self.peer.connection.shared()
    }

    fn end(&mut self) {
        self.over = true;
        self.socket = None;
        self.waiting.fail();
        let why = Arc::new(self.why.take().unwrap_or(Closed::ByUs));
        self.shared().finish(Arc::clone(&why));
        let address = self.peer.connection.address();
        match *why {
            Closed::SlowReader | Closed::SlowSender | Closed::Dead => {
                info!(client.address = %address, "Connection of {address} ended: {why}");
            }
            _ => debug!(client.address = %address, "Connection of {address} ended: {why}"),
        }
        self.service.disconnected(&self.peer, &why);
    }
}

impl<S: Service, IO: AsyncRead + AsyncWrite + Unpin> Future for Driver<S, IO> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.get_mut().turn(context)
    }
}

impl<S: Service, IO> Drop for Driver<S, IO> {
    fn drop(&mut self) {
        // The runtime went away under it: whoever waits for an answer must hear of it all the same.
        if !self.over {
            self.end();
        }
    }
}
