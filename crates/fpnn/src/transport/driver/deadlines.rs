//! What a connection may take how long for.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep};

use crate::transport::driver::{Cut, Driver, Input};
use crate::transport::{Closed, Keepalive, Service};

/// Regular probes are sent at multiples of this.
const PROBE_GRID: Duration = Duration::from_millis(100);
/// How long a peer may take to close its side after we closed ours.
const LINGER: Duration = Duration::from_secs(1);

/// Moments from which the deadlines of a connection count, and the one timer for all of them.
pub(super) struct Deadlines {
    /// When this turn began.
    pub(super) now: Instant,
    /// The peer has been a stranger since, if strangers are told apart and it is one.
    strange: Instant,
    /// The peer has been none since.
    trusted: Option<Instant>,
    /// A package was received or written.
    package: Instant,
    heard: Instant,
    /// Nothing was read for a while, although there may have been something.
    deaf: bool,
    /// A frame has been incomplete since.
    partial: Option<Instant>,
    /// The socket has taken nothing since.
    blocked: Option<Instant>,
    probed: Instant,
    /// When a handle wants the connection to be closed.
    pub(super) close_at: Option<Instant>,
    linger: Option<Instant>,
    /// Armed at or before the next deadline, or run out.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// What a deadline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Idle,
    Stranger,
    SlowSender,
    SlowReader,
    Answers,
    Dead,
    Probe,
    Close,
    Linger,
}

impl Deadlines {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now,
            strange: now,
            trusted: None,
            package: now,
            heard: now,
            deaf: false,
            partial: None,
            blocked: None,
            probed: now,
            close_at: None,
            linger: None,
            alarm: None,
        }
    }

    /// The connection was there since `then`.
    pub(super) fn began(&mut self, then: Instant) {
        self.strange = then;
    }

    /// A whole frame was received.
    pub(super) fn received(&mut self) {
        self.package = self.now;
        self.partial = None;
    }

    /// A handler finished, or a frame was laid out for writing.
    pub(super) fn sent(&mut self) {
        self.package = self.now;
    }

    /// Bytes were received.
    pub(super) fn heard(&mut self) {
        self.heard = self.now;
    }

    /// Everything was written.
    pub(super) fn written(&mut self) {
        self.blocked = None;
    }

    /// The socket takes no more for now.
    pub(super) fn write_blocked(&mut self, progress: bool) {
        if progress || self.blocked.is_none() {
            self.blocked = Some(self.now);
        }
    }

    pub(super) fn linger(&mut self) {
        self.linger = Some(self.now + LINGER);
    }
}

impl<S: Service, IO: AsyncRead + AsyncWrite + Unpin> Driver<S, IO> {
    /// The next thing that is due, or `Pending` with the timer set.
    pub(super) fn poll_due(&mut self, context: &mut Context<'_>, cut: Cut) -> Poll<Due> {
        self.watch_trust();
        let reading = self.input == Input::Open && cut == Cut::Hungry && self.output_has_room();
        self.watch_partial(reading);
        let Some((at, due)) = self.next_due(reading) else {
            return Poll::Pending;
        };
        let times = &mut self.deadlines;
        if at <= times.now {
            return Poll::Ready(due);
        }
        let alarm = times
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if alarm.deadline() > at {
            alarm.as_mut().reset(at);
        }
        while alarm.as_mut().poll(context).is_ready() {
            times.now = Instant::now();
            if at <= times.now {
                return Poll::Ready(due);
            }
            // It was set for something that no longer matters.
            alarm.as_mut().reset(at);
        }
        Poll::Pending
    }

    /// Does what is due already, while there is no time to wait for the rest.
    pub(super) fn act_on_overdue(&mut self) {
        self.watch_trust();
        let now = self.deadlines.now;
        if let Some((_, due)) = self.next_due(false).filter(|(at, _)| *at <= now) {
            self.act(due);
        }
    }

    /// Notes when the peer begins to be trusted and when it ends.
    fn watch_trust(&mut self) {
        let trusted = self.stranger().is_none();
        let times = &mut self.deadlines;
        if !trusted && times.trusted.take().is_some() {
            times.strange = times.now;
        } else if trusted && times.trusted.is_none() {
            times.trusted = Some(times.now);
        }
    }

    /// A peer answers for an incomplete frame, and for silence, only while we read.
    fn watch_partial(&mut self, reading: bool) {
        let incomplete = self.decoder.buffered() > 0 || self.is_in_message();
        let times = &mut self.deadlines;
        if !reading || !incomplete {
            times.partial = None;
        } else if times.partial.is_none() {
            times.partial = Some(times.now);
        }
        if !reading {
            times.deaf = true;
        } else if std::mem::take(&mut times.deaf) {
            times.heard = times.now;
        }
    }

