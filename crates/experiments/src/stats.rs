//! Pure statistics: each method from sufficient statistics, with the paper and the equation that it comes from.
//!
//! Arm `a` is the control, arm `b` the treatment, and an effect is `b - a`. Nothing here reads a clock, draws a random number
//! or keeps anything: the same numbers give the same answer, bit for bit.

pub mod bernoulli;
pub mod blocks;
pub mod means;
pub mod moments;
pub mod power;
pub mod proportions;
pub mod ratio;
pub mod relative;
pub mod sequence;
pub mod special;
pub mod srm;
pub mod wire;

pub use moments::{Arms, Moments};

/// A range of values that the data do not speak against.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    pub lower: f64,
    pub upper: f64,
}

impl Interval {
    /// All values within `half_width` of `estimate`.
    pub fn around(estimate: f64, half_width: f64) -> Self {
        Self { lower: estimate - half_width, upper: estimate + half_width }
    }

    /// Whether the data leave `value` open.
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}
