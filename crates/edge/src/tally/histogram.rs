//! A small logarithmic histogram of microseconds: 16 buckets per doubling, atomics only.
//!
//! A value below 16 µs has a bucket of its own; above, a bucket is 1/16 of its lower bound wide at most, and its middle is
//! reported, so a quantile is at most 1/32 (3.2 %) off. Values beyond 2^28 µs (four and a half minutes) share the last one.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::model::Latency;

const STEPS_LOG2: u32 = 4;
const STEPS: u64 = 1 << STEPS_LOG2;
const HIGHEST_LOG2: u32 = 28;
const BUCKETS: usize = ((HIGHEST_LOG2 - STEPS_LOG2 + 1) as usize) << STEPS_LOG2;

#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU64; BUCKETS]>,
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::new(std::array::from_fn(|_| AtomicU64::new(0))), max: AtomicU64::new(0) }
    }
}

fn index(micros: u64) -> usize {
    if micros < STEPS {
        return usize::try_from(micros).unwrap_or(0);
    }
    let octave = micros.ilog2();
    let step = (micros >> (octave - STEPS_LOG2)) - STEPS;
    let index = u64::from(octave - STEPS_LOG2 + 1) * STEPS + step;
    usize::try_from(index).map_or(BUCKETS - 1, |i| i.min(BUCKETS - 1))
}

/// The middle of a bucket, in microseconds.
#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn middle(index: usize) -> f64 {
    let index = index as u64;
    if index < STEPS {
        return index as f64;
    }
    let shift = index / STEPS - 1;
    let low = (STEPS + index % STEPS) << shift;
    low as f64 + ((1_u64 << shift) - 1) as f64 / 2.0
}

impl Histogram {
    pub(crate) fn record(&self, micros: u64) {
        self.buckets[index(micros)].fetch_add(1, Relaxed);
        self.max.fetch_max(micros, Relaxed);
    }

    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    pub(crate) fn quantiles(&self) -> Latency {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let max = self.max.load(Relaxed) as f64;
        // A bucket's middle may lie above the largest value in it.
        let at = |percent: u64| quantile(&counts, total, percent).min(max) / 1_000.0;
        Latency { p50_ms: at(50), p90_ms: at(90), p99_ms: at(99), max_ms: max / 1_000.0 }
    }
}

/// The value below or at which `percent` of the values lie (nearest rank).
fn quantile(counts: &[u64], total: u64, percent: u64) -> f64 {
    let rank = (total * percent).div_ceil(100).max(1);
    let mut seen = 0;
    for (index, count) in counts.iter().enumerate() {
        seen += count;
        if seen >= rank {
            return middle(index);
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn empty_is_zero() {
        assert_eq!(Histogram::default().quantiles(), Latency::default());
    }

    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    fn exact(micros: u64) -> f64 {
        micros as f64
    }

    proptest! {
        #[test]
        fn the_documented_error_holds(micros in 0_u64..(1 << HIGHEST_LOG2)) {
            let error = (middle(index(micros)) - exact(micros)).abs();
            prop_assert!(error <= exact(micros) / 32.0, "{micros} is {error} off");
        }

        #[test]
        fn quantiles_match_sorted_values(mut values in prop::collection::vec(1_u64..10_000_000, 1..400)) {
            let histogram = Histogram::default();
            for value in &values {
                histogram.record(*value);
            }
            values.sort_unstable();
            let ms = |micros: u64| exact(micros) / 1_000.0;
            let exact = |percent: usize| ms(values[(values.len() * percent).div_ceil(100).max(1) - 1]);
            let quantiles = histogram.quantiles();
            for (estimate, percent) in [(quantiles.p50_ms, 50), (quantiles.p90_ms, 90), (quantiles.p99_ms, 99)] {
                prop_assert!((estimate - exact(percent)).abs() <= exact(percent) / 32.0 + 1e-9);
            }
            prop_assert!((quantiles.max_ms - ms(*values.last().unwrap())).abs() < 1e-9);
        }
    }
}
