//! The story of one change: the shapes of `change show` (contracts.md) and how they are told from delivery's part.
//!
//! Parts that are not known yet are `null` and named in `unknown`; an empty list always means "none".

pub mod customers;
pub mod effect;
pub mod evidence;
pub mod feedback;
pub mod proportion;
pub(crate) mod secured;
pub mod timeline;

use delivery::verify::RedGreen;
use delivery::view::change::{ChangeArtifact, ChangeRow, ChangeView, CheckView, CommitView};
use delivery::view::deployment::DeploymentItem;
use delivery::view::run::RunView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use customers::{Customers, FlagVerdict};
use effect::Effect;
use evidence::Evidence;
use timeline::Timeline;

use crate::finding::FindingView;

/// `change show SHA --json`, with what the change page adds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Lineage {
    #[serde(flatten)]
    pub row: ChangeRow,
    pub commit: CommitView,
    pub checks: Option<Vec<CheckView>>,
    #[schema(value_type = Option<Object>)]
    pub red_green: Option<RedGreen>,
    pub artifacts: Option<Vec<ChangeArtifact>>,
    pub flags: Option<Vec<String>>,
    pub exposed_persons: Option<u64>,
    pub journeys: Option<Vec<Effect>>,
    pub verdicts: Option<Vec<FlagVerdict>>,
    /// What is known against what customers got of it; `null` while no customer has had it.
    pub findings: Option<Vec<FindingView>>,
    /// The newest 20; `GET /api/v1/feedback?change=` has all.
    pub feedback: Option<Vec<::feedback::Item>>,
    /// The answer first, in one sentence.
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

/// Tells the story. `now` ends what is still going on.
pub fn tell(
    view: ChangeView,
    customers: Customers,
    findings: Option<Vec<FindingView>>,
    now: jiff::Timestamp,
) -> Lineage {
    let known = [
        ("checks", view.checks.is_some()),
        ("red_green", view.red_green.is_some()),
        ("artifacts", view.artifacts.is_some()),
        ("flags", customers.flags.is_some()),
        ("exposed_persons", customers.exposed_persons.is_some()),
        ("journeys", customers.journeys.is_some()),
        ("verdicts", customers.verdicts.is_some()),
        ("feedback", customers.feedback.is_some()),
        ("findings", findings.is_some()),
    ];
    let unknown = known.iter().filter(|(_, is_known)| !is_known).map(|(name, _)| (*name).to_owned()).collect();
    Lineage {
        sentence: format!("{}{}", sentence(&view), measured(&view, customers.journeys.as_deref())),
        timeline: timeline::of(&view, now),
        evidence: evidence::of(&view, customers.journeys.as_deref()),
        command: format!("trunkline change show {}", view.row.short),
        commit: view.commit,
        checks: view.checks,
        red_green: view.red_green,
        artifacts: view.artifacts,
        flags: customers.flags,
        exposed_persons: customers.exposed_persons,
        journeys: customers.journeys,
        verdicts: customers.verdicts,
        findings,
        feedback: customers.feedback,
        run_view: view.run_view,
        fixes: view.fixes,
        reverts: view.reverts,
        fixed_by: view.fixed_by,
        files: view.files,
        row: view.row,
        unknown,
    }
}

fn sentence(view: &ChangeView) -> String {
    if let Some(deployment) = view.row.deployments.first() {
        return deployed(view, deployment);
    }
    if let Some(newer) = &view.row.shipped_in {
        return format!("Customers have it since {} went live: it shipped inside that change", short(newer));
    }
    if let Some(bad) = &view.row.waits_behind {
        return format!(
            "Verified, and waits behind {}, which was taken back: a revert, a commit with `Fixes: {}` or `trunkline deploy resume` lets it go",
            short(bad),
            short(bad)
        );
    }
    let why = view.row.why.as_deref();
    match view.run_view.as_ref().map(|run| run.state.as_str()) {
        Some("failed") => format!("It does not ship: {}", why.unwrap_or("its checks failed")),
        Some("running") => "It is being verified".into(),
        Some("passed") => {
            why.map_or_else(|| "Verified; its deployment is next".into(), |why| format!("Verified, but {why}"))
        }
        Some(_) => format!("It was not verified: {}", why.unwrap_or("its run was cancelled")),
        None => why.map_or_else(|| "It waits for its run".into(), |why| format!("Not verified by itself: {why}")),
    }
}

fn deployed(view: &ChangeView, newest: &DeploymentItem) -> String {
    let number = newest.number;
    let reason = newest.reason.as_deref().unwrap_or("no reason was recorded");
    match newest.phase.as_str() {
        "live" => format!("All customers have it: deployment {number} is live"),
        "superseded" => format!("Customers had it as deployment {number}; a newer one is live since"),
        "canary" => format!("{} of customers have it: deployment {number} is in its canary", percent(newest.weight)),
        "probing" => format!("No customer has it: deployment {number} is probed in the dark"),
        "rolled_back" | "rolling_back" => match &view.fixed_by {
            Some(fix) => format!("Taken back: {reason}. Mended by {}", short(fix)),
            None => format!("Taken back: {reason}"),
        },
        "failed" => format!("It never had customers: {reason}"),
        "queued" => match &view.row.why {
            Some(why) => format!("Verified; deployment {number} is queued: {why}"),
            None => format!("Verified; deployment {number} is next"),
        },
        _ => format!("Deployment {number} is on its way to customers"),
    }
}

/// What its first journey says, of a version that customers have or had.
fn measured(view: &ChangeView, journeys: Option<&[Effect]>) -> String {
    let has_customers = view.row.deployments.first().is_some_and(|d| matches!(d.phase.as_str(), "live" | "canary"));
    let first = journeys.into_iter().flatten().find(|effect| effect.difference.is_some());
    let Some(effect) = first.filter(|_| has_customers) else { return String::new() };
    let (Some(before), Some(after)) = (effect.before.rate, effect.after.rate) else { return String::new() };
    let (before, after) = (percent(before), percent(after));
    if effect.randomised {
        format!("; {}: {before} without it, {after} with it", effect.journey)
    } else {
        format!("; {}: {before} before, {after} since (not randomised)", effect.journey)
    }
}

pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000.0).round() / 10.0)
}

pub(crate) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
