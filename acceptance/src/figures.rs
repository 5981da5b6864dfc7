//! Figures that a measurement prints.

use std::io::Write;

/// Says a line to whoever runs the tests.
pub fn say(line: &str) {
    // Nobody listens: then nobody is told.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// The smallest value that at least `share` (0 to 1) of all values do not exceed.
///
/// # Panics
/// When there is no value.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts are small and shares positive"
)]
pub fn quantile<T: Ord + Copy>(values: &[T], share: f64) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values: Vec<u32> = (1..=50).rev().collect();
        assert_eq!([0.0, 0.5, 0.95, 1.0].map(|share| quantile(&values, share)), [1, 25, 48, 50]);
        assert_eq!(quantile(&[7], 0.95), 7);
    }
}
