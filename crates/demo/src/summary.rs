//! How the demo ended (contracts.md, *Start*).

use serde::{Deserialize, Serialize};

/// All scenes together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub ok: bool,
    pub seed: u64,
    pub seconds: f64,
    /// The console.
    pub url: String,
    pub outcomes: Vec<Outcome>,
}

/// One scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub name: String,
    pub expected: String,
    pub actual: String,
    pub ok: bool,
    /// The commit it is about.
    pub change: String,
    /// Where the console tells its story.
    pub page: String,
}
