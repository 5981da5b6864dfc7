//! A change as it is shown: its row in the list, and delivery's part of its page.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deployment::DeploymentItem;
use super::run::RunView;
use super::{State, StateKind};
use crate::gate::Judgement;
use crate::git::FileStat;
use crate::model::deployment::percent;
use crate::model::trunk::Held;
use crate::provenance::ProvenanceView;
use crate::store::change::{self, StoredChange};
use crate::store::deployment::StoredDeployment;
use crate::store::run::StoredStep;
use crate::verify::{RedGreen, StepKind, StepState};

/// A row of the list of changes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeRow {
    pub sha: String,
    pub short: String,
    pub repository: String,
    pub subject: String,
    pub author: String,
    pub at: String,
    pub state: State,
    pub why: Option<String>,
    pub run: Option<String>,
    pub deployments: Vec<DeploymentItem>,
    /// The newer change inside which it reached customers.
    pub shipped_in: Option<String>,
    /// The commit that was taken back and which it contains.
    pub waits_behind: Option<String>,
}

/// The commit itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CommitView {
    pub sha: String,
    pub author: String,
    pub subject: String,
    /// RFC 3339
    pub at: String,
    /// When trunk was seen to have it.
    pub landed: String,
}

/// One check of the run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    pub name: String,
    #[schema(value_type = String)]
    pub state: StepState,
    pub seconds: Option<f64>,
    /// `check`, `gate`, or another kind of step that did not pass.
    #[schema(value_type = String)]
    pub kind: StepKind,
    /// How it ended, in a line.
    pub summary: Option<String>,
    /// What the gate said, if it is one and was asked.
    pub judgement: Option<Judgement>,
}

/// What was built for a service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeArtifact {
    pub service: String,
    pub digest: String,
    pub files: u64,
    pub bytes: u64,
    /// Where it comes from, and whether that is signed.
    pub provenance: ProvenanceView,
    /// Not known until scans are built.
    pub components: Option<u64>,
    /// Not known until scans are built.
    pub findings: Option<u64>,
}

/// Delivery's part of the change page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    #[serde(flatten)]
    pub row: ChangeRow,
    pub commit: CommitView,
    /// `null` while its run has not begun.
    pub checks: Option<Vec<CheckView>>,
    #[schema(value_type = Option<Object>)]
    pub red_green: Option<RedGreen>,
    pub artifacts: Option<Vec<ChangeArtifact>>,
    pub run_view: Option<RunView>,
    /// Commits that it says it mends.
    pub fixes: Vec<String>,
    pub reverts: Vec<String>,
    /// The newer commit that says it mends this one.
    pub fixed_by: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub files: Vec<FileStat>,
}

/// What the state of a change is made of.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) change: &'a StoredChange,
    pub(crate) steps: &'a [StoredStep],
    pub(crate) deployments: &'a [StoredDeployment],
    pub(crate) shipped_in: Option<&'a str>,
    pub(crate) held: Option<Held>,
    pub(crate) frozen: Option<&'a str>,
    /// Whether an older state of trunk that has it was dropped by a rewrite.
    pub(crate) is_live_part: bool,
}

/// The word for where a change is, and why if that needs a reason.
pub(crate) fn state(standing: &Standing<'_>) -> (State, Option<String>) {
    use change::State as Run;
    let change = standing.change;
    if let Some(newest) = standing.deployments.first() {
        return deployed(standing, newest);
    }
    if standing.is_live_part {
        return (State::new(StateKind::Good, "Live"), None);
    }
    if !change.on_trunk {
        return (State::new(StateKind::Plain, "Not on trunk any more"), change.why.clone());
    }
    match change.state {
        Run::Queued => (State::new(StateKind::Plain, "Waits for its run"), None),
        Run::Running => (State::new(StateKind::Busy, progress(standing.steps)), None),
        Run::Failed => {
            let what = if is_stopped_by_gate(standing.steps) { "Stopped by a gate" } else { "Checks failed" };
            let word = match standing.shipped_in {
                Some(_) => format!("{what}, shipped in a later one"),
                None => what.to_owned(),
            };
            (State::new(StateKind::Bad, word), change.why.clone().or_else(|| Some("checks failed".into())))
        }
        Run::Cancelled => (State::new(StateKind::Plain, "Cancelled"), change.why.clone()),
        Run::Superseded => (State::new(StateKind::Plain, "Part of a newer one"), change.why.clone()),
        Run::Known => (State::new(StateKind::Plain, "Before Trunkline"), change.why.clone()),
        Run::Passed => waiting(standing),
    }
}

