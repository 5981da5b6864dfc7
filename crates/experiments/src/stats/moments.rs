//! Sufficient statistics of one arm, and how they are added up.

use serde::{Deserialize, Serialize};

/// Number, mean and spread of what the units of one arm did. Merging and adding keep all digits, whatever the mean is
/// (Chan, Golub & LeVeque 1979; Welford 1962).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    pub n: u64,
    pub mean: f64,
    /// Sum of the squared deviations from the mean.
    pub squares: f64,
}

/// One of something for each arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Arms<T> {
    /// The control.
    pub a: T,
    /// The treatment.
    pub b: T,
}

impl Moments {
    /// From the plain sums that databases keep.
    pub fn from_sums(n: u64, sum: f64, sum_squares: f64) -> Self {
        if n == 0 {
            return Self::default();
        }
        let count = as_f64(n);
        let mean = sum / count;
        // The product and what its rounding lost, so that a large mean does not eat the variance.
        let lost = (-mean).mul_add(count, sum);
        let squares = (-sum).mul_add(mean, sum_squares) - sum * lost / count;
        Self { n, mean, squares: squares.max(0.0) }
    }

    /// Of `successes` ones among `n` units.
    pub fn of_ones(n: u64, successes: u64) -> Self {
        let (count, ones) = (as_f64(n), as_f64(successes));
        if n == 0 { Self::default() } else { Self { n, mean: ones / count, squares: ones * (count - ones) / count } }
    }

    /// One more unit.
    pub fn add(&mut self, value: f64) {
        self.n += 1;
        let before = value - self.mean;
        self.mean += before / as_f64(self.n);
        self.squares += before * (value - self.mean);
    }

    /// These and those together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        match (self.n, other.n) {
            (0, _) => other,
            (_, 0) => self,
            (ours, theirs) => {
                let (n, theirs) = (as_f64(ours + theirs), as_f64(theirs));
                let apart = other.mean - self.mean;
                let squares = self.squares + other.squares + apart * apart * as_f64(ours) * theirs / n;
                Self { n: ours + other.n, mean: self.mean + apart * theirs / n, squares }
            }
        }
    }

    /// The sample variance, with n - 1; nothing of fewer than two.
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.squares / as_f64(self.n - 1))
    }

    /// As a float.
    pub fn count(&self) -> f64 {
        as_f64(self.n)
    }
}

#[expect(clippy::cast_precision_loss, reason = "units are fewer than 2^53")]
pub(crate) fn as_f64(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        for value in values {
            moments.add(*value);
        }
        moments
    }

    #[test]
    fn a_large_mean_does_not_eat_the_variance() {
        // 10^9, 10^9 + 1, 10^9 + 2: the sums are exact, what plain subtraction makes of them is 0 or 512.
        assert_eq!(of(&[1e9, 1e9 + 1.0, 1e9 + 2.0]).variance(), Some(1.0));
        assert_eq!(Moments::of_ones(4, 1).variance(), Some(0.25));
        assert_eq!(Moments::default().variance(), None);
    }

    proptest! {
        #[test]
        fn the_order_in_which_parts_are_merged_does_not_matter(
            values in prop::collection::vec(-1e3..1e3_f64, 2..60), cut in 0..60_usize,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let (whole, merged) = (of(&values), of(right).merge(of(left)));
            prop_assert_eq!(whole.n, merged.n);
            prop_assert!((whole.mean - merged.mean).abs() < 1e-9);
            prop_assert!((whole.squares - merged.squares).abs() < 1e-6 * (1.0 + whole.squares));
            let sums = Moments::from_sums(whole.n, values.iter().sum(), values.iter().map(|v| v * v).sum());
            prop_assert!((whole.squares - sums.squares).abs() < 1e-6 * (1.0 + whole.squares));
        }
    }
}
