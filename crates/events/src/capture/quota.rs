//! Token buckets, one a key, in a bounded table.
//!
//! A bucket may go into debt: a batch that is larger than what is left is taken whole, and the next ones wait for it. So no
//! batch is too large to ever pass.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::limits::Rate;

/// Keys remembered at once. Beyond it the fullest are forgotten, which only gives them their burst again.
pub(super) const KEYS_MAX: usize = 65_536;
/// The longest that anybody is told to wait.
const LONGEST_SECONDS: f64 = 3_600.0;

#[derive(Debug, Default)]
pub(super) struct Quotas(Mutex<HashMap<u64, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at_ms: i64,
    rate: Rate,
}

impl Bucket {
    fn left_at(&self, now_ms: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of hours fit")]
        let seconds = now_ms.saturating_sub(self.at_ms).max(0) as f64 / 1_000.0;
        (self.left + seconds * self.rate.per_second).min(self.rate.burst)
    }
}

impl Quotas {
    /// Whether anything is left; else the seconds until there is.
    pub(super) fn check(&self, key: u64, now_ms: i64) -> Result<(), u32> {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get(&key).map_or(Ok(()), |bucket| passes(bucket, now_ms))
    }

    /// Takes `amount`, if anything is left; else says in how many seconds there is.
    pub(super) fn take(&self, key: u64, rate: Rate, amount: usize, now_ms: i64) -> Result<(), u32> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS_MAX && !buckets.contains_key(&key) {
            make_room(&mut buckets, now_ms);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: rate.burst, at_ms: now_ms, rate });
        passes(bucket, now_ms)?;
        #[expect(clippy::cast_precision_loss, reason = "a number of events in one request fits")]
        let amount = amount as f64;
        *bucket = Bucket { left: bucket.left_at(now_ms) - amount, at_ms: now_ms, rate };
        Ok(())
    }
}

fn passes(bucket: &Bucket, now_ms: i64) -> Result<(), u32> {
    let left = bucket.left_at(now_ms);
    if left >= 1.0 {
        return Ok(());
    }
    let seconds = ((1.0 - left) / bucket.rate.per_second).ceil().clamp(1.0, LONGEST_SECONDS);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 3600")]
    Err(seconds as u32)
}

/// Forgets the fuller half.
fn make_room(buckets: &mut HashMap<u64, Bucket>, now_ms: i64) {
    let mut fullness: Vec<f64> = buckets.values().map(|bucket| bucket.left_at(now_ms) / bucket.rate.burst).collect();
    let middle = fullness.len() / 2;
    let (_, median, _) = fullness.select_nth_unstable_by(middle, f64::total_cmp);
    let median = *median;
    buckets.retain(|_, bucket| bucket.left_at(now_ms) / bucket.rate.burst < median);
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10.0, burst: 20.0 };

    #[test]
    fn a_burst_passes_then_the_rate() {
        let quotas = Quotas::default();
        assert_eq!(quotas.take(1, RATE, 15, 0), Ok(()));
        assert_eq!(quotas.take(1, RATE, 25, 0), Ok(()), "into debt of 20");
        assert_eq!(quotas.take(1, RATE, 1, 0), Err(3));
        assert_eq!(quotas.check(1, 0), Err(3));
        assert_eq!(quotas.take(1, RATE, 1, 2_000), Err(1));
        assert_eq!(quotas.take(1, RATE, 2, 2_200), Ok(()));
        assert_eq!(quotas.take(2, RATE, 1, 0), Ok(()), "another key has its own");
        assert_eq!(quotas.take(1, RATE, 1, -5_000), Err(1), "a clock that jumps back gives nothing");
    }

    #[test]
    fn the_table_is_bounded_and_keeps_those_in_debt() {
        let quotas = Quotas::default();
        assert_eq!(quotas.take(0, RATE, 1_000, 0), Ok(()));
        for key in 1..=(KEYS_MAX as u64 + 10) {
            assert_eq!(quotas.take(key, RATE, 1, 0), Ok(()));
        }
        assert!(quotas.0.lock().unwrap().len() <= KEYS_MAX);
        assert!(quotas.take(0, RATE, 1, 0).is_err());
    }
}
