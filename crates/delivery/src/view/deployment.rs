//! Deployments as they are shown: rows of the history, and the page with its state machine.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{State, StateKind, time};
use crate::model::deployment::{Deployment, Outcome, Overruled, Stage, percent};
use crate::store::deployment::{JournalLine, StoredDeployment};
use crate::store::evidence::{EvidenceKind, EvidenceState, Seen};

/// A row of the history.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeploymentItem {
    pub number: u64,
    pub service: String,
    pub commit: String,
    pub subject: String,
    /// `queued verifying probing canary live superseded rolling_back rolled_back failed`
    pub phase: String,
    pub state: State,
    /// Share of visitors, 0 to 1.
    pub weight: f64,
    pub started: String,
    /// When the first customers got it, from which on it counts in DORA's figures; `null`: none had it.
    #[serde(default)]
    pub exposed_at: Option<String>,
    pub live_at: Option<String>,
    pub ended: Option<String>,
    pub reason: Option<String>,
    pub digest: String,
    /// How its dark verification ended; `null` while it has not.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub probe: Option<Outcome>,
    #[serde(default)]
    pub probing_at: Option<String>,
    #[serde(default)]
    pub probed_at: Option<String>,
}

/// A step of the state machine.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MachineStep {
    pub name: String,
    /// `done current ahead skipped failed`
    pub state: String,
    pub note: Option<String>,
}

/// Something that was looked at before or while it had customers, with what was seen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeploymentStep {
    pub kind: EvidenceKind,
    /// The service or the journey.
    pub name: String,
    pub state: EvidenceState,
    /// When that was seen last.
    pub at: String,
    pub seconds: Option<f64>,
    pub summary: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub evidence: serde_json::Value,
    /// The name of its log, if it has one.
    pub log: Option<String>,
}

pub(crate) fn seen(all: &[Seen]) -> Vec<DeploymentStep> {
    let step = |seen: &Seen| DeploymentStep {
        kind: seen.kind,
        name: seen.name.clone(),
        state: seen.state,
        at: time(seen.at),
        seconds: seen.seconds,
        summary: seen.summary.clone(),
        evidence: seen.evidence.clone(),
        log: seen.log.clone(),
    };
    all.iter().map(step).collect()
}

/// New against old in the present step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HealthView {
    pub new: Option<serde_json::Value>,
    pub old: Option<serde_json::Value>,
    /// How many times likelier what was seen is if the new version is worse.
    pub evidence: f64,
    /// Evidence at which it is rolled back.
    pub threshold: f64,
    /// `hold advance roll_back none`
    pub decision: String,
    pub sentence: String,
}

/// An instance as the edge knows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstanceView {
    pub id: String,
    pub state: String,
    pub why: Option<String>,
    pub port: u16,
    pub pid: Option<u32>,
    pub restarts: u32,
    pub in_flight: u64,
    pub started: Option<String>,
}

/// What was built.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ArtifactView {
    pub digest: String,
    pub files: u64,
    pub bytes: u64,
}

/// What Terraform means to do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanView {
    pub summary: String,
    pub text: String,
}

/// The deployment page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeploymentView {
    #[serde(flatten)]
    pub item: DeploymentItem,
    pub machine: Vec<MachineStep>,
    /// What will happen next, and on what it waits.
    pub next: String,
    /// Its commit and what contains it do not ship by themselves.
    pub is_held: bool,
    pub paused: bool,
    /// The person whose word stands against its guards, and why.
    pub overruled: Option<Overruled>,
    pub health: Option<HealthView>,
    pub instances: Vec<InstanceView>,
    /// What was seen of it: its artifact, its probes, its guards.
    pub steps: Vec<DeploymentStep>,
    pub(crate) journal: Vec<JournalLine>,
    /// Names of the logs of its migration, apply and probes.
    pub logs: Vec<String>,
    pub replaces: Option<u64>,
    pub artifact: Option<ArtifactView>,
    pub plan: Option<PlanView>,
    pub command: String,
}

