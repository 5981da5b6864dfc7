//! The shapes of answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Stage;
use crate::model::report::share;
use crate::model::{Guard, Order, Outcomes, Step};
use crate::store::Stored;

/// A journey in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyRow {
    pub journey: String,
    pub domain: Option<String>,
    pub order: Order,
    pub within_seconds: f64,
    /// Names of the steps.
    pub steps: Vec<String>,
    pub stage: Stage,
    pub revision: u64,
    pub commit: String,
    /// Of the last 28 days.
    pub figures: Figures,
}

/// The shortest report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    pub entered: u64,
    pub converted: u64,
    pub pending: u64,
    pub rate: Option<f64>,
}

impl Figures {
    pub(crate) fn of(outcomes: &Outcomes, steps: usize) -> Self {
        let entered = outcomes.len() as u64;
        let converted = outcomes.iter().filter(|outcome| outcome.depth() == steps).count() as u64;
        let pending = outcomes.iter().filter(|outcome| outcome.is_pending).count() as u64;
        Self { entered, converted, pending, rate: share(converted, entered) }
    }
}

impl JourneyRow {
    pub(crate) fn of(stored: &Stored, figures: Figures) -> Self {
        let definition = &stored.definition;
        Self {
            journey: definition.journey.clone(),
            domain: definition.domain.clone(),
            order: definition.order,
            within_seconds: definition.within.as_secs_f64(),
            steps: definition.steps.iter().map(|step| step.name.clone()).collect(),
            stage: stored.stage,
            revision: stored.revision,
            commit: stored.commit.clone(),
            figures,
        }
    }
}

/// One journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JourneyView {
    pub journey: String,
    pub domain: Option<String>,
    pub order: Order,
    pub within_seconds: f64,
    pub steps: Vec<Step>,
    pub probe: Option<String>,
    pub guard: Option<Guard>,
    pub stage: Stage,
    pub revision: u64,
    /// The file of the repository that declares it.
    pub file: String,
    pub commit: String,
    pub at: String,
    /// Since when trunk does not declare it any more.
    pub retired: Option<String>,
    /// Newest first.
    pub history: Vec<RevisionView>,
}

/// A revision of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevisionView {
    pub revision: u64,
    pub commit: String,
    pub at: String,
}

impl JourneyView {
    pub(crate) fn of(stored: &Stored, revisions: Vec<(u64, String, Timestamp)>) -> Self {
        let definition = &stored.definition;
        let revision =
            |(revision, commit, at): (u64, String, Timestamp)| RevisionView { revision, commit, at: at.to_string() };
        Self {
            journey: definition.journey.clone(),
            domain: definition.domain.clone(),
            order: definition.order,
            within_seconds: definition.within.as_secs_f64(),
            steps: definition.steps.clone(),
            probe: definition.probe.clone(),
            guard: definition.guard.clone(),
            stage: stored.stage,
            revision: stored.revision,
            file: stored.file.clone(),
            commit: stored.commit.clone(),
            at: stored.at.to_string(),
            retired: stored.retired.map(|at| at.to_string()),
            history: revisions.into_iter().map(revision).collect(),
        }
    }
}

/// A person on a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonRow {
    pub person: String,
    /// How many steps they did.
    pub steps_done: usize,
    pub entered_at: String,
    /// When each step was done, from the first on.
    pub times: Vec<String>,
    pub is_pending: bool,
}
