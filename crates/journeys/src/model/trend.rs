//! A journey over time, by when persons entered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Outcomes;
use super::report::{instant, share};

/// The longest trend.
pub const POINTS_MAX: i64 = 2_000;

/// How wide a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Hour,
    #[default]
    Day,
}

impl Grain {
    /// Its width in milliseconds.
    pub const fn ms(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }
}

/// Those who entered in one hour or day (UTC).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// When it begins.
    pub at: String,
    pub entered: u64,
    pub converted: u64,
    /// Who have not done all steps and may still do so: the share of these points is not final.
    pub pending: u64,
    pub rate: Option<f64>,
}

/// Points from the first with an entry to the last, also those without any.
pub fn trend(outcomes: &Outcomes, steps: usize, grain: Grain) -> Vec<Point> {
    let bucket = |ms: i64| ms.div_euclid(grain.ms());
    let buckets = || outcomes.iter().map(|outcome| bucket(outcome.entered_ms()));
    let (Some(first), Some(last)) = (buckets().min(), buckets().max()) else { return Vec::new() };
    // The newest are kept if there are too many.
    let first = first.max(last - POINTS_MAX + 1);
    let mut counts = vec![(0_u64, 0_u64, 0_u64); usize::try_from(last - first + 1).unwrap_or(0)];
    for outcome in outcomes.iter() {
        let Ok(at) = usize::try_from(bucket(outcome.entered_ms()) - first) else { continue };
        let (entered, converted, pending) = &mut counts[at];
        *entered += 1;
        *converted += u64::from(outcome.depth() == steps);
        *pending += u64::from(outcome.is_pending);
    }
    let point = |(at, (entered, converted, pending)): (i64, (u64, u64, u64))| Point {
        at: instant(at * grain.ms()),
        entered,
        converted,
        pending,
        rate: share(converted, entered),
    };
    (first..).zip(counts).map(point).collect()
}
