//! What is told, to whom, in which words, and when it is tried again. Pure: no I/O, no clock.

pub mod address;
pub mod event;
pub mod retry;
pub mod signature;
mod target;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use retry::Pauses;
pub use target::NewTarget;

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationKind)]
pub enum Kind {
    /// An experiment was decided.
    Verdict,
    /// A service was taken back.
    Rollback,
    /// A vulnerability is in what is live.
    Finding,
    /// A flag's day comes near, or is over.
    FlagExpiring,
    /// A ramp does not go on by itself.
    RampHeld,
    /// What a ramp showed did harm: nobody gets it any more.
    RampTurnedBack,
    /// A deployment does not go on: customers do worse whatever version they have.
    DeploymentHeld,
    /// A deployment does harm and stays: its guard was overruled, or nothing is there to go back to.
    GuardUnheeded,
    /// Somebody tries a target; sent to that one, whatever it asked for.
    Test,
}

impl Kind {
    /// What a target may ask for.
    pub const ALL: [Self; 8] = [
        Self::Verdict,
        Self::Rollback,
        Self::Finding,
        Self::FlagExpiring,
        Self::RampHeld,
        Self::RampTurnedBack,
        Self::DeploymentHeld,
        Self::GuardUnheeded,
    ];

    /// The word of the CLI and the API.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Rollback => "rollback",
            Self::Finding => "finding",
            Self::FlagExpiring => "flag_expiring",
            Self::RampHeld => "ramp_held",
            Self::RampTurnedBack => "ramp_turned_back",
            Self::DeploymentHeld => "deployment_held",
            Self::GuardUnheeded => "guard_unheeded",
            Self::Test => "test",
        }
    }

    /// The kind of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Test]).find(|kind| kind.text() == text)
    }
}

/// Who answers for what a message speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub domain: String,
    pub team: Option<String>,
}

/// Something that is to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// What it speaks of, for example `delivery:41`: the same is told once, however often it is announced.
    pub fact: String,
    pub kind: Kind,
    /// When it happened.
    pub at: Timestamp,
    /// The flag's key, the service, the experiment, the advisory.
    pub subject: String,
    /// The fields of the subject, as its kind of event has them.
    pub content: Value,
    /// One sentence for a person.
    pub sentence: String,
    /// `None`: not known; then targets of a single domain do not get it.
    pub owner: Option<Owner>,
}
