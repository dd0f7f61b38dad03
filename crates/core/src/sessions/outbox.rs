use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::CloseReason;

/// The queue towards one session's socket, bounded in bytes. A reader that can not keep up is closed
/// with [`CloseReason::SlowReader`]; nothing grows without limit and nothing is dropped in silence.
#[derive(Debug)]
pub struct Outbox {
    capacity: usize,
    /// Never held across an await, and no other lock is taken under it.
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    closed: Option<CloseReason>,
}

/// What the socket is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxEvent {
    /// Write this.
    Frame(Bytes),
    /// Tell the client why, then close. Everything queued before it was handed out.
    Closed(CloseReason),
}

impl Outbox {
    /// An empty queue that holds up to `capacity` bytes.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Queues a frame. `false` when the session is closed, be it by this very frame.
    pub fn push(&self, frame: Bytes) -> bool {
        let mut state = self.lock();
        if state.closed.is_some() {
            return false;
        }
        if state.bytes.saturating_add(frame.len()) > self.capacity {
            tracing::info!("A session is cut off: {}", CloseReason::SlowReader);
            // What is queued will hardly be read; the reader finds it in the log when it returns.
            *state = State {
                closed: Some(CloseReason::SlowReader),
                ..State::default()
            };
        } else {
            state.bytes += frame.len();
            state.frames.push_back(frame);
        }
        let open = state.closed.is_none();
        drop(state);
        self.changed.notify_one();
        open
    }

    /// Ends the session. The first reason stays.
    pub fn close(&self, reason: CloseReason) {
        self.lock().closed.get_or_insert(reason);
        self.changed.notify_one();
    }

    /// Why the session was closed, if it was.
    pub fn closed(&self) -> Option<CloseReason> {
        self.lock().closed
    }

    /// Waits for the next frame, or for the end. For one task at a time; dropping the future loses
    /// nothing.
    pub async fn next(&self) -> OutboxEvent {
        loop {
            let waiting = self.changed.notified();
            {
                let mut state = self.lock();
                if let Some(frame) = state.frames.pop_front() {
                    state.bytes -= frame.len();
                    return OutboxEvent::Frame(frame);
                }
                if let Some(reason) = state.closed {
                    return OutboxEvent::Closed(reason);
                }
            }
            waiting.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_in_order_and_the_close_comes_last() {
        let outbox = Outbox::new(10);
        assert!(outbox.push(Bytes::from_static(b"one")));
        assert!(outbox.push(Bytes::from_static(b"two")));
        outbox.close(CloseReason::Kicked);
        outbox.close(CloseReason::Banned);
        assert!(!outbox.push(Bytes::from_static(b"late")));
        assert_eq!(
            outbox.next().await,
            OutboxEvent::Frame(Bytes::from_static(b"one"))
        );
        assert_eq!(
            outbox.next().await,
            OutboxEvent::Frame(Bytes::from_static(b"two"))
        );
        assert_eq!(
            outbox.next().await,
            OutboxEvent::Closed(CloseReason::Kicked)
        );
    }

    #[tokio::test]
    async fn a_slow_reader_is_cut_off_at_the_byte_after_the_last() {
        let outbox = Outbox::new(4);
        assert!(outbox.push(Bytes::from_static(b"four")));
        assert_eq!(outbox.closed(), None);
        assert!(!outbox.push(Bytes::from_static(b"5")));
        assert_eq!(
            outbox.next().await,
            OutboxEvent::Closed(CloseReason::SlowReader)
        );
    }

    #[tokio::test]
    async fn a_waiting_socket_hears_of_the_close() {
        let outbox = std::sync::Arc::new(Outbox::new(4));
        let (event, ()) = tokio::join!(outbox.next(), async {
            outbox.close(CloseReason::ShuttingDown);
        });
        assert_eq!(event, OutboxEvent::Closed(CloseReason::ShuttingDown));
    }
}
