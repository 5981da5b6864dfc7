//! A guarded ramp as it is stored. Pure values.
//!
//! Stored shape: fields are only added, with a default that means "as before".

use serde::{Deserialize, Serialize};

/// What was asked for; fixed when the ramp begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub flag: String,
    /// The variant whose share grows.
    pub treatment: String,
    /// The variant of everybody else.
    pub control: String,
    /// Shares of the treatment (0 to 1), each larger than the one before; at least one.
    pub stages: Vec<f64>,
    /// The shortest time of a stage.
    pub step_seconds: u64,
    /// Persons of each arm whose time is over before a stage ends.
    pub step_persons: u64,
    /// Who must not come through less often with the treatment; at least one.
    pub journeys: Vec<String>,
}

/// A guarded ramp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    pub number: u64,
    pub plan: Plan,
    pub by: Word,
    /// Times in which the shares were the same, oldest first. Customers are compared within each.
    pub legs: Vec<Leg>,
    pub phase: Phase,
    /// Recorded, and not known to be done.
    pub pending: Option<Act>,
    /// Acts that were ever recorded.
    pub acts: u64,
    /// Of the flag, as far as its writes were looked at.
    pub revision: u64,
}

/// Who decided something, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub at_ms: i64,
    pub who: String,
    pub why: Option<String>,
}

/// A time in which the shares were the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// From 0 on.
    pub stage: usize,
    pub from_ms: i64,
    /// Nothing while it goes on.
    pub to_ms: Option<i64>,
}

/// How far a ramp is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Ramping,
    /// It stays where it is.
    Holding {
        cause: Cause,
        word: Word,
    },
    /// The last share is reached, and nothing spoke against it.
    Done {
        word: Word,
    },
    /// The treatment did harm: nobody gets it.
    TurnedBack {
        word: Word,
    },
    /// Somebody else decided, and it gave way.
    Overridden {
        word: Word,
    },
}

/// Why a ramp holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A person said so.
    Person,
    /// Customers do worse with and without the treatment.
    Everybody,
    /// Too few persons came for too long.
    TooFew,
    /// The treatment looks worse, and it is not sure.
    Doubt,
    /// What customers do cannot be seen.
    Blind,
    /// The flag cannot be changed.
    Refused,
}

impl Cause {
    /// It ends by itself when what it was for is gone; else a person ends it.
    pub const fn passes(self) -> bool {
        matches!(self, Self::TooFew | Self::Doubt | Self::Blind | Self::Refused)
    }
}

/// A change of the flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Counts the acts of a ramp, from 1 on.
    pub number: u64,
    pub goal: Goal,
    pub why: String,
}

/// What an act is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The share of this stage, from 0 on.
    Stage(usize),
    /// Nobody gets the treatment but who is named: testers, segments.
    TurnBack,
    /// Nobody at all gets it.
    Kill,
}

impl Act {
    /// What the flag's history says of it; no two acts of a ramp are told alike.
    pub fn told(&self) -> String {
        format!("{} (act {})", self.why, self.number)
    }
}

impl Ramp {
    /// Just asked for: its first stage is recorded, and not yet in force.
    pub fn begin(number: u64, plan: Plan, by: Word, revision: u64) -> Self {
        let why = plan.stage_told(0);
        let pending = Some(Act { number: 1, goal: Goal::Stage(0), why });
        Self { number, plan, by, legs: Vec::new(), phase: Phase::Ramping, pending, acts: 1, revision }
    }

    /// Who changes the flag.
    pub fn who(&self) -> String {
        format!("ramp {}", self.number)
    }

    /// The stage whose share is in force, or was last; the first one before that.
    pub fn stage(&self) -> usize {
        self.legs.last().map_or(0, |leg| leg.stage)
    }

    /// Since when it is at this stage; nothing before the first is in force.
    pub fn stage_from_ms(&self) -> Option<i64> {
        let stage = self.stage();
        self.legs.iter().find(|leg| leg.stage == stage).map(|leg| leg.from_ms)
    }

    /// Nothing more will be done by it.
    pub const fn is_over(&self) -> bool {
        self.pending.is_none() && self.is_decided()
    }

    /// How it ends is known.
    pub const fn is_decided(&self) -> bool {
        matches!(self.phase, Phase::Done { .. } | Phase::TurnedBack { .. } | Phase::Overridden { .. })
    }

    /// The leg that goes on.
    pub fn leg(&self) -> Option<&Leg> {
        self.legs.last().filter(|leg| leg.to_ms.is_none())
    }
}

impl Plan {
    pub const fn last(&self) -> usize {
        self.stages.len() - 1
    }

    /// `stage 2 of 5: 5 % get "on"`
    pub fn stage_told(&self, stage: usize) -> String {
        let (of, percent) = (self.stages.len(), percent(self.stages[stage]));
        format!("stage {} of {of}: {percent} get {:?}", stage + 1, self.treatment)
    }
}

/// `2.5 %`
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (share * 10_000.0).round() / 100.0)
}
