//! What goes to the edge: the surveys that are asked, and whom.
//!
//! Wire rule: written by the control plane, read by an edge, perhaps of another release. Fields are only added, with a default
//! that means "as before".

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) surveys: Vec<Asked>,
}

/// One survey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) survey: String,
    /// As posthog-js wants it.
    pub(crate) shape: Value,
    /// From then on nobody is asked.
    pub(crate) over_ms: i64,
    /// Of [`kernel::split::WHOLE`].
    pub(crate) points: u32,
    /// Only those who are given a variant of this flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) flag: Option<String>,
    /// Only this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
    /// Whether posthog-js asks whom it is for.
    #[serde(default)]
    pub(crate) is_targeted: bool,
}
