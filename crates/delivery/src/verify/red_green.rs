//! Red before green: do the tests that came with a change fail without it?

use serde::{Deserialize, Serialize};

/// What is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The new tests fail on the parent and pass here.
    Proved,
    /// The parent cannot even build with them.
    ProvedNoBuild,
    /// They pass on the parent too.
    NotProved,
    /// The change brings no tests.
    NoTests,
    /// It could not be found out; the reason says why.
    Unknown,
}

/// The answer for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedGreen {
    pub state: Proof,
    /// The test cases it rests on, or the test files where no report names cases.
    pub tests: Vec<String>,
    pub reason: Option<String>,
}
