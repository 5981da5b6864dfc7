//! What was seen at one look: all that a verdict is made from.

use serde::{Deserialize, Serialize};

use crate::stats::{Arms, Moments};

/// Stored with the verdict, so that it can be worked out again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// From 1 on.
    pub look: u64,
    pub started_ms: i64,
    pub at_ms: i64,
    /// Witnessed persons who were shown one of the two variants, and only that.
    pub shown: Arms<u64>,
    /// Who was shown both; they are left out.
    pub shown_both: u64,
    /// Who was shown one and whose signed cookie has not come back; they are left out.
    pub unwitnessed: u64,
    /// The smallest p-value that the test of the arms' sizes had at earlier looks; 1 at the first.
    pub srm_p_before: f64,
    /// One for each metric of the definition, in its order.
    pub metrics: Vec<MetricEvidence>,
}

/// Of the persons who were followed to their end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricEvidence {
    pub name: String,
    pub arms: Arms<Moments>,
}

impl Evidence {
    /// Followed to their end, in both arms.
    pub fn followed(&self) -> Arms<u64> {
        self.metrics.first().map_or(Arms { a: 0, b: 0 }, |metric| Arms { a: metric.arms.a.n, b: metric.arms.b.n })
    }
}
