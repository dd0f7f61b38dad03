//! Hearing that the server stops.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::transport::connection::Shared;

/// The server's token, seen from one connection. All connections wait on the same token behind the
/// same lock, so it is asked only when it calls.
pub(super) struct Stop {
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    call: Arc<Call>,
    waker: Waker,
}

struct Call {
    called: AtomicBool,
    connection: Arc<Shared>,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.called.store(true, Ordering::Release);
        self.connection.wake();
    }
}

impl Stop {
    pub(super) fn new(token: CancellationToken, connection: Arc<Shared>) -> Self {
        let call = Arc::new(Call {
            called: AtomicBool::new(true),
            connection,
        });
        Self {
            cancelled: Box::pin(token.cancelled_owned()),
            waker: Waker::from(Arc::clone(&call)),
            call,
        }
    }

    /// Whether the server stops. To be asked in every turn of a connection.
    pub(super) fn poll(&mut self) -> bool {
        if !self.call.called.load(Ordering::Relaxed)
            || !self.call.called.swap(false, Ordering::AcqRel)
        {
            return false;
        }
        let mut context = Context::from_waker(&self.waker);
        self.cancelled.as_mut().poll(&mut context).is_ready()
    }
}
