//! The difference of two proportions with its 95 % interval: Newcombe's, which stays within -1 and 1 and holds for small counts.

use experiments::stats::proportions::{Count, newcombe};
use experiments::stats::{Arms, Interval};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One minus the share of intervals that hold the truth.
const ALPHA: f64 = 0.05;

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) of: u64,
    pub(crate) converted: u64,
}

impl Counted {
    /// `None` of nobody.
    pub(crate) fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.count().rate())
    }

    const fn count(self) -> Count {
        Count { n: self.of, x: self.converted }
    }
}

/// `after` less `before`; `None` while one of them has nobody.
pub(crate) fn difference(before: Counted, after: Counted) -> Option<Difference> {
    let estimate = after.rate()? - before.rate()?;
    let Interval { lower, upper } = newcombe(Arms { a: before.count(), b: after.count() }, ALPHA);
    Some(Difference { estimate, lower, upper })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(converted: u64, of: u64) -> Counted {
        Counted { of, converted }
    }

    /// The examples of Newcombe's table II, method 10.
    #[test]
    fn the_published_examples() {
        for (new, old, lower, upper) in [
            (of(56, 70), of(48, 80), 0.0524, 0.3339),
            (of(9, 10), of(3, 10), 0.1705, 0.8090),
            (of(6, 7), of(2, 7), 0.0582, 0.8062),
            (of(5, 56), of(0, 29), -0.0381, 0.1926),
            (of(0, 10), of(0, 20), -0.1611, 0.2775),
            (of(10, 10), of(0, 20), 0.6791, 1.0),
            (of(10, 10), of(0, 10), 0.6075, 1.0),
        ] {
            let found = difference(old, new).unwrap();
            assert!((found.lower - lower).abs() < 1e-4, "{found:?} not {lower}");
            assert!((found.upper - upper).abs() < 1e-4, "{found:?} not {upper}");
        }
    }

    #[test]
    fn of_nobody_nothing_is_said() {
        assert_eq!(difference(of(0, 0), of(1, 2)), None);
        assert_eq!(difference(of(1, 2), of(0, 0)), None);
    }

    proptest! {
        #[test]
        fn the_estimate_is_within_and_sides_may_be_changed(a in 0..50_u64, more_a in 1..50_u64, b in 0..50_u64, more_b in 1..50_u64) {
            let (old, new) = (of(a, a + more_a), of(b, b + more_b));
            let (there, back) = (difference(old, new).unwrap(), difference(new, old).unwrap());
            prop_assert!(there.lower <= there.estimate && there.estimate <= there.upper);
            prop_assert!(there.lower >= -1.0 - 1e-9 && there.upper <= 1.0 + 1e-9);
            prop_assert!((there.lower + back.upper).abs() < 1e-12 && (there.upper + back.lower).abs() < 1e-12);
        }
    }
}
