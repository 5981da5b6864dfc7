//! What goes to the edge: everything that serving needs, and nothing of it is to be asked for elsewhere.
//!
//! Wire rule: written by the control plane, read by an edge, perhaps of another release. Fields are only added, with a default
//! that means "as before".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The whole set at one revision.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) revision: u64,
    /// When that revision was written.
    pub(crate) at_ms: i64,
    /// Signs the addresses of event streams, so that they outlive an edge.
    pub(crate) stream_key: String,
    pub(crate) flags: BTreeMap<String, FlagContent>,
    /// flagd's `$evaluators`.
    #[serde(default)]
    pub(crate) evaluators: BTreeMap<String, Value>,
    /// Members, one a line, by the segment's name.
    #[serde(default)]
    pub(crate) segments: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) forced: Vec<Forced>,
}

/// One flag.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FlagContent {
    /// Of its newest write.
    pub(crate) revision: u64,
    /// In flagd's format, with the cut points in force and the pin.
    pub(crate) definition: Value,
    /// What it serves where it is off.
    #[serde(default)]
    pub(crate) off: Option<String>,
    /// Everybody gets what it serves where it is off.
    #[serde(default)]
    pub(crate) killed: bool,
    /// Targeting key to variant.
    #[serde(default)]
    pub(crate) testers: BTreeMap<String, String>,
}

/// Variants that a run of the verifier gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Forced {
    pub(crate) run: String,
    pub(crate) expires_ms: i64,
    /// Flag to variant.
    pub(crate) variants: BTreeMap<String, String>,
}
