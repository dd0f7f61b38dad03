//! What a connection may take how long for.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep};

use crate::transport::driver::{Cut, Driver, Input};
use crate::transport::{Closed, Service};

/// How long a peer may take to close its side after we closed ours.
const LINGER: Duration = Duration::from_secs(1);

/// Moments from which the deadlines of a connection count, and the one timer for all of them.
pub(super) struct Deadlines {
    /// When this turn began.
    pub(super) now: Instant,
    pub(super) connected: Instant,
    /// A package was received or written.
    package: Instant,
    heard: Instant,
    /// A frame has been incomplete since.
    partial: Option<Instant>,
    /// The socket has taken nothing since.
    blocked: Option<Instant>,
    probed: Instant,
    probes: u32,
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
    Probe,
    Linger,
}

impl Deadlines {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now,
            connected: now,
            package: now,
            heard: now,
            partial: None,
            blocked: None,
            probed: now,
            probes: 0,
            linger: None,
            alarm: None,
        }
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
        self.probes = 0;
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
        self.watch_partial(cut);
        let Some((at, due)) = self.next_due() else {
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

    /// A peer answers for an incomplete frame only while we read.
    fn watch_partial(&mut self, cut: Cut) {
        let reading = self.input == Input::Open && cut == Cut::Hungry && self.output_has_room();
        if !reading || self.decoder.buffered() == 0 {
            self.deadlines.partial = None;
        } else if self.deadlines.partial.is_none() {
            self.deadlines.partial = Some(self.deadlines.now);
        }
    }

    fn next_due(&self) -> Option<(Instant, Due)> {
        let (times, limits) = (&self.deadlines, &self.settings.limits);
        let open = self.input == Input::Open && self.socket.is_some();
        let idle = limits
            .idle_timeout
            .filter(|_| open && self.stalled.is_none() && self.handlers.running() == 0)
            .and_then(|timeout| times.package.checked_add(timeout));
        let stranger = self
            .stranger()
            .filter(|_| open)
            .and_then(|stranger| times.connected.checked_add(stranger.within));
        let partial = times
            .partial
            .and_then(|since| since.checked_add(limits.frame_timeout));
        let blocked = times
            .blocked
            .and_then(|since| since.checked_add(limits.write_timeout));
        let probe = self
            .settings
            .keepalive
            .filter(|_| open)
            .and_then(|keepalive| times.heard.max(times.probed).checked_add(keepalive.after));
        [
            (idle, Due::Idle),
            (stranger, Due::Stranger),
            (partial, Due::SlowSender),
            (blocked, Due::SlowReader),
            (self.waiting.deadline(), Due::Answers),
            (probe, Due::Probe),
            (times.linger, Due::Linger),
        ]
        .into_iter()
        .filter_map(|(at, due)| Some((at?, due)))
        .min_by_key(|(at, _)| *at)
    }

    pub(super) fn act(&mut self, due: Due) {
        match due {
            Due::Idle => self.fail(Closed::Idle),
            Due::Stranger => self.fail(Closed::Stranger),
            Due::SlowSender => self.fail(Closed::SlowSender),
            Due::SlowReader => self.fail(Closed::SlowReader),
            Due::Answers => self.waiting.expire(self.deadlines.now),
            Due::Probe => self.probe(),
            Due::Linger => {
                self.deadlines.linger = None;
                self.socket = None;
            }
        }
    }

    fn probe(&mut self) {
        let most = self
            .settings
            .keepalive
            .map_or(0, |keepalive| keepalive.probes);
        if self.deadlines.probes >= most {
            return self.fail(Closed::Dead);
        }
        self.deadlines.probes += 1;
        self.deadlines.probed = self.deadlines.now;
        self.send_probe();
    }
}