/// A version that customers had, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseView {
    pub number: u64,
    pub service: String,
    pub commit: String,
    pub digest: String,
    /// When the first customers got it.
    pub from: Timestamp,
    /// When all did.
    pub live_at: Option<Timestamp>,
    /// When none did any more.
    pub to: Option<Timestamp>,
    /// Why it was taken back, if it was.
    pub taken_back: Option<String>,
    /// What was live when it began.
    pub replaces: Option<u64>,
    /// Whose word stands against its guards.
    pub overruled: Option<Overruled>,
}

pub(crate) fn release(stored: &StoredDeployment) -> Option<ReleaseView> {
    let d = &stored.state;
    let taken_back = match &d.stage {
        Stage::RolledBack { why } | Stage::RollingBack { why } => Some(why.clone()),
        _ => None,
    };
    Some(ReleaseView {
        number: d.number,
        service: d.service.clone(),
        commit: d.commit.clone(),
        digest: d.digest.clone(),
        from: d.exposed_at.or(d.live_at)?,
        live_at: d.live_at,
        to: d.ended,
        taken_back,
        replaces: d.replaces,
        overruled: d.overruled.clone(),
    })
}

pub(crate) fn item(stored: &StoredDeployment, subject: String) -> DeploymentItem {
    let d = &stored.state;
    DeploymentItem {
        number: d.number,
        service: d.service.clone(),
        commit: d.commit.clone(),
        subject,
        phase: d.stage.phase().to_owned(),
        state: state(d),
        weight: f64::from(d.weight()) / 10_000.0,
        started: time(d.created),
        exposed_at: d.exposed_at.or(d.live_at).map(time),
        live_at: d.live_at.map(time),
        ended: d.ended.map(time),
        reason: d.stage.why().map(str::to_owned),
        digest: d.digest.clone(),
        probe: d.probe.clone(),
        probing_at: d.probing_at.map(time),
        probed_at: d.probed_at.map(time),
    }
}

/// The word for where it is.
pub(crate) fn state(d: &Deployment) -> State {
    match &d.stage {
        Stage::Queued if d.paused => State::new(StateKind::Warn, "Paused"),
        Stage::Queued => State::new(StateKind::Plain, "Queued"),
        Stage::Infrastructure { .. } => State::new(StateKind::Busy, "Infrastructure"),
        Stage::Migration { .. } => State::new(StateKind::Busy, "Migrating"),
        Stage::Starting => State::new(StateKind::Busy, "Starting"),
        Stage::Probing if d.paused => State::new(StateKind::Warn, "Paused in the dark"),
        Stage::Probing => State::new(StateKind::Busy, "Probing"),
        Stage::Canary { .. } if d.paused => State::new(StateKind::Warn, format!("Paused at {}", percent(d.weight()))),
        Stage::Canary { .. } => State::new(StateKind::Busy, format!("Canary {}", percent(d.weight()))),
        Stage::Live => State::new(StateKind::Good, "Live"),
        Stage::RollingBack { .. } => State::new(StateKind::Bad, "Rolling back"),
        Stage::Superseded => State::new(StateKind::Plain, "Superseded"),
        Stage::RolledBack { .. } => State::new(StateKind::Bad, "Rolled back"),
        Stage::Failed { .. } if matches!(d.probe, Some(Outcome::Failed { .. })) => {
            State::new(StateKind::Bad, "Probe failed")
        }
        Stage::Failed { .. } => State::new(StateKind::Bad, "Failed to start"),
    }
}

/// The names of the machine's steps for this deployment, in order, and whether each applies.
fn steps(d: &Deployment) -> Vec<(String, bool)> {
    let mut steps = vec![
        ("queued".to_owned(), true),
        ("infrastructure".to_owned(), d.has_infrastructure),
        ("migration".to_owned(), d.has_migration),
        ("start".to_owned(), true),
        // A version that customers had before Trunkline probed has no such step.
        ("probe".to_owned(), d.probe.is_some() || d.live_at.is_none()),
    ];
    let has_canary = d.replaces.is_some() && !d.pace.weights.is_empty();
    if has_canary {
        steps.extend(d.pace.weights.iter().map(|w| (format!("canary {}", percent(*w)), true)));
    }
    steps.push(("live".to_owned(), true));
    steps
}

