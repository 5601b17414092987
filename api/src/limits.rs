//! How often one person may ask: a bucket of requests for each, refilled as time goes on.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::people::PersonName;

/// A bucket's size, and how fast it is refilled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    /// Requests at once at most.
    pub(crate) burst: f64,
    /// Requests a second for ever.
    pub(crate) each_second: f64,
}

/// All requests of a person.
pub(crate) const REQUESTS: Rate = Rate {
    burst: 200.0,
    each_second: 50.0,
};

/// Searches by identifier: who asks for more is copying the directory.
pub(crate) const IDENTIFIER_SEARCHES: Rate = Rate {
    burst: 20.0,
    each_second: 1.0 / 60.0,
};

/// Buckets by person.
pub(crate) struct Limiter {
    rate: Rate,
    buckets: Mutex<BTreeMap<PersonName, (f64, Duration)>>,
}

impl Limiter {
    /// Full buckets for everyone.
    pub(crate) const fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes a request out of a person's bucket. False where it is empty.
    pub(crate) fn take(&self, person: &PersonName, now: Duration) -> bool {
        let mut buckets = self
            .buckets
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (left, since) = buckets
            .entry(person.clone())
            .or_insert((self.rate.burst, now));
        let passed = now.saturating_sub(*since).as_secs_f64();
        *left = (*left + passed * self.rate.each_second).min(self.rate.burst);
        *since = now;
        let has_one = *left >= 1.0;
        if has_one {
            *left -= 1.0;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::{Limiter, Rate};
    use crate::people::PersonName;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_refills_and_is_each_persons_own() {
        let limiter = Limiter::new(Rate {
            burst: 2.0,
            each_second: 0.5,
        });
        let ana = PersonName::parse("ana").unwrap();
        let bo = PersonName::parse("bo").unwrap();
        let at = Duration::from_secs;
        assert!(limiter.take(&ana, at(10)));
        assert!(limiter.take(&ana, at(10)));
        assert!(!limiter.take(&ana, at(11)));
        assert!(limiter.take(&bo, at(11)));
        assert!(limiter.take(&ana, at(12)));
        assert!(!limiter.take(&ana, at(12)));
        assert!(limiter.take(&ana, at(1_000)));
        assert!(limiter.take(&ana, at(1_000)));
        assert!(!limiter.take(&ana, at(1_000)));
    }
}
