use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;
use halloo_core::ports::Clock as _;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Parameters, Project, Wire, read};
use crate::ManualClock;

/// A back end: one connection of one project.
pub struct Caller<IO = TcpStream> {
    /// The connection.
    pub wire: Wire<IO>,
    /// What signs.
    pub project: Project,
    clock: Arc<ManualClock>,
    salt: i64,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Caller<IO> {
    /// A caller over a connection that is there, who signs with the time of `clock`.
    pub fn over(wire: Wire<IO>, project: Project, clock: Arc<ManualClock>) -> Self {
        Self {
            wire,
            project,
            clock,
            salt: 0,
        }
    }

    /// The clock of the server in seconds.
    pub fn seconds(&self) -> i64 {
        self.clock.now().0.div_euclid(1000)
    }

    /// The payload of a signed quest.
    pub fn payload(&mut self, method: &str, params: impl Parameters) -> Bytes {
        self.salt += 1;
        let proof = (self.salt, Some(self.seconds()));
        self.project.signed(method, params, proof).finish()
    }

    /// Lays out a quest. Returns its number.
    pub fn ask(&mut self, method: &str, params: impl Parameters) -> u32 {
        let payload = self.payload(method, params);
        self.wire.ask(method, payload)
    }

    /// Lays out a quest that wants no answer.
    pub fn tell(&mut self, method: &str, params: impl Parameters) {
        let payload = self.payload(method, params);
        self.wire.tell(method, payload);
    }

    /// What the quest with this number is answered.
    /// # Errors
    /// The code of a refusal.
    pub async fn answer(&mut self, sequence: u32) -> Result<Value, u32> {
        match self.wire.answer(sequence).await {
            Ok(payload) => Ok(read(&payload)),
            Err(refusal) => {
                assert!(!refusal.text.is_empty(), "a refusal says why");
                Err(refusal.code)
            }
        }
    }

    /// Asks and waits for the answer.
    /// # Errors
    /// The code of a refusal.
    pub async fn call(&mut self, method: &str, params: impl Parameters) -> Result<Value, u32> {
        let sequence = self.ask(method, params);
        self.answer(sequence).await
    }

    /// Asks for a change, which is answered by nothing.
    #[track_caller]
    pub fn done(&mut self, method: &str, params: impl Parameters) -> impl Future<Output = ()> {
        let (sequence, at) = (self.ask(method, params), Location::caller());
        let method = method.to_owned();
        async move {
            let answer = self.answer(sequence).await;
            assert_eq!(answer, Ok(json!({})), "{method} at {at}");
        }
    }

    /// Asks for one field.
    #[track_caller]
    pub fn field(
        &mut self,
        method: &str,
        params: impl Parameters,
        field: &str,
    ) -> impl Future<Output = Value> {
        let (sequence, at) = (self.ask(method, params), Location::caller());
        let (method, field) = (method.to_owned(), field.to_owned());
        async move {
            let answer = self.answer(sequence).await;
            let found = answer.as_ref().ok().and_then(|answer| answer.get(&field));
            found
                .unwrap_or_else(|| panic!("{method} at {at}: no {field} in {answer:?}"))
                .clone()
        }
    }

    /// Asks for one yes or no.
    #[track_caller]
    pub fn holds(&mut self, method: &str, params: impl Parameters) -> impl Future<Output = bool> {
        let answer = self.field(method, params, "ok");
        async move { answer.await.as_bool().expect("true or false") }
    }
}
