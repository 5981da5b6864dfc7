//! A split with constant shares: who decided, and where the cuts are.

use std::sync::Arc;

use serde::Serialize;

use super::algorithm::Algorithm;

/// A split with constant variants and weights. Exposures record it, so that an analysis knows what was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Split {
    /// Which hash and arithmetic.
    pub algorithm: Algorithm,
    /// What stands before the key.
    pub seed: Arc<str>,
    /// Each variant and its weight, in order; the cuts are their running sums.
    pub cuts: Vec<(String, u32)>,
    /// The sum of all weights.
    pub total: u32,
}

impl Split {
    /// Each variant's share of the whole.
    pub fn shares(&self) -> impl Iterator<Item = (&str, f64)> {
        let total = f64::from(self.total.max(1));
        self.cuts.iter().map(move |(variant, weight)| (variant.as_str(), f64::from(*weight) / total))
    }
}
