//! The client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use halloo_fpnn::{Fields, Map};

use crate::call::Read;
use crate::link::Link;
use crate::sign::Signer;
use crate::{Builder, Call, QuestError};

/// A client of one project at one server gate. Cheap to clone; all clones use one connection. When
/// the last of them and of their calls is gone, the connection is closed.
#[derive(Clone)]
pub struct RtmServerClient {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) link: Arc<Link>,
    pub(crate) signer: Signer,
    pub(crate) quest_timeout: Duration,
}

/// Says the project, never its secret.
impl fmt::Debug for RtmServerClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RtmServerClient({})", self.pid())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.link.close();
    }
}

impl RtmServerClient {
    /// A client of project `pid` with its `secret` for the server gate at `endpoint`, `host:port`.
    /// Nothing is connected before the first call. See [`Builder`] for everything that can be set.
    pub fn new(pid: i32, secret: &str, endpoint: &str) -> Self {
        Self::builder(pid, secret, endpoint).build()
    }

    /// A client to be set up.
    pub fn builder(pid: i32, secret: &str, endpoint: &str) -> Builder {
        Builder::new(pid, secret, endpoint)
    }

    pub(crate) fn from_parts(link: Arc<Link>, signer: Signer, quest_timeout: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                link,
                signer,
                quest_timeout,
            }),
        }
    }

    /// The project.
    pub fn pid(&self) -> i32 {
        self.inner.signer.pid()
    }

    /// Closes the connection for good, for every clone. Calls without an answer fail with 20002,
    /// and so does every call from here on.
    pub fn close(&self) {
        self.inner.link.close();
    }

    /// Any quest by its wire name, signed: for what has no function here. `parameters` lack pid,
    /// sign, salt and ts, which are added. Gives the payload of the answer; see [`Fields`].
    pub fn quest(&self, method: &str, parameters: Map) -> Call<Bytes> {
        let read = Read::Payload(|payload| payload);
        Call::new(&self.inner, method, parameters, read)
    }

    /// A quest whose answer `read` takes apart.
    pub(crate) fn call<T>(
        &self,
        method: &'static str,
        parameters: Map,
        read: fn(&Fields<'_>) -> Result<T, QuestError>,
    ) -> Call<T> {
        Call::new(&self.inner, method, parameters, Read::Fields(read))
    }
}
