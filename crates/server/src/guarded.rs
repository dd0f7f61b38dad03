//! The stream under an HTTP connection: timeouts from the first byte on, and our envelope around the
//! errors that the HTTP parser answers by itself.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Bytes of a head that are looked at; the parser refuses a longer one before.
const MOST_HEAD: usize = 2 * 1024 * 1024;

/// How long a client may take for what. See `config.default.toml`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) write: Duration,
}

/// What the connection's service tells its stream, and the reverse. All of it happens in one task.
pub(crate) struct Exchange {
    /// Requests that the service was given.
    begun: AtomicU64,
    /// Requests that it answered.
    answered: AtomicU64,
    /// Which request, counted like `begun`, has a head with two lengths.
    ambiguous: AtomicU64,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        Self {
            begun: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            ambiguous: AtomicU64::new(u64::MAX),
        }
    }

    /// A request was read. Returns whether its length is ambiguous.
    pub(crate) fn begin(&self) -> bool {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        self.ambiguous.load(Ordering::Relaxed) == number
    }

    /// Its answer is there.
    pub(crate) fn end(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// Makes the body of a refusal.
pub(crate) type Refusal = Arc<dyn Fn(StatusCode) -> Vec<u8> + Send + Sync>;

/// What the stream is reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Nothing: waiting for the first byte of a request.
    Nothing,
    /// The head of a request.
    Head,
    /// The body; its time is limited where it is read.
    Body,
}

pub(crate) struct Guarded<S> {
    stream: S,
    timeouts: Timeouts,
    exchange: Arc<Exchange>,
    refusal: Refusal,
    reading: Reading,
    deadline: Instant,
    /// Armed at or after the deadline that was nearest when it was last looked at.
    alarm: Pin<Box<Sleep>>,
    /// What was read of the present head.
    head: Vec<u8>,
    /// The number of the present head among the requests of this connection.
    number: u64,
    /// Answers that were taken note of.
    answered: u64,
    write_alarm: Option<Pin<Box<Sleep>>>,
    /// An envelope that is being written in place of the parser's bare answer, and how much went out.
    replacement: Option<(Vec<u8>, usize)>,
}

impl<S> Guarded<S> {
    pub(crate) fn new(
        stream: S,
        timeouts: Timeouts,
        exchange: Arc<Exchange>,
        refusal: Refusal,
    ) -> Self {
        // A new connection has no longer for its first byte than a request has for its head.
        let deadline = Instant::now() + timeouts.head;
        Self {
            stream,
            timeouts,
            exchange,
            refusal,
            reading: Reading::Nothing,
            deadline,
            alarm: Box::pin(tokio::time::sleep_until(deadline)),
            head: Vec::new(),
            number: 0,
            answered: 0,
            write_alarm: None,
            replacement: None,
        }
    }

    /// Follows the exchange: a request that was read whole is being answered, or was.
    fn follow(&mut self) {
        let answered = self.exchange.answered.load(Ordering::Relaxed);
        if self.exchange.begun.load(Ordering::Relaxed) > answered {
            self.reading = Reading::Body;
        } else if self.answered != answered {
            // What came with the request before may be the beginning of the next.
            (self.reading, self.deadline) = if self.head.is_empty() {
                (Reading::Nothing, Instant::now() + self.timeouts.idle)
            } else {
                (Reading::Head, Instant::now() + self.timeouts.head)
            };
        }
        self.answered = answered;
    }

    /// Takes note of bytes outside a body.
    fn observe(&mut self, bytes: &[u8]) {
        if self.reading == Reading::Nothing {
            self.reading = Reading::Head;
            self.deadline = Instant::now() + self.timeouts.head;
            self.number = self.exchange.begun.load(Ordering::Relaxed);
            self.head.clear();
        }
        self.head.extend_from_slice(bytes);
        while let Some(end) = head_end(&self.head) {
            let head = self.head.get(..end).unwrap_or_default();
            let lengths = Lengths::of(head);
            if lengths.declared && lengths.encoded {
                self.exchange
                    .ambiguous
                    .store(self.number, Ordering::Relaxed);
            }
            if lengths.declared || lengths.encoded {
                // A body follows; where the next head begins, only the parser knows.
                self.head.clear();
                return;
            }
            self.head.drain(..end);
            self.number += 1;
        }
        if self.head.len() > MOST_HEAD {
            self.head.clear();
        }
    }

