//! When to connect again.

use std::time::Duration;

/// A connection that lived for less counts as a failure.
const SHORT_LIFE: Duration = Duration::from_millis(1500);
/// Failures in a row after which the next attempt comes at once.
const IMMEDIATE: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Five of them lead to the last pause, 120 s.
const STEP: Duration = Duration::from_millis(23_600);
const STEPS: u32 = 5;

/// The pauses between attempts to connect. Source: FPNN section 10.
#[derive(Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after a connection that lived for `lived`, zero for one that could not be
    /// made.
    pub(crate) fn after(&mut self, lived: Duration) -> Duration {
        if lived >= SHORT_LIFE {
            self.failures = 0;
            return Duration::ZERO;
        }
        self.failures = self.failures.saturating_add(1);
        match self.failures.checked_sub(IMMEDIATE + 1) {
            None => Duration::ZERO,
            Some(step) => FIRST_PAUSE + STEP * step.min(STEPS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_attempts_at_once_then_pauses_in_five_steps() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..13)
            .map(|_| backoff.after(Duration::from_secs(1)).as_millis())
            .collect();
        let grown = [
            2000, 25_600, 49_200, 72_800, 96_400, 120_000, 120_000, 120_000,
        ];
        assert_eq!(pauses[..5], [0; 5]);
        assert_eq!(pauses[5..], grown);
    }

    #[test]
    fn a_connection_that_lived_is_followed_at_once_and_forgives() {
        let mut backoff = Backoff::default();
        for _ in 0..9 {
            backoff.after(Duration::ZERO);
        }
        assert_eq!(backoff.after(SHORT_LIFE), Duration::ZERO);
        assert_eq!(backoff.after(Duration::ZERO), Duration::ZERO);
    }
}
