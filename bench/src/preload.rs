//! Fills a data folder before the server starts, through the store and without hashing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use halloo::data_folder::{Claim, DataFolder};
use halloo::system::{SystemClock, SystemEntropy};
use halloo_core::apps::{App, AppKey, Registration};
use halloo_core::ports::{Clock, Entropy, Store};
use halloo_core::users::{NewUser, PasswordHash};
use halloo_core::{Core, Limits, Uuid};
use halloo_store::{Log, Sqlite};
use tokio::task::JoinSet;

/// The app that everything happens in.
pub(crate) const APP: &str = "demo-org/demo-app";
/// Users in one operation of the store.
const BATCH: u32 = 60;
/// Operations at the same time; they share commits.
const CONCURRENT: usize = 64;
/// A prime above every number of users, to register them in an order unlike that of their names.
const STEP: u64 = 15_485_863;
/// The same for everybody: what counts here is that rows are as long as real ones.
const PASSWORD: &str = "$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How long the store may take to fold its log into the database.
const CLOSE_PATIENCE: Duration = Duration::from_mins(1);
/// When to open it once more, if the log is still there.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Makes the data folder `path` with [`APP`] and `users` users in it, each called as `name` says for
/// his number.
/// # Errors
/// When the folder can not be made or written.
pub(crate) async fn fill(path: &Path, users: u32, name: fn(u32) -> String) -> Result<()> {
    let Claim::Owned(folder) = DataFolder::claim(path)? else {
        bail!("the folder is in use")
    };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(path)?);
    let app = app(&store, path).await?;
    let next = Arc::new(AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..CONCURRENT {
        let (store, app, next) = (Arc::clone(&store), Arc::clone(&app), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let first = next.fetch_add(BATCH, Ordering::Relaxed);
                if first >= users {
                    return Ok(());
                }
                let end = first.saturating_add(BATCH).min(users);
                let batch = (first..end)
                    .map(|place| user(place, users, name))
                    .collect::<Result<_>>()?;
                let stored = store
                    .register(app.id, batch, None, SystemClock.now())
                    .await?;
                if stored.iter().any(Option::is_none) {
                    bail!("a name was given twice");
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    drop(store);
    closed(path).await?;
    drop(folder);
    Ok(())
}

async fn app(store: &Arc<dyn Store>, path: &Path) -> Result<Arc<App>> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let log = Arc::new(Log::open(&path.join("messages"))?);
    let core = Core::new(Arc::clone(store), log, clock, entropy, Limits::default());
    let (org, name) = APP.split_once('/').context("an app key has two parts")?;
    let app = core
        .apps
        .create(AppKey::new(org, name)?, Registration::Authorised)
        .await?;
    core.settle().await;
    Ok(app)
}

/// The user who registers at `place` among `users`.
fn user(place: u32, users: u32, name: fn(u32) -> String) -> Result<NewUser> {
    let number = u32::try_from(u64::from(place) * STEP % u64::from(users))?;
    Ok(NewUser {
        name: name(number).parse()?,
        uuid: uuid(),
        password: Some(PasswordHash::from_stored(PASSWORD)),
        nickname: None,
    })
}

/// Ordered by time, like those that the server gives.
fn uuid() -> Uuid {
    let mut random = [0; 16];
    SystemEntropy.fill(&mut random);
    let random = u128::from_be_bytes(random) & (0xfff << 64 | ((1 << 62) - 1));
    let millis = u128::try_from(SystemClock.now().0).unwrap_or_default();
    Uuid::from_u128(millis << 80 | 0b0111 << 76 | 0b10 << 62 | random)
}

/// Waits until the store's thread has closed the database: its log is gone then.
async fn closed(path: &Path) -> Result<()> {
    let log = path.join("halloo.db-wal");
    let begun = Instant::now();
    let mut last_opened = begun;
    while log.exists() {
        if begun.elapsed() > CLOSE_PATIENCE {
            bail!("the store does not close");
        }
        if last_opened.elapsed() > REOPEN_AFTER {
            // A connection for reading was the last to close; it can not take the log away.
            drop(Sqlite::open(path)?);
            last_opened = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::requests;

    #[test]
    fn every_user_registers_once() {
        for users in [1, 2, 999, 10_000] {
            let names: HashSet<_> = (0..users)
                .map(|place| user(place, users, requests::name).unwrap().name)
                .collect();
            assert_eq!(names.len(), users as usize);
            assert!(names.contains(requests::name(users - 1).as_str()));
        }
    }

    #[test]
    fn uuids_are_of_version_7() {
        let (first, second) = (uuid(), uuid());
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(first, second);
        let millis = i64::try_from(first.as_u128() >> 80).unwrap();
        assert!((SystemClock.now().0 - millis).abs() < 60_000);
    }
}
