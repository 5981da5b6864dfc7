//! A run of the pipeline as it is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{seconds, time};
use crate::gate::Judgement;
use crate::store::run::{StoredRun, StoredStep};
use crate::verify::{Cases, StepKind, StepState};

/// A run with its steps.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    pub id: String,
    pub change: String,
    pub subject: String,
    /// `queued running passed failed cancelled`
    pub state: String,
    pub why: Option<String>,
    pub started: Option<String>,
    pub ended: Option<String>,
    pub seconds: Option<f64>,
    pub steps: Vec<StepView>,
}

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    pub name: String,
    #[schema(value_type = String)]
    pub kind: StepKind,
    #[schema(value_type = String)]
    pub state: StepState,
    pub started: Option<String>,
    pub ended: Option<String>,
    pub seconds: Option<f64>,
    pub command: String,
    pub summary: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub cases: Option<Cases>,
    /// What the gate said, if the step is one and was asked.
    #[serde(default)]
    pub judgement: Option<Judgement>,
    pub log_bytes: u64,
    pub log_truncated: bool,
}

pub(crate) fn run(stored: &StoredRun, subject: String, steps: &[StoredStep]) -> RunView {
    RunView {
        id: stored.id.clone(),
        change: stored.sha.clone(),
        subject,
        state: stored.state.clone(),
        why: stored.why.clone(),
        started: stored.started.map(time),
        ended: stored.ended.map(time),
        seconds: stored.started.zip(stored.ended).map(|(from, to)| seconds(from, to)),
        steps: steps.iter().map(step).collect(),
    }
}

fn step(stored: &StoredStep) -> StepView {
    StepView {
        name: stored.name.clone(),
        kind: stored.kind,
        state: stored.state,
        started: stored.started.map(time),
        ended: stored.ended.map(time),
        seconds: stored.started.zip(stored.ended).map(|(from, to)| seconds(from, to)),
        command: stored.command.clone(),
        summary: stored.summary.clone(),
        cases: stored.cases.clone(),
        judgement: stored.judgement.clone(),
        log_bytes: std::fs::metadata(&stored.log).map_or(0, |m| m.len()),
        log_truncated: stored.log_truncated,
    }
}
