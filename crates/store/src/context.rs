//! The clock and the ids, handed in so that tests can set the one and repeat the other.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::Id;
use uuid::Builder;

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's own clock, to the microsecond that `PostgreSQL` stores.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place where the ambient clock is read")]
        Self(Arc::new(|| truncate(Utc::now())))
    }

    /// A clock that stands still until the handle moves it.
    pub fn test(start: DateTime<Utc>) -> (Self, TestClock) {
        let handle = TestClock(Arc::new(AtomicI64::new(start.timestamp_micros())));
        let reader = handle.clone();
        (Self(Arc::new(move || reader.now())), handle)
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Moves a test clock.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// What the clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Lets time pass.
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }
}

fn truncate(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

/// Where ids come from: UUID v7, whose leading milliseconds keep new rows together in an index.
#[derive(Clone)]
pub struct Ids(Source);

#[derive(Clone)]
enum Source {
    Random,
    Seeded { seed: u64, counter: Arc<AtomicU64> },
}

impl Ids {
    /// Ids that nobody can guess.
    pub fn random() -> Self {
        Self(Source::Random)
    }

    /// The same ids in the same order each time, for the demo world and for tests.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded { seed, counter: Arc::default() })
    }

    /// The next id.
    pub fn next<T: Id>(&self, now: DateTime<Utc>) -> T {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        T::from(Builder::from_unix_timestamp_millis(millis, &self.entropy()).into_uuid())
    }

    fn entropy(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        match &self.0 {
            Source::Random => {
                // Without randomness no id and no key is safe: better no server than a guessable one.
                aws_lc_rs::rand::fill(&mut bytes).expect("the system has a source of randomness");
            }
            Source::Seeded { seed, counter } => {
                let count = counter.fetch_add(1, Ordering::Relaxed);
                let mut input = [0; 16];
                input[..8].copy_from_slice(&seed.to_be_bytes());
                input[8..].copy_from_slice(&count.to_be_bytes());
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &input);
                // The counter leads, so that seeded ids of one millisecond keep their order.
                bytes[..4].copy_from_slice(&count.to_be_bytes()[4..]);
                bytes[4..].copy_from_slice(&digest.as_ref()[..6]);
            }
        }
        bytes
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::CustomerId;

    #[test]
    fn seeded_ids_repeat_and_keep_their_order() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let ids = |seed| -> Vec<CustomerId> {
            let source = Ids::seeded(seed);
            (0..100).map(|_| source.next(now)).collect()
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert!(ids(1).is_sorted());
    }

    #[test]
    fn random_ids_differ() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let ids = Ids::random();
        assert_ne!(ids.next::<CustomerId>(now), ids.next::<CustomerId>(now));
    }
}
