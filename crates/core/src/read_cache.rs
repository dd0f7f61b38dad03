//! A read-through cache that never keeps a row older than the last committed change.

use std::future::Future;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use moka::sync::Cache;

use crate::Result;

/// Stripes of the version counters; more than the number of threads that can load at once.
const STRIPES: usize = 256;

/// Caches `V` by `K`. A loader that started before a change can not put its old row back after it:
/// each key maps to a version that [`ReadCache::forget`] raises, and a load is kept only when the
/// version is still what it was before the store was asked.
pub(crate) struct ReadCache<K, V> {
    cache: Cache<K, V, RandomState>,
    hasher: RandomState,
    /// Guards "compare and insert" against "raise and remove". Never held across an await.
    versions: Box<[Mutex<u64>]>,
}

impl<K, V> ReadCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(capacity: u64) -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(capacity)
                .build_with_hasher(RandomState::new()),
            hasher: RandomState::new(),
            versions: (0..STRIPES).map(|_| Mutex::new(0)).collect(),
        }
    }

    /// The cached value, or what `load` finds. Absence is not cached.
    pub(crate) async fn get<F>(&self, key: &K, load: impl FnOnce() -> F + Send) -> Result<Option<V>>
    where
        F: Future<Output = Result<Option<V>>> + Send,
    {
        if let Some(value) = self.cache.get(key) {
            return Ok(Some(value));
        }
        let before = *self
            .version(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(value) = load().await? else {
            return Ok(None);
        };
        let version = self
            .version(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *version == before {
            self.cache.insert(key.clone(), value.clone());
        }
        Ok(Some(value))
    }

    /// Drops `key` after its row changed. The next reader sees the change.
    pub(crate) fn forget(&self, key: &K) {
        let mut version = self
            .version(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *version = version.wrapping_add(1);
        self.cache.invalidate(key);
    }

    fn version(&self, key: &K) -> &Mutex<u64> {
        let stripe = usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or(0);
        self.versions
            .get(stripe)
            .expect("the stripe is taken modulo their number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_row_loaded_before_a_change_is_not_kept_after_it() {
        let cache = ReadCache::<u32, &str>::new(10);
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
}
