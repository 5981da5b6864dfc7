//! One horizontal time axis from commit to customers; spans have their real durations.
//!
//! The lanes stand in the order of the story, and what is in one in order of time. A lane has its newest things only, so that a
//! story stays readable however long it goes on; what is left out is counted.

mod customers;

use delivery::Outcome;
use delivery::view::change::ChangeView;
use delivery::view::deployment::DeploymentItem;
use delivery::view::run::RunView;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Known, percent, short};

/// Spans, and marks, of a lane.
const LANE_MAX: usize = 20;
/// Lanes of flags, of experiments, and of journeys.
const LANES_MAX: usize = 5;

/// Lanes over one axis from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    pub from: String,
    pub to: String,
    pub lanes: Vec<Lane>,
    /// Things that are in no lane because there are too many.
    pub left_out: u64,
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
    /// All of it in words, where the label is short for something.
    pub detail: Option<String>,
    /// A page of the console.
    pub link: Option<String>,
}

/// A moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub at: String,
    pub kind: String,
    pub icon: String,
    pub label: String,
    /// All of it in words, where the label is short for something.
    pub detail: Option<String>,
    /// A page of the console.
    pub link: Option<String>,
}

pub(crate) fn of(view: &ChangeView, known: &Known, now: Timestamp) -> Timeline {
    let mut lanes = vec![commit(view)];
    lanes.extend(view.run_view.as_ref().and_then(checks));
    lanes.extend(probes(&view.row.deployments));
    if !view.row.deployments.is_empty() {
        lanes.push(deploy(&view.row.deployments));
    }
    let (more, mut left_out) = customers::lanes(known);
    lanes.extend(more);
    left_out += lanes.iter_mut().map(Lane::cut).sum::<usize>();
    let to = end(view, &lanes).unwrap_or_else(|| now.to_string());
    Timeline { from: view.commit.landed.clone(), to, lanes, left_out: left_out as u64 }
}

impl Lane {
    fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), spans: Vec::new(), marks: Vec::new() }
    }

    const fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.marks.is_empty()
    }

    /// Keeps the newest in order of time, and says how many it does not keep.
    fn cut(&mut self) -> usize {
        self.spans.sort_by_key(|span| instant(&span.from));
        self.marks.sort_by_key(|mark| instant(&mark.at));
        let surplus = |all: usize| all.saturating_sub(LANE_MAX);
        let (spans, marks) = (surplus(self.spans.len()), surplus(self.marks.len()));
        self.spans.drain(..spans);
        self.marks.drain(..marks);
        spans + marks
    }

    /// Its last moment; `None` while something goes on in it.
    fn end(&self) -> Option<Timestamp> {
        let spans = self.spans.iter().map(|span| span.to.as_deref().and_then(instant));
        let marks = self.marks.iter().map(|mark| instant(&mark.at));
        spans.chain(marks).try_fold(Timestamp::MIN, |last, at| Some(last.max(at?)))
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// When the story is over: nothing more will happen to a change that was taken back, failed or superseded, and to its flags.
fn end(view: &ChangeView, lanes: &[Lane]) -> Option<String> {
    let delivered = match view.row.deployments.first() {
        Some(newest) => newest.ended.as_deref(),
        None => view.run_view.as_ref().filter(|run| run.state == "failed").and_then(|run| run.ended.as_deref()),
    };
    let delivered = instant(delivered?)?;
    let last = lanes.iter().try_fold(delivered, |last, lane| Some(last.max(lane.end()?)));
    last.map(|at| at.to_string())
}

fn commit(view: &ChangeView) -> Lane {
    let label = format!("{} on trunk", view.row.short);
    let mark = Mark {
        at: view.commit.landed.clone(),
        kind: "good".into(),
        icon: "mark".into(),
        label,
        detail: None,
        link: None,
    };
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
    let link = Some(format!("/runs/{}", run.id));
    let span = Span { from: run.started.clone()?, to: run.ended.clone(), kind: kind.into(), label, detail: None, link };
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
    let to = item.probed_at.clone().or_else(|| item.ended.clone());
    let detail = match &item.probe {
        Some(Outcome::Passed { sentence }) => Some(sentence.clone()),
        Some(Outcome::Failed { why }) => Some(why.clone()),
        Some(Outcome::NothingToProbe) | None => None,
    };
    Some(Span { from, to, kind: kind.into(), label, detail, link: Some(page(item)) })
}

fn page(item: &DeploymentItem) -> String {
    format!("/deployments/{}", item.number)
}

fn deploy(deployments: &[DeploymentItem]) -> Lane {
    let mut lane = Lane::new("Deploy");
    for item in deployments.iter().rev() {
        let before_live = item.live_at.clone().or_else(|| item.ended.clone());
        let (kind, label) = match item.phase.as_str() {
            "rolled_back" | "rolling_back" if item.live_at.is_none() => ("bad", format!("canary {}", item.number)),
            "failed" => ("bad", format!("deployment {} failed", item.number)),
            "canary" => ("busy", format!("canary {}", percent(item.weight))),
            _ => ("busy", format!("deployment {}", item.number)),
        };
        let detail = if item.live_at.is_none() { item.reason.clone() } else { None };
        let span = |from: &str, to, kind: &str, label, detail| {
            let (from, kind) = (from.to_owned(), kind.to_owned());
            Span { from, to, kind, label, detail, link: Some(page(item)) }
        };
        lane.spans.push(span(&item.started, before_live, kind, label, detail));
        if let Some(live_at) = &item.live_at {
            let kind = if item.phase == "rolled_back" { "bad" } else { "good" };
            let label = format!("{} live", item.number);
            lane.spans.push(span(live_at, item.ended.clone(), kind, label, None));
        }
        if let (Some(ended), true) = (&item.ended, item.phase == "rolled_back") {
            let label = format!("rolled back from {}", short(&item.commit));
            let (at, kind, icon) = (ended.clone(), "bad".into(), "undo".into());
            lane.marks.push(Mark { at, kind, icon, label, detail: item.reason.clone(), link: Some(page(item)) });
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
