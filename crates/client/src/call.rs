//! A call that was not made yet, and the three ways to make it.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::Thread;
use std::time::Duration;

use bytes::Bytes;
use halloo_fpnn::{Fields, Map, Method, codes};

use crate::QuestError;
use crate::callbacks::Callbacks;
use crate::client::Inner;
use crate::link::Sending;

/// A call that was not made yet. Await it, [`wait`](Self::wait) for it, or give it a
/// [`callback`](Self::callback); nothing is sent before.
#[must_use = "nothing is sent before it is awaited, waited for or given a callback"]
pub struct Call<T> {
    client: Arc<Inner>,
    method: Result<Method, QuestError>,
    parameters: Map,
    read: Read<T>,
    timeout: Duration,
}

/// How an answer becomes a result.
pub(crate) enum Read<T> {
    Fields(fn(&Fields<'_>) -> Result<T, QuestError>),
    Payload(fn(Bytes) -> T),
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Read<T> {}

impl<T> Read<T> {
    fn apply(self, payload: Bytes) -> Result<T, QuestError> {
        match self {
            Self::Fields(read) => read(&Fields::parse(&payload)?),
            Self::Payload(read) => Ok(read(payload)),
        }
    }
}

impl<T> Call<T> {
    pub(crate) fn new(client: &Arc<Inner>, method: &str, parameters: Map, read: Read<T>) -> Self {
        let method = Method::try_from(method.as_bytes());
        let invalid = |error: halloo_fpnn::MethodLength| {
            QuestError::new(codes::INVALID_METHOD, error.to_string())
        };
        Self {
            client: Arc::clone(client),
            method: method.map_err(invalid),
            parameters,
            read,
            timeout: Duration::ZERO,
        }
    }

    /// Gives the answer another time than the client's default, which zero stands for. It counts
    /// from the moment at which the call is made, connecting included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the call and blocks this thread until the answer is there. In an async runtime this
    /// keeps the thread from its other work, but never from the answer, which comes through threads
    /// of the client.
    /// # Errors
    /// [`QuestError`].
    pub fn wait(self) -> Result<T, QuestError> {
        block_on(self.into_future())
    }

    /// Makes the call and returns. `callback` gets the result on the client's thread for callbacks,
    /// exactly once; it should not block for long, since others wait for that thread. When the last
    /// handle of the client goes away before the answer is there, the result is 20002.
    pub fn callback(self, callback: impl FnOnce(Result<T, QuestError>) + Send + 'static)
    where
        T: Send + 'static,
    {
        let link = Arc::clone(&self.client.link);
        let callbacks = match link.callbacks() {
            Ok(callbacks) => callbacks,
            Err(error) => {
                let text = format!("no thread for callbacks: {error}");
                return callback(Err(QuestError::new(codes::INVALID_CONNECTION, text)));
            }
        };
        let (read, sending) = (self.read, self.send());
        let pending = Pending {
            callback: Some(Box::new(move |answer| {
                callback(answer.and_then(|payload| read.apply(payload)));
            })),
            callbacks,
        };
        match sending {
            Sending::Failed(error) => pending.finish(Err(error)),
            sending => link.spawn(async move { pending.finish(sending.await) }),
        }
    }

    fn send(self) -> Sending {
        let method = match self.method {
            Ok(method) => method,
            Err(error) => return Sending::Failed(error),
        };
        let payload = self.client.signer.sign(&method.as_str(), self.parameters);
        let timeout = match self.timeout {
            Duration::ZERO => self.client.quest_timeout,
            timeout => timeout,
        };
        self.client.link.send(method, payload, timeout)
    }
}

impl<T> IntoFuture for Call<T> {
    type Output = Result<T, QuestError>;
    type IntoFuture = Answering<T>;

    /// Makes the call.
    fn into_future(self) -> Answering<T> {
        Answering {
            _client: Arc::clone(&self.client),
            read: self.read,
            sending: self.send(),
        }
    }
}

/// A call that was made. Needs no particular executor. Dropping it drops the answer, not the call.
/// The client lives at least until the answer is there.
#[must_use = "the answer is lost unless it is awaited"]
pub struct Answering<T> {
    sending: Sending,
    read: Read<T>,
    _client: Arc<Inner>,
}

impl<T> Future for Answering<T> {
    type Output = Result<T, QuestError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.sending).poll(context));
        Poll::Ready(answer.and_then(|payload| self.read.apply(payload)))
    }
}

/// Turns the payload of an answer into a result and hands it over.
type Callback = Box<dyn FnOnce(Result<Bytes, QuestError>) + Send>;

/// A callback that is owed its result, even by a thread that ends.
struct Pending {
    callback: Option<Callback>,
    callbacks: Callbacks,
}

impl Pending {
    fn finish(mut self, answer: Result<Bytes, QuestError>) {
        self.run(answer);
    }

    fn run(&mut self, answer: Result<Bytes, QuestError>) {
        if let Some(callback) = self.callback.take() {
            self.callbacks.run(move || callback(answer));
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.run(Err(QuestError::closed()));
    }
}

/// Polls a future that needs no runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
