//! Memory-hard password hashing on a pool of its own, so that it slows nothing else down.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::ports::Entropy;
use crate::{Error, HashCost, Result};

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// An Argon2id hash in PHC form: `$argon2id$v=19$m=KIB,t=PASSES,p=1$SALT$HASH`. It carries its own
/// cost, so hashes of an older setting keep working.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// Trusts a hash that the store kept.
    #[must_use]
    pub fn from_stored(phc: impl Into<Box<str>>) -> Self {
        Self(phc.into())
    }

    /// The PHC text, for storing it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(&self) -> Option<(Params, Vec<u8>, Vec<u8>)> {
        let mut parts = self.0.strip_prefix("$argon2id$v=19$")?.split('$');
        let (mut memory, mut passes) = (None, None);
        for pair in parts.next()?.split(',') {
            match pair.split_once('=')? {
                ("m", n) => memory = n.parse().ok(),
                ("t", n) => passes = n.parse().ok(),
                _ => {}
            }
        }
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        Some((
            Params::new(memory?, passes?, 1, Some(hash.len())).ok()?,
            salt,
            hash,
        ))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// A fixed number of hashing threads behind a bounded queue.
pub(crate) struct PasswordPool {
    jobs: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
    params: Params,
}

impl PasswordPool {
    /// Starts the threads. They end when the pool is dropped.
    pub(crate) fn start(cost: &HashCost) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(std::sync::Mutex::new(queue));
        for number in 0..cost.threads.max(1) {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || {
                    let mut memory = Vec::new();
                    loop {
                        let next = queue.lock().map(|queue| queue.recv());
                        let Ok(Ok(job)) = next else { return };
                        job(&mut memory);
                    }
                })
                .expect("the system can start a thread");
        }
        Self {
            jobs,
            places: Arc::new(Semaphore::new(cost.queue)),
            params: Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES))
                .expect("the configuration was checked against the bounds of Argon2"),
        }
    }

    /// Hashes `passwords`, in order. All of them find a place in the queue, or none.
    /// # Errors
    /// [`Error::Busy`] when the queue has no room for them.
    pub(crate) async fn hash(
        &self,
        entropy: &dyn Entropy,
        passwords: Vec<String>,
    ) -> Result<Vec<PasswordHash>> {
        let mut places = self.reserve(passwords.len())?;
        let mut waiting = Vec::with_capacity(passwords.len());
        for password in passwords {
            let mut salt = [0; SALT_BYTES];
            entropy.fill(&mut salt);
            let params = self.params.clone();
            waiting.push(self.submit(places.split(1), move |memory| {
                let hash = derive(&params, password.as_bytes(), &salt, HASH_BYTES, memory);
                let (m, t) = (params.m_cost(), params.t_cost());
                let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
                PasswordHash(format!("$argon2id$v=19$m={m},t={t},p=1${salt}${hash}").into())
            }));
        }
        let mut hashes = Vec::with_capacity(waiting.len());
        for hash in waiting {
            hashes.push(hash.await.map_err(Error::unavailable)?);
        }
        Ok(hashes)
    }

    /// Whether `password` makes `hash`; compared in constant time.
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub(crate) async fn verify(&self, hash: PasswordHash, password: String) -> Result<bool> {
        let mut places = self.reserve(1)?;
        self.submit(places.split(1), move |memory| {
            let Some((params, salt, expected)) = hash.parse() else {
                return false;
            };
            let found = derive(&params, password.as_bytes(), &salt, expected.len(), memory);
            found.ct_eq(&expected).into()
        })
        .await
        .map_err(Error::unavailable)
    }

    fn reserve(&self, places: usize) -> Result<OwnedSemaphorePermit> {
        let places = u32::try_from(places).map_err(|_| Error::Busy)?;
        Arc::clone(&self.places)
            .try_acquire_many_owned(places)
            .map_err(|_| Error::Busy)
    }

    fn submit<T: Send + 'static>(
        &self,
        place: Option<OwnedSemaphorePermit>,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // A caller who went away is not worth the work.
            if !done.is_closed() {
                let _ = done.send(work(memory));
            }
            drop(place);
        });
        // When every thread is gone the job is dropped here, and with it the answer's other end.
        let _ = self.jobs.send(job);
        answer
    }
}

fn derive(
    params: &Params,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Vec<Block>,
) -> Vec<u8> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::default());
    }
    let mut out = vec![0; length];
    argon2
        .hash_password_into_with_memory(password, salt, &mut out, memory)
        .expect("parameters, salt and output length are within the bounds of Argon2");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn cost(passes: u32, queue: usize) -> HashCost {
        HashCost {
            memory_kib: 64,
            passes,
            threads: 1,
            queue,
        }
    }

    #[tokio::test]
    async fn a_hash_of_an_older_cost_still_opens() {
        let old = PasswordPool::start(&cost(1, 4));
        let hash = old
            .hash(&Fixed, vec!["s3cret".into()])
            .await
            .unwrap()
            .remove(0);
        let new = PasswordPool::start(&cost(3, 4));
        assert!(new.verify(hash.clone(), "s3cret".into()).await.unwrap());
        assert!(!new.verify(hash, "S3cret".into()).await.unwrap());
    }

    #[tokio::test]
    async fn a_batch_that_does_not_fit_is_refused_whole() {
        let pool = PasswordPool::start(&cost(1, 2));
        let three = vec!["a".into(), "b".into(), "c".into()];
        assert!(matches!(pool.hash(&Fixed, three).await, Err(Error::Busy)));
        assert_eq!(
            pool.hash(&Fixed, vec!["a".into(), "b".into()])
                .await
                .unwrap()
                .len(),
            2
        );
    }
}
