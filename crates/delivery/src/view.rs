//! What delivery shows: the shapes of its answers (contracts.md), built from what is stored.

pub mod change;
pub mod deployment;
pub mod dora;
pub mod run;
pub mod status;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// State is icon, word and colour; `kind` chooses icon and colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct State {
    pub kind: StateKind,
    /// For example `Checks 3 of 7`
    pub word: String,
}

/// What colour may mean: good, waits, bad, busy, dark launched, nothing in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    Good,
    Busy,
    Warn,
    Bad,
    Dark,
    Plain,
}

impl State {
    pub(crate) fn new(kind: StateKind, word: impl Into<String>) -> Self {
        Self { kind, word: word.into() }
    }
}

/// Seconds between two instants, with milliseconds.
pub(crate) fn seconds(from: jiff::Timestamp, to: jiff::Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() * 1_000.0).round() / 1_000.0
}

/// RFC 3339 in UTC.
pub(crate) fn time(at: jiff::Timestamp) -> String {
    at.to_string()
}

/// What a deployment waits for: `waits for deployment 3, …`, `frozen: the reason`.
pub(crate) fn waits(on: &str) -> String {
    if on.starts_with("for ") { format!("waits {on}") } else { on.to_owned() }
}
