//! The story of one change: the shapes of `change show` (contracts.md) and how they are told from delivery's part.
//!
//! Parts that are not known yet are `null` and named in `unknown`; an empty list always means "none".

pub mod customers;
pub mod effect;
pub mod evidence;
#[cfg(test)]
mod examples;
pub mod exposure;
pub mod feedback;
pub mod guarded;
pub mod proportion;
pub(crate) mod secured;
mod sentence;
mod switched;
pub mod timeline;

use delivery::verify::RedGreen;
use delivery::view::change::{ChangeArtifact, ChangeRow, ChangeView, CheckView, CommitView};
use delivery::view::run::RunView;
use security::FeedAge;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use customers::{Customers, FlagVerdict};
use effect::Effect;
use evidence::{Evidence, Seen};
use exposure::FlagExposure;
use guarded::{GateSaid, GuardSaid};
use timeline::Timeline;

use crate::finding::FindingView;

/// `change show SHA --json`, with what the change page adds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Lineage {
    #[serde(flatten)]
    pub row: ChangeRow,
    pub commit: CommitView,
    pub checks: Option<Vec<CheckView>>,
    /// What each gate said; `null` while one of them has not.
    pub gates: Option<Vec<GateSaid>>,
    #[schema(value_type = Option<Object>)]
    pub red_green: Option<RedGreen>,
    pub artifacts: Option<Vec<ChangeArtifact>>,
    /// What guards saw of its deployments; `null` while no customer has had it.
    pub guards: Option<Vec<GuardSaid>>,
    pub flags: Option<Vec<String>>,
    pub exposed_persons: Option<u64>,
    /// Of each of its flags, when it first reached somebody, and how many.
    pub exposures: Option<Vec<FlagExposure>>,
    pub journeys: Option<Vec<Effect>>,
    pub verdicts: Option<Vec<FlagVerdict>>,
    /// What is known against what customers got of it; `null` while no customer has had it.
    pub findings: Option<Vec<FindingView>>,
    /// How old the feeds are by which that is judged; `null` as long as nothing is.
    #[serde(default)]
    pub advisories: Option<FeedAge>,
    /// The newest 20; `GET /api/v1/feedback?change=` has all.
    pub feedback: Option<Vec<::feedback::Item>>,
    /// The answer first, in one or two sentences.
    pub sentence: String,
    pub run_view: Option<RunView>,
    pub fixes: Vec<String>,
    pub reverts: Vec<String>,
    pub fixed_by: Option<String>,
    pub timeline: Timeline,
    pub evidence: Vec<Evidence>,
    #[schema(value_type = Vec<Object>)]
    pub files: Vec<delivery::git::FileStat>,
    /// The command that prints the same.
    pub command: String,
    /// Parts that are not known yet.
    pub unknown: Vec<String>,
}

/// What is known beside delivery's part; a part is `None` as long as it is not known.
#[derive(Debug, Default)]
pub struct Known {
    pub customers: Customers,
    pub guards: Option<Vec<GuardSaid>>,
    pub findings: Option<Vec<FindingView>>,
    /// How old the feeds are by which that is judged.
    pub advisories: Option<FeedAge>,
}

/// Tells the story. `now` ends what is still going on.
pub fn tell(view: ChangeView, known: Known, now: jiff::Timestamp) -> Lineage {
    let gates = guarded::gates(&view);
    let sentence = sentence::of(&view, &known);
    let timeline = timeline::of(&view, &known, now);
    let Known { customers, guards, findings, advisories } = known;
    let verdicts = customers.verdicts.as_deref();
    let evidence = evidence::of(
        &view,
        &Seen {
            gates: gates.as_deref(),
            guards: guards.as_deref(),
            journeys: customers.journeys.as_deref(),
            verdicts,
            findings: findings.as_deref(),
        },
    );
    let told = Lineage {
        sentence,
        timeline,
        evidence,
        command: format!("trunkline change show {}", view.row.short),
        commit: view.commit,
        checks: view.checks,
        gates,
        red_green: view.red_green,
        artifacts: view.artifacts,
        guards,
        flags: customers.flags,
        exposed_persons: customers.exposed_persons,
        exposures: customers.exposures,
        journeys: customers.journeys,
        verdicts: customers.verdicts,
        findings,
        advisories,
        feedback: customers.feedback,
        run_view: view.run_view,
        fixes: view.fixes,
        reverts: view.reverts,
        fixed_by: view.fixed_by,
        files: view.files,
        row: view.row,
        unknown: Vec::new(),
    };
    Lineage { unknown: unknown(&told), ..told }
}

/// In the order of the story.
fn unknown(told: &Lineage) -> Vec<String> {
    let known = [
        ("checks", told.checks.is_some()),
        ("red_green", told.red_green.is_some()),
        ("gates", told.gates.is_some()),
        ("artifacts", told.artifacts.is_some()),
        ("guards", told.guards.is_some()),
        ("flags", told.flags.is_some()),
        ("exposed_persons", told.exposed_persons.is_some()),
        ("exposures", told.exposures.is_some()),
        ("journeys", told.journeys.is_some()),
        ("verdicts", told.verdicts.is_some()),
        ("findings", told.findings.is_some()),
        ("feedback", told.feedback.is_some()),
    ];
    known.iter().filter(|(_, is_known)| !is_known).map(|(name, _)| (*name).to_owned()).collect()
}

pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000.0).round() / 10.0)
}

pub(crate) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
