//! Whether customers do worse than before whatever they are shown. Pure.
//!
//! Those who came before were not chosen by chance, so that the drop must be more than any ordinary day brings.

use experiments::stats::bernoulli::{Tuning, confidence_sequence};
use experiments::stats::proportions::Count;

/// Customers come through less often than before by more than this share.
const DROP: f64 = 0.2;
/// Of saying it of customers who do as they did, at all looks together.
const ALPHA: f64 = 0.005;

/// Said of no fewer than `persons_min` on either side.
pub(crate) fn does_worse(before: Count, now: Count, persons_min: u64) -> bool {
    if now.n.min(before.n) < persons_min.max(1) {
        return false;
    }
    let tuning = Tuning { t_opt: number(persons_min.max(1)), alpha_opt: ALPHA };
    let [was, is] = [before, now].map(|count| confidence_sequence(count, tuning, ALPHA));
    is.upper < (1.0 - DROP) * was.lower
}

#[expect(clippy::cast_precision_loss, reason = "persons are fewer than 2^52")]
fn number(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_drop_is_said_and_an_ordinary_one_is_not() {
        let of = |n, x| Count { n, x };
        assert!(does_worse(of(2_000, 1_000), of(400, 80), 200));
        assert!(!does_worse(of(2_000, 1_000), of(400, 180), 200), "a tenth less");
        assert!(!does_worse(of(2_000, 1_000), of(199, 0), 200), "too few");
        assert!(!does_worse(of(0, 0), of(400, 0), 0), "nobody came before");
    }
}
