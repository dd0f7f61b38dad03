//! Clients that log in, stay, answer pings and say when they are kicked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::wire::{Heard, Transport, Wire};
use crate::load::Measured;

/// How long all logins together may take. Longer than a client would wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a kick may take to be heard of.
const KICK_PATIENCE: Duration = Duration::from_secs(5);

/// What a client shows.
#[derive(Clone)]
pub(crate) struct Login {
    /// Number of its user.
    pub(crate) user: u32,
    /// The quest that logs him in.
    pub(crate) quest: Vec<u8>,
}

/// Clients of one server. They are polled by whoever waits for anything on the thread of this; each
/// is a socket and a few hundred bytes.
pub(crate) struct Crowd {
    address: SocketAddr,
    transport: Transport,
    members: JoinSet<()>,
    known: Arc<Known>,
    kicked: UnboundedReceiver<Kicked>,
}

/// A user who was kicked, and when he heard of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kicked {
    pub(crate) user: u32,
    pub(crate) at: Instant,
}

/// What the members of a crowd tell it.
struct Known {
    pings: AtomicU64,
    lost: AtomicU64,
    kicked: UnboundedSender<Kicked>,
}

/// How a login ended, and when.
struct Ended {
    outcome: Result<Duration, String>,
    at: Instant,
}

impl Crowd {
    /// Nobody yet, at the client gate at `address`.
    pub(crate) fn new(address: SocketAddr, transport: Transport) -> Self {
        let (sender, kicked) = unbounded_channel();
        Self {
            address,
            transport,
            members: JoinSet::new(),
            known: Arc::new(Known {
                pings: AtomicU64::new(0),
                lost: AtomicU64::new(0),
                kicked: sender,
            }),
            kicked,
        }
    }

    /// Has everybody connect and log in at the same moment, and stay. Measured is each from connecting
    /// to the answer; the window is until the last one is answered.
    /// # Errors
    /// When time can not be measured.
    pub(crate) async fn log_in(&mut self, logins: Vec<Login>) -> Result<Measured> {
        let (tell, mut told) = unbounded_channel();
        let mut left = logins.len();
        let wrapped = logins.into_iter().map(|login| Login {
            quest: self.transport.wrap(&login.quest),
            ..login
        });
        let wrapped: Vec<_> = wrapped.collect();
        let begun = Instant::now();
        for login in wrapped {
            let known = Arc::clone(&self.known);
            self.members.spawn(attend(
                known,
                self.address,
                self.transport,
                login,
                tell.clone(),
            ));
        }
        drop(tell);
        let mut measured = Measured::new(Duration::ZERO)?;
        let mut last = begun;
        let listen = async {
            while let Some(Ended { outcome, at }) = told.recv().await {
                left -= 1;
                last = last.max(at);
                match outcome {
                    Ok(latency) => measured.succeed(latency, true),
                    Err(why) => measured.fail(|| why),
                }
            }
        };
        if tokio::time::timeout(PATIENCE, listen).await.is_err() {
            last = Instant::now();
            for _ in 0..left {
                measured.fail(|| format!("{left} had no answer within {PATIENCE:?}"));
            }
        }
        measured.window = last - begun;
        Ok(measured)
    }

    /// [`Crowd::log_in`] where everybody has to be let in.
    /// # Errors
    /// When somebody is not.
    pub(crate) async fn enter(&mut self, logins: Vec<Login>) -> Result<Measured> {
        let count = logins.len();
        let measured = self.log_in(logins).await?;
        if let Some(error) = &measured.first_error {
            bail!("{} of {count} are not let in: {error}", measured.errors);
        }
        Ok(measured)
    }

    /// Waits for the next one who is kicked.
    /// # Errors
    /// When nobody is.
    pub(crate) async fn kicked(&mut self) -> Result<Kicked> {
        let kicked = tokio::time::timeout(KICK_PATIENCE, self.kicked.recv()).await;
        let kicked = kicked.context("nobody hears of a kick")?;
        kicked.context("nobody listens for kicks")
    }

    /// Pings that were answered so far.
    pub(crate) fn pings(&self) -> u64 {
        self.known.pings.load(Ordering::Relaxed)
    }

    /// Connections that ended so far though nobody kicked them.
    pub(crate) fn lost(&self) -> u64 {
        self.known.lost.load(Ordering::Relaxed)
    }

    /// Has everybody leave without a word.
    pub(crate) async fn leave(&mut self) {
        self.members.shutdown().await;
    }
}

/// A client from its first byte to its last.
async fn attend(
    known: Arc<Known>,
    address: SocketAddr,
    transport: Transport,
    login: Login,
    tell: UnboundedSender<Ended>,
) {
    let begun = Instant::now();
    let entered = enter(address, transport, &login.quest).await;
    let at = Instant::now();
    let (wire, outcome) = match entered {
        Ok(wire) => (Some(wire), Ok(at - begun)),
        Err(error) => (None, Err(format!("{error:#}"))),
    };
    let _ = tell.send(Ended { outcome, at });
    drop(tell);
    let user = login.user;
    drop(login);
    if let Some(wire) = wire {
        stay(&known, user, wire).await;
    }
}

async fn enter(address: SocketAddr, transport: Transport, quest: &[u8]) -> Result<Wire> {
    let mut wire = Wire::open(address, transport).await?;
    wire.send(quest).await?;
    match wire.next().await? {
        Heard::Answer(Ok(true)) => Ok(wire),
        Heard::Answer(Ok(false)) => bail!("the token is not taken"),
        Heard::Answer(Err(refusal)) => bail!(refusal),
        other => bail!("{other:?} comes before the answer"),
    }
}

/// Answers pings until the session ends. As SDKs do, closes when it is kicked.
async fn stay(known: &Known, user: u32, mut wire: Wire) {
    loop {
        let ended = match wire.next().await {
            Ok(Heard::Ping(sequence)) => {
                known.pings.fetch_add(1, Ordering::Relaxed);
                wire.answer_ping(sequence).await.is_err()
            }
            Ok(Heard::Kicked) => {
                let at = Instant::now();
                let _ = known.kicked.send(Kicked { user, at });
                return;
            }
            Ok(Heard::Answer(_) | Heard::Other) => false,
            Err(_) => true,
        };
        if ended {
            known.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
}
