//! What a user may do how often, over all of his sessions.

use std::num::NonZeroU32;

use governor::clock::MonotonicClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::apps::AppId;
use crate::users::UserId;
use crate::{Error, Limits, Result};

type Key = (AppId, UserId);
type Limiter =
    RateLimiter<Key, HashMapStateStore<Key>, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// Budgets of users. They outlive sessions, so that logging in again does not fill them.
pub(super) struct Budgets {
    calls: Option<Limiter>,
    named: Option<Limiter>,
}

impl Budgets {
    pub(super) fn new(limits: &Limits) -> Self {
        let limiter = |quota| RateLimiter::hashmap_with_clock(quota, MonotonicClock);
        let some = |n: Option<u32>| n.and_then(NonZeroU32::new);
        Self {
            calls: some(limits.rates.rtm_client).map(|n| limiter(Quota::per_second(n))),
            named: some(Some(limits.named_per_hour)).map(|n| limiter(Quota::per_hour(n))),
        }
    }

    /// Takes one call.
    pub(super) fn call(&self, app: AppId, user: UserId) -> Result<()> {
        let calls = self.calls.as_ref();
        calls
            .map_or(Ok(()), |calls| calls.check_key(&(app, user)))
            .map_err(|_| Error::RateLimited)
    }

    /// Takes `count` uids that may turn out to be new users.
    pub(super) fn name(&self, app: AppId, user: UserId, count: usize) -> Result<()> {
        let count = u32::try_from(count).ok().and_then(NonZeroU32::new);
        let (Some(named), Some(count)) = (&self.named, count) else {
            return Ok(());
        };
        match named.check_key_n(&(app, user), count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Error::RateLimited),
        }
    }

    /// Forgets whose budgets are full.
    pub(super) fn sweep(&self) {
        for limiter in [&self.calls, &self.named].into_iter().flatten() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}
