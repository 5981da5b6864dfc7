//! One horizontal time axis from commit to customers; spans have their real durations.

use delivery::Outcome;
use delivery::view::change::ChangeView;
use delivery::view::deployment::DeploymentItem;
use delivery::view::run::RunView;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{percent, short};

/// Lanes over one axis from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    pub from: String,
    pub to: String,
    pub lanes: Vec<Lane>,
}

/// One kind of thing that happens to a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lane {
    pub name: String,
    pub spans: Vec<Span>,
    pub marks: Vec<Mark>,
}

/// Something that took time; `to` is `null` while it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    pub from: String,
    pub to: Option<String>,
    /// `good busy warn bad dark plain`
    pub kind: String,
    pub label: String,
}

/// A moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub at: String,
    pub kind: String,
    pub icon: String,
    pub label: String,
}

pub(crate) fn of(view: &ChangeView, now: Timestamp) -> Timeline {
    let mut lanes = vec![commit(view)];
    lanes.extend(view.run_view.as_ref().and_then(checks));
    lanes.extend(probes(&view.row.deployments));
    if !view.row.deployments.is_empty() {
        lanes.push(deploy(&view.row.deployments));
    }
    let to = end(view).unwrap_or_else(|| now.to_string());
    Timeline { from: view.commit.landed.clone(), to, lanes }
}

/// When the story is over: nothing more will happen to a change that was taken back, failed or superseded.
fn end(view: &ChangeView) -> Option<String> {
    match view.row.deployments.first() {
        Some(newest) => newest.ended.clone(),
        None => view.run_view.as_ref().filter(|run| run.state == "failed").and_then(|run| run.ended.clone()),
    }
}

fn commit(view: &ChangeView) -> Lane {
    let label = format!("{} on trunk", view.row.short);
    let mark = Mark { at: view.commit.landed.clone(), kind: "good".into(), icon: "mark".into(), label };
    Lane { name: "Commit".into(), spans: vec![], marks: vec![mark] }
}

fn checks(run: &RunView) -> Option<Lane> {
    let (kind, word) = match run.state.as_str() {
        "passed" => ("good", "passed"),
        "failed" => ("bad", "failed"),
        "running" => ("busy", "running"),
        _ => ("plain", "cancelled"),
    };
    let label = match run.seconds {
        Some(seconds) => format!("{} steps {word}, {}", run.steps.len(), duration(seconds)),
        None => format!("{} steps {word}", run.steps.len()),
    };
    let span = Span { from: run.started.clone()?, to: run.ended.clone(), kind: kind.into(), label };
    Some(Lane { name: "Checks".into(), spans: vec![span], marks: vec![] })
}

/// The time that was spent in the dark, where something was probed.
fn probes(deployments: &[DeploymentItem]) -> Option<Lane> {
    let spans: Vec<_> = deployments.iter().rev().filter_map(probe).collect();
    (!spans.is_empty()).then(|| Lane { name: "Probe".into(), spans, marks: vec![] })
}

fn probe(item: &DeploymentItem) -> Option<Span> {
    let from = item.probing_at.clone()?;
    let (kind, label) = match &item.probe {
        Some(Outcome::Passed { .. }) => ("dark", format!("{} probed", item.number)),
        Some(Outcome::Failed { .. }) => ("bad", format!("{} failed its probe", item.number)),
        Some(Outcome::NothingToProbe) => return None,
        None if item.ended.is_some() => ("bad", format!("{} was not probed", item.number)),
        None => ("busy", format!("{} is probed", item.number)),
    };
    Some(Span { from, to: item.probed_at.clone().or_else(|| item.ended.clone()), kind: kind.into(), label })
}

fn deploy(deployments: &[DeploymentItem]) -> Lane {
    let mut lane = Lane { name: "Deploy".into(), spans: vec![], marks: vec![] };
    for item in deployments.iter().rev() {
        let before_live = item.live_at.clone().or_else(|| item.ended.clone());
        let (kind, label) = match item.phase.as_str() {
            "rolled_back" | "rolling_back" if item.live_at.is_none() => ("bad", format!("canary {}", item.number)),
            "failed" => ("bad", format!("deployment {} failed", item.number)),
            "canary" => ("busy", format!("canary {}", percent(item.weight))),
            _ => ("busy", format!("deployment {}", item.number)),
        };
        lane.spans.push(Span { from: item.started.clone(), to: before_live, kind: kind.into(), label });
        if let Some(live_at) = &item.live_at {
            let kind = if item.phase == "rolled_back" { "bad" } else { "good" };
            let label = format!("{} live", item.number);
            lane.spans.push(Span { from: live_at.clone(), to: item.ended.clone(), kind: kind.into(), label });
        }
        if let (Some(ended), true) = (&item.ended, item.phase == "rolled_back") {
            let label = format!("rolled back from {}", short(&item.commit));
            lane.marks.push(Mark { at: ended.clone(), kind: "bad".into(), icon: "undo".into(), label });
        }
    }
    lane
}

/// `4.2 s`, `3 min 16 s`.
fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
}