    fn next_due(&self, reading: bool) -> Option<(Instant, Due)> {
        let (times, limits) = (&self.deadlines, &self.settings.limits);
        let open = self.input == Input::Open && self.socket.is_some();
        let idle = limits
            .idle_timeout
            .filter(|_| self.keepalive().is_none())
            .filter(|_| open && self.stalled.is_none() && self.handlers.running() == 0)
            .and_then(|timeout| times.package.checked_add(timeout));
        let stranger = self
            .stranger()
            .filter(|_| open && self.handlers.running() == 0)
            .and_then(|stranger| times.strange.checked_add(stranger.within));
        let partial = times
            .partial
            .and_then(|since| since.checked_add(limits.frame_timeout));
        let blocked = times
            .blocked
            .and_then(|since| since.checked_add(limits.write_timeout));
        let keepalive = self.keepalive().filter(|_| open);
        let keepalive = keepalive.zip(times.trusted);
        let dead = keepalive
            .filter(|_| reading)
            .and_then(|(keepalive, since)| times.heard.max(since).checked_add(keepalive.silence));
        let probe = keepalive.and_then(|_| self.next_probe());
        [
            (idle, Due::Idle),
            (stranger, Due::Stranger),
            (partial, Due::SlowSender),
            (blocked, Due::SlowReader),
            (self.waiting.deadline(), Due::Answers),
            (dead, Due::Dead),
            (probe, Due::Probe),
            (times.close_at.filter(|_| open), Due::Close),
            (times.linger, Due::Linger),
        ]
        .into_iter()
        .filter_map(|(at, due)| Some((at?, due)))
        .min_by_key(|(at, _)| *at)
    }

    /// How the peer is probed, if it is.
    fn keepalive(&self) -> Option<&Keepalive> {
        let keepalive = self.settings.keepalive.as_ref();
        keepalive.filter(|keepalive| !keepalive.on_request || self.shared().wants_probes())
    }

    /// When the next probe is to be sent, where the peer is trusted.
    fn next_probe(&self) -> Option<Instant> {
        let times = &self.deadlines;
        let (keepalive, since) = self.keepalive().zip(times.trusted)?;
        if !keepalive.always {
            let last = since.max(times.heard).max(times.probed);
            return last.checked_add(keepalive.every);
        }
        if times.probed > since {
            return times.probed.checked_add(keepalive.every);
        }
        let wait = keepalive.every.mul_f64(self.first_probe());
        Some(self.on_grid(since.checked_add(wait)?))
    }

    /// When the first of regular probes is sent, as a part of their interval: half of it to all of it, so
    /// that peers who came at the same time are not probed at the same time.
    fn first_probe(&self) -> f64 {
        let place = self.peer.connection.address().port() % 64;
        1.0 - f64::from(place) / 128.0
    }

    /// `at`, or a little later: regular probes of all connections leave at common moments, since each wake-up
    /// of an idle processor costs more than the probe.
    fn on_grid(&self, at: Instant) -> Instant {
        let age = at.saturating_duration_since(self.settings.born);
        let beyond = age.as_millis() % PROBE_GRID.as_millis();
        let beyond = Duration::from_millis(u64::try_from(beyond).unwrap_or(0));
        if beyond.is_zero() {
            return at;
        }
        at + PROBE_GRID.saturating_sub(beyond)
    }

    pub(super) fn act(&mut self, due: Due) {
        match due {
            Due::Idle => self.fail(Closed::Idle),
            Due::Stranger => self.fail(Closed::Stranger),
            Due::SlowSender => self.fail(Closed::SlowSender),
            Due::SlowReader => self.fail(Closed::SlowReader),
            Due::Answers => self.waiting.expire(self.deadlines.now),
            Due::Dead => self.fail(Closed::Dead),
            Due::Probe => self.probe(),
            Due::Close => self.close(Closed::ByUs),
            Due::Linger => {
                self.deadlines.linger = None;
                self.socket = None;
            }
        }
    }

    fn probe(&mut self) {
        let Some(keepalive) = self.keepalive() else {
            return;
        };
        let (now, method) = (self.deadlines.now, keepalive.method.clone());
        // Regular ones keep their pace however late this one is, unless it is later than the next.
        let due = self.next_probe().filter(|due| now < *due + keepalive.every);
        self.deadlines.probed = due.filter(|_| keepalive.always).unwrap_or(now);
        self.send_probe(method);
    }
}
