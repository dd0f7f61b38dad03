use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections a listener may have at the same time. Clones count together.
#[derive(Clone, Debug)]
pub struct Places {
    most: Arc<Semaphore>,
    shared: Option<Shared>,
}

/// Places that exist beside `most`, because the system has so many.
#[derive(Clone, Debug)]
struct Shared {
    /// For this listener alone, so that others can not take them all.
    reserved: Arc<Semaphore>,
    /// For whoever comes first.
    pool: Pool,
}

/// Places that several listeners share.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Semaphore>);

/// One place; given back when dropped.
#[derive(Debug)]
pub struct Place {
    _most: Option<OwnedSemaphorePermit>,
    _shared: Option<OwnedSemaphorePermit>,
}

impl Pool {
    /// So many places.
    pub fn new(places: usize) -> Self {
        Self(semaphore(places))
    }
}

impl Places {
    /// `most` places, at least one.
    pub fn new(most: usize) -> Self {
        Self {
            most: semaphore(most.max(1)),
            shared: None,
        }
    }

    /// `most` places, at least one, of which `reserved` are there for sure, at least one, and the rest as
    /// far as `pool` has them.
    pub fn sharing(most: usize, reserved: usize, pool: &Pool) -> Self {
        let shared = Shared {
            reserved: semaphore(reserved.max(1)),
            pool: pool.clone(),
        };
        Self {
            shared: Some(shared),
            ..Self::new(most)
        }
    }

    /// Waits for a place.
    pub async fn take(&self) -> Place {
        let most = Arc::clone(&self.most).acquire_owned().await;
        let shared = match &self.shared {
            Some(shared) => Some(shared.take().await),
            None => None,
        };
        Place {
            _most: most.ok(),
            _shared: shared.flatten(),
        }
    }
}

impl Shared {
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        let (reserved, pool) = (Arc::clone(&self.reserved), Arc::clone(&self.pool.0));
        tokio::select! {
            biased;
            place = reserved.acquire_owned() => place.ok(),
            place = pool.acquire_owned() => place.ok(),
        }
    }
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_listener_has_its_own_places_and_what_the_others_leave_of_the_pool() {
        let pool = Pool::new(2);
        let (one, other) = (Places::sharing(3, 1, &pool), Places::sharing(9, 1, &pool));
        let of_one: Vec<_> = (0..3).map(|_| one.take().now_or_never().unwrap()).collect();
        assert!(one.take().now_or_never().is_none(), "it may have three");
        let reserved = other.take().now_or_never();
        assert!(reserved.is_some(), "nobody takes what is reserved");
        assert!(other.take().now_or_never().is_none(), "the pool is empty");
        drop(of_one);
        let of_other: Vec<_> = (0..2).map(|_| other.take().now_or_never()).collect();
        assert!(of_other.iter().all(Option::is_some));
        assert!(other.take().now_or_never().is_none());
        assert!(one.take().now_or_never().is_some());
    }

    #[test]
    fn clones_count_together() {
        let places = Places::new(0);
        let taken = places.clone().take().now_or_never();
        assert!(taken.is_some(), "there is at least one");
        assert!(places.take().now_or_never().is_none());
        drop(taken);
        assert!(places.take().now_or_never().is_some());
    }
}