/// Why it entered a step, as its journal says.
fn note(journal: &[JournalLine], step: &str) -> Option<String> {
    journal.iter().rev().find(|line| line.kind != "observed" && enters(&line.what, step))?.detail.clone()
}

/// How far the journal got: the last step that was entered.
fn reached(d: &Deployment, journal: &[JournalLine]) -> usize {
    let entered = |name: &str| journal.iter().any(|line| line.kind != "observed" && enters(&line.what, name));
    steps(d).iter().rposition(|(name, _)| entered(name)).unwrap_or(0)
}

fn enters(what: &str, step: &str) -> bool {
    match step {
        "queued" => what == "queued",
        "infrastructure" => what == "infrastructure is next",
        "migration" => what == "migration is next",
        "start" => what == "start the new version",
        "probe" => what == "probe it in the dark",
        "live" => what == "live",
        canary => what.strip_prefix("canary at ").is_some_and(|share| canary == format!("canary {share}")),
    }
}

/// The state machine with where the deployment stands in it.
pub(crate) fn machine(d: &Deployment, journal: &[JournalLine]) -> Vec<MachineStep> {
    let reached = reached(d, journal);
    let is_bad = matches!(d.stage, Stage::Failed { .. } | Stage::RolledBack { .. } | Stage::RollingBack { .. });
    let has_arrived = matches!(d.stage, Stage::Live | Stage::Superseded);
    let mut machine: Vec<_> = steps(d)
        .into_iter()
        .enumerate()
        .map(|(i, (name, applies))| {
            let state = match i.cmp(&reached) {
                _ if !applies => "skipped",
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal if is_bad => "failed",
                std::cmp::Ordering::Equal if has_arrived => "done",
                std::cmp::Ordering::Equal => "current",
                std::cmp::Ordering::Greater if is_bad || has_arrived => "skipped",
                std::cmp::Ordering::Greater => "ahead",
            };
            MachineStep { note: note(journal, &name), name, state: state.to_owned() }
        })
        .collect();
    if matches!(d.stage, Stage::RolledBack { .. } | Stage::RollingBack { .. }) {
        let state = if d.stage.is_over() { "done" } else { "current" };
        machine.push(MachineStep {
            name: "rollback".into(),
            state: state.into(),
            note: d.stage.why().map(str::to_owned),
        });
    }
    machine
}

/// What will happen next, in a sentence.
pub(crate) fn next_sentence(stored: &StoredDeployment, is_held: bool) -> String {
    let d = &stored.state;
    let waits = stored.waits_for.as_str();
    let then = match &d.stage {
        Stage::Queued => "it begins",
        Stage::Infrastructure { .. } => "the new version is prepared",
        Stage::Migration { .. } => "the new version is started beside the old one",
        Stage::Starting if d.live_at.is_none() => "it is probed before anybody gets it",
        Stage::Probing if d.replaces.is_some() && !d.promoted && !d.pace.weights.is_empty() => "its canary begins",
        Stage::Starting | Stage::Probing => "it goes live",
        Stage::Canary { step } => match d.pace.weights.get(step + 1) {
            Some(next) => return format!("{}then {} of visitors get it", waits_clause(waits), percent(*next)),
            None => "all visitors get it",
        },
        Stage::Live => return "Nothing: it is live until a newer one is, or it is rolled back".into(),
        Stage::RollingBack { .. } => "the rollback is complete",
        Stage::Superseded => return "Nothing: a newer deployment is live".into(),
        Stage::RolledBack { .. } if !is_held => return "Nothing: what was wrong with it is mended or was released".into(),
        Stage::RolledBack { .. } => {
            return format!(
                "Nothing by itself: its commit and all that contain it wait for a revert, a commit with `Fixes: {}`, or `trunkline deploy resume`",
                crate::store::change::short(&d.commit)
            );
        }
        Stage::Failed { .. } => return "Nothing by itself: the next verified change is deployed, or this one after `trunkline deploy resume`".into(),
    };
    format!("{}then {then}", waits_clause(waits))
}

fn waits_clause(waits: &str) -> String {
    if waits.is_empty() { "Moves on at once, ".into() } else { format!("Waits {waits}, ") }
}