    /// Whether the present deadline has passed.
    fn expired(&mut self, context: &mut Context<'_>) -> bool {
        if self.reading == Reading::Body {
            return false;
        }
        if self.alarm.deadline() > self.deadline {
            self.alarm.as_mut().reset(self.deadline);
        }
        while self.alarm.as_mut().poll(context).is_ready() {
            if Instant::now() >= self.deadline {
                return true;
            }
            self.alarm.as_mut().reset(self.deadline);
        }
        false
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.follow();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                let fresh = buffer.filled().get(before..).unwrap_or_default();
                if this.reading != Reading::Body && !fresh.is_empty() {
                    this.observe(fresh);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending if this.expired(context) => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> Guarded<S> {
    fn poll_write_timed(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.write_alarm = None;
            return written;
        }
        let timeout = self.timeouts.write;
        let alarm = self
            .write_alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        if alarm.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.replacement.is_none() {
            match bare_refusal(bytes) {
                None => return this.poll_write_timed(context, bytes),
                Some(status) => {
                    this.replacement = Some((full_refusal(status, &(this.refusal)(status)), 0));
                }
            }
        }
        while let Some((envelope, mut out)) = this.replacement.take() {
            let rest = envelope.get(out..).unwrap_or_default();
            if rest.is_empty() {
                return Poll::Ready(Ok(bytes.len()));
            }
            let written = this.poll_write_timed(context, rest);
            if let Poll::Ready(Ok(count)) = &written {
                out += count;
            }
            this.replacement = Some((envelope, out));
            match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(_)) => {}
                other => return other,
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where the head at the beginning of `bytes` ends: behind an empty line, whose line feed may come
/// alone.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().enumerate().find_map(|(at, byte)| {
        let rest = bytes.get(at + 1..).filter(|_| *byte == b'\n')?;
        match rest {
            [b'\n', ..] => Some(at + 2),
            [b'\r', b'\n', ..] => Some(at + 3),
            _ => None,
        }
    })
}

/// How a head tells the length of its body. Both ways at once is ambiguous.
/// Source: Easemob REST 1.1.
#[derive(Default)]
struct Lengths {
    declared: bool,
    encoded: bool,
}

impl Lengths {
    fn of(head: &[u8]) -> Self {
        let mut lengths = Self::default();
        for line in head.split(|byte| *byte == b'\n') {
            if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T')) {
                continue;
            }
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            lengths.declared |= name.eq_ignore_ascii_case(b"content-length");
            lengths.encoded |= name.eq_ignore_ascii_case(b"transfer-encoding");
        }
        lengths
    }
}

/// The status of an answer that the parser gives by itself: it alone sends these without a body.
fn bare_refusal(bytes: &[u8]) -> Option<StatusCode> {
    let status = bytes
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| bytes.strip_prefix(b"HTTP/1.0 "))?;
    let status = StatusCode::from_bytes(status.get(..3)?).ok()?;
    let automatic = matches!(status.as_u16(), 400 | 414 | 431);
    (automatic && has_no_body(bytes)).then_some(status)
}

fn has_no_body(answer: &[u8]) -> bool {
    const EMPTY: &[u8] = b"content-length: 0\r\n";
    answer.windows(EMPTY.len()).any(|window| window == EMPTY)
}

fn full_refusal(status: StatusCode, body: &[u8]) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or("Refused");
    let mut answer = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/json;charset=UTF-8\r\n\
         access-control-allow-origin: *\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        status.as_u16(),
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lengths_are_seen_in_any_spelling() {
        let both = |fields: &str| {
            let lengths = Lengths::of(format!("POST / HTTP/1.1\r\n{fields}Host: x").as_bytes());
            lengths.declared && lengths.encoded
        };
        assert!(both("Content-Length: 3\r\nTRANSFER-ENCODING: chunked\r\n"));
        assert!(both("transfer-encoding: chunked\ncontent-length: 3\n"));
        assert!(!both("Content-Length: 3\r\n"));
        assert!(!both("Transfer-Encoding: chunked\r\n"));
    }

    #[test]
    fn a_head_ends_behind_its_empty_line() {
        assert_eq!(head_end(b"GET /\r\nA: b\r\n\r\nrest"), Some(15));
        assert_eq!(head_end(b"GET /\nA: b\n\nrest"), Some(12));
        assert_eq!(head_end(b"GET /\r\nA: b\r\n"), None);
    }

    #[test]
    fn only_the_parsers_own_answers_are_replaced() {
        let bare = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_refusal(bare), Some(StatusCode::BAD_REQUEST));
        assert_eq!(
            bare_refusal(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\n"),
            None
        );
        assert_eq!(
            bare_refusal(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"),
            None
        );
    }
}
