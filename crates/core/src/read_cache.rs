//! A read-through cache that never keeps a row older than the last committed change.

use std::future::Future;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use crate::Result;

/// Stripes of the version counters; more than the number of threads that can load at once.
const STRIPES: usize = 256;
/// Entries that room is made for at once; beyond them the cache grows as it fills.
const FIRST_ROOM: u64 = 1024;

/// Caches `V` by `K`. A loader that started before a change can not put its old row back after it:
/// each key maps to a version that [`ReadCache::forget`] raises, and a load is kept only when the
/// version is still what it was before the store was asked.
pub(crate) struct ReadCache<K, V> {
    cache: Cache<K, V, Weight<V>, RandomState, DefaultLifecycle<K, V>>,
    hasher: RandomState,
    capacity: u64,
    /// Guards "compare and insert" against "raise and remove". Never held across an await.
    versions: Box<[Mutex<u64>]>,
}

/// How many entries of usual size an entry counts as; at least 1.
#[derive(Clone)]
struct Weight<V>(fn(&V) -> u64);

impl<K, V: Clone> Weighter<K, V> for Weight<V> {
    fn weight(&self, _key: &K, value: &V) -> u64 {
        (self.0)(value).max(1)
    }
}

/// What the versions were before many rows were asked for.
pub(crate) struct Snapshot(Vec<u64>);

impl<K, V> ReadCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Keeps as much as `capacity` entries of usual size; `weigh` tells how many of them one counts as.
    pub(crate) fn new(capacity: u64, weigh: fn(&V) -> u64) -> Self {
        let hasher = RandomState::new();
        let options = OptionsBuilder::new()
            .weight_capacity(capacity)
            .estimated_items_capacity(usize::try_from(capacity.min(FIRST_ROOM)).unwrap_or(1))
            .build()
            .expect("both capacities are given");
        let lifecycle = DefaultLifecycle::default();
        Self {
            cache: Cache::with_options(options, Weight(weigh), hasher.clone(), lifecycle),
            hasher,
            capacity,
            versions: (0..STRIPES).map(|_| Mutex::new(0)).collect(),
        }
    }

    /// How many entries it keeps.
    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The cached value.
    pub(crate) fn known(&self, key: &K) -> Option<V> {
        self.cache.get(key)
    }

    /// The cached value, or what `load` finds. Absence is not cached.
    pub(crate) async fn get<F>(&self, key: &K, load: impl FnOnce() -> F + Send) -> Result<Option<V>>
    where
        F: Future<Output = Result<Option<V>>> + Send,
    {
        if let Some(value) = self.cache.get(key) {
            return Ok(Some(value));
        }
        let before = *self.version(key);
        let Some(value) = load().await? else {
            return Ok(None);
        };
        self.keep(key.clone(), value.clone(), before);
        Ok(Some(value))
    }

    /// To be taken before many rows are read, for [`ReadCache::offer`].
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot(self.versions.iter().map(|version| *lock(version)).collect())
    }

    /// Keeps a row that was read after `before` was taken, unless it changed since.
    pub(crate) fn offer(&self, before: &Snapshot, key: K, value: V) {
        if let Some(version) = before.0.get(self.stripe(&key)) {
            self.keep(key, value, *version);
        }
    }

    /// Drops `key` after its row changed. The next reader sees the change.
    pub(crate) fn forget(&self, key: &K) {
        let mut version = self.version(key);
        *version = version.wrapping_add(1);
        self.cache.remove(key);
    }

    /// Drops every key of which `is_it` is true, after more rows changed than can be told.
    pub(crate) fn forget_all(&self, is_it: impl Fn(&K) -> bool) {
        for version in &self.versions {
            let mut version = lock(version);
            *version = version.wrapping_add(1);
        }
        self.cache.retain(|key, _| !is_it(key));
    }

    fn keep(&self, key: K, value: V, before: u64) {
        let version = self.version(&key);
        if *version == before {
            self.cache.insert(key, value);
        }
    }

    fn version(&self, key: &K) -> MutexGuard<'_, u64> {
        let version = self.versions.get(self.stripe(key));
        lock(version.expect("the stripe is taken modulo their number"))
    }

    fn stripe(&self, key: &K) -> usize {
        usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or(0)
    }
}

fn lock(version: &Mutex<u64>) -> MutexGuard<'_, u64> {
    version.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_row_loaded_before_a_change_is_not_kept_after_it() {
        let cache = ReadCache::<u32, &str>::new(10, |_| 1);
        let seen = cache
            .get(&1, || async {
                cache.forget(&1);
                Ok(Some("old"))
            })
            .await
            .unwrap();
        assert_eq!(seen, Some("old"));
        let seen = cache.get(&1, || async { Ok(Some("new")) }).await.unwrap();
        assert_eq!(seen, Some("new"));
    }

    #[tokio::test]
    async fn a_row_offered_after_a_change_is_not_kept() {
        let cache = ReadCache::<u32, &str>::new(10, |_| 1);
        let before = cache.snapshot();
        cache.forget(&1);
        cache.offer(&before, 1, "old");
        let seen = cache.get(&1, || async { Ok(None) }).await.unwrap();
        assert_eq!(seen, None);
        cache.offer(&cache.snapshot(), 1, "new");
        let seen = cache.get(&1, || async { Ok(None) }).await.unwrap();
        assert_eq!(seen, Some("new"));
    }
}
