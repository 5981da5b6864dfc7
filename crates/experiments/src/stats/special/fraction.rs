//! Continued fractions.

/// None that is asked for here needs more: the longest, Student's t at 10^9 degrees of freedom, takes about 50,000.
const TERMS_MAX: usize = 20_000_000;
/// A denominator is never smaller.
const TINY: f64 = 1e-300;

/// `p1 / (q1 + p2 / (q2 + ..))` of these `(p, q)`, as Lentz evaluates it (1976, in Thompson & Barnett's form of 1986).
pub(super) fn continued(terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut numerator, mut denominator, mut value) = (TINY, 0.0, TINY);
    for (p, q) in terms.take(TERMS_MAX) {
        denominator = 1.0 / away_from_zero(q + p * denominator);
        numerator = away_from_zero(q + p / numerator);
        value *= numerator * denominator;
        if (numerator * denominator - 1.0).abs() <= f64::EPSILON {
            return value;
        }
    }
    unreachable!("each fraction is used only where it settles")
}

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// 1, 2, 3, ... as floats.
pub(super) fn counting() -> impl Iterator<Item = f64> {
    std::iter::successors(Some(1.0), |n| Some(n + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_golden_ratio() {
        let ratio = continued(std::iter::repeat((1.0, 1.0)));
        assert!((ratio - (5.0_f64.sqrt() - 1.0) / 2.0).abs() < 1e-15);
    }
}