fn waiting(standing: &Standing<'_>) -> (State, Option<String>) {
    if standing.shipped_in.is_some() {
        return (State::new(StateKind::Good, "Live within a newer one"), None);
    }
    if let Some(held) = &standing.change.held {
        return (State::new(StateKind::Warn, "Held"), Some(format!("held: {held}")));
    }
    match (&standing.held, standing.frozen) {
        (Some(Held::Behind { sha }), _) => {
            (State::new(StateKind::Warn, "Waits"), Some(format!("held behind {}", change::short(sha))))
        }
        (Some(Held::TakenBack { why }), _) => (State::new(StateKind::Bad, "Held"), Some(why.clone())),
        (None, Some(reason)) => (State::new(StateKind::Warn, "Waits"), Some(format!("frozen: {reason}"))),
        (None, None) => (State::new(StateKind::Busy, "Verified"), None),
    }
}

fn deployed(standing: &Standing<'_>, newest: &StoredDeployment) -> (State, Option<String>) {
    let d = &newest.state;
    let why = d.stage.why().map(str::to_owned);
    match d.stage.phase() {
        "live" => (State::new(StateKind::Good, "Live"), None),
        "canary" => {
            (State::new(StateKind::Busy, format!("Canary {}", percent(d.weight()))), Some(newest.waits_for.clone()))
        }
        "queued" if !newest.waits_for.is_empty() => {
            (super::deployment::state(d), Some(super::waits(&newest.waits_for)))
        }
        "superseded" => (State::new(StateKind::Plain, "Superseded"), None),
        "rolled_back" if standing.shipped_in.is_some() => {
            (State::new(StateKind::Plain, "Rolled back, mended since"), why)
        }
        _ => (super::deployment::state(d), why),
    }
}

/// Nothing but a gate speaks against it.
fn is_stopped_by_gate(steps: &[StoredStep]) -> bool {
    let mut bad = steps.iter().filter(|s| matches!(s.state, StepState::Failed | StepState::TimedOut)).peekable();
    bad.peek().is_some() && bad.all(|s| s.kind == StepKind::Gate)
}

/// `Checks 3 of 7`.
fn progress(steps: &[StoredStep]) -> String {
    let checks = steps.iter().filter(|s| s.kind == StepKind::Check);
    let (all, done) = checks.fold((0, 0), |(all, done), step| {
        (all + 1, done + usize::from(!matches!(step.state, StepState::Queued | StepState::Running)))
    });
    if all == 0 {
        "Preparing".into()
    } else if steps.iter().any(|s| s.kind == StepKind::Gate && s.state != StepState::Queued) {
        "Gates".into()
    } else if all == done {
        "Building".into()
    } else {
        format!("Checks {done} of {all}")
    }
}

pub(crate) fn checks(steps: &[StoredStep]) -> Vec<CheckView> {
    steps
        .iter()
        .filter(|s| match s.kind {
            StepKind::Check | StepKind::Gate => true,
            StepKind::Prepare | StepKind::Build | StepKind::Plan => {
                !matches!(s.state, StepState::Passed | StepState::Skipped)
            }
            StepKind::RedGreen => false,
        })
        .map(|s| CheckView {
            name: s.name.clone(),
            state: s.state,
            seconds: s.started.zip(s.ended).map(|(from, to)| super::seconds(from, to)),
            kind: s.kind,
            summary: s.summary.clone(),
            judgement: s.judgement.clone(),
        })
        .collect()
}
