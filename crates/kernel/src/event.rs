//! The envelope in which one context publishes a fact to the others.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A published fact. Delivered at least once, in order of `position` for one `publisher`; consumers are idempotent by
/// (`publisher`, `position`). An old reader ignores kinds and payload fields that it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The context that published, for example `delivery`.
    pub publisher: String,
    /// Grows by at least one with every fact of this publisher, in commit order.
    pub position: u64,
    /// What happened, `noun.verb` in the past tense, for example `run.passed`.
    pub kind: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// The fact's own fields.
    pub payload: serde_json::Value,
}
