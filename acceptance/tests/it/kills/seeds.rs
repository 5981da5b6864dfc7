//! Moments that can be repeated: everything random comes from a seed.

use std::process::Command;

const ALL: u64 = 50;
const PLAYED: u64 = 10;

/// Ten seeds that rotate with the commit; all of them in a soak.
pub(crate) fn chosen() -> Vec<u64> {
    if std::env::var_os("TRUNKLINE_SOAK").is_some() {
        return (0..ALL).collect();
    }
    let head = Command::new("git").args(["rev-parse", "--short=8", "HEAD"]).output().ok();
    let head = head.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let first = u64::from_str_radix(&head, 16).unwrap_or(0);
    (0..PLAYED).map(|i| (first + i) % ALL).collect()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// An index below `end`.
    pub(crate) fn pick(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).expect("it is below a usize")
    }

    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}
