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

/// `/proc/<pid>/stat` counts in these on every Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time of a process so far.
///
/// # Panics
/// When the process does not run.
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("what is measured runs");
    // The name, in parentheses, may have spaces; utime and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>();
    ticks / TICKS_PER_SECOND
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

    #[test]
    fn the_time_of_a_process_that_works_grows() {
        let before = cpu_seconds(std::process::id());
        let began = std::time::Instant::now();
        while cpu_seconds(std::process::id()) - before < 0.05 {
            assert!(began.elapsed() < std::time::Duration::from_secs(20), "the time of this process stands still");
        }
    }
}
