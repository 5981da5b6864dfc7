//! The parts of the API's answers that the director reads (contracts.md). Unknown fields are passed over.

use serde::Deserialize;

use crate::customers::walks::Funnel;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change {
    pub(crate) state: Word,
    pub(crate) sentence: String,
    pub(crate) run: Option<String>,
    pub(crate) checks: Option<Vec<Check>>,
    pub(crate) red_green: Option<RedGreen>,
    /// Newest first.
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) shipped_in: Option<String>,
    pub(crate) run_view: Option<Run>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Word {
    pub(crate) word: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) state: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RedGreen {
    pub(crate) state: Proof,
    pub(crate) tests: Vec<String>,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    Proved,
    ProvedNoBuild,
    NotProved,
    NoTests,
    #[default]
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Deployment {
    pub(crate) number: u64,
    pub(crate) phase: String,
    pub(crate) reason: Option<String>,
    /// When its probes had walked, if it had any.
    pub(crate) probed_at: Option<jiff::Timestamp>,
}

/// What a deployment went through.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Journal {
    journal: Vec<JournalLine>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct JournalLine {
    what: String,
}

impl Journal {
    /// The shares of visitors that it had before all, in order: `20 %`.
    pub(super) fn canary_shares(&self) -> Vec<String> {
        self.journal.iter().filter_map(|line| line.what.strip_prefix("canary at ")).map(str::to_owned).collect()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Run {
    pub(crate) state: String,
    pub(crate) steps: Vec<RunStep>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RunStep {
    pub(crate) name: String,
    pub(crate) summary: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) services: Vec<Service>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Service {
    pub(crate) in_sync: bool,
    pub(crate) waiting: Vec<Waiting>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Waiting {
    pub(crate) commit: String,
    pub(crate) why: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Link {
    pub(crate) url: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) title: Option<String>,
    pub(crate) detail: Option<String>,
}

impl Change {
    /// The name of a check that did not pass, and what is said of it.
    pub(crate) fn failed_check(&self) -> Option<(&str, &str)> {
        let is_bad = |check: &&Check| matches!(check.state.as_str(), "failed" | "timed_out");
        let check = self.checks.iter().flatten().find(is_bad)?;
        let steps = self.run_view.iter().flat_map(|run| &run.steps);
        let summary = steps.filter(|step| step.name == check.name).find_map(|step| step.summary.as_deref());
        Some((&check.name, summary.unwrap_or("no summary")))
    }

    pub(crate) fn is_verified(&self) -> bool {
        self.run_view.as_ref().is_some_and(|run| run.state == "passed")
    }

    /// Its run is over and did not pass.
    pub(crate) fn is_refused(&self) -> bool {
        self.run_view.as_ref().is_some_and(|run| run.state == "failed")
    }
}

impl Status {
    /// The demo's product has one service.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.services.first()
    }
}

impl Service {
    /// Why a commit is not in production.
    pub(crate) fn why(&self, commit: &str) -> Option<&str> {
        self.waiting.iter().find(|waiting| waiting.commit == commit).map(|waiting| waiting.why.as_str())
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Experiment {
    /// `draft`, `running`, `decided`, ..
    pub(crate) state: String,
    arms: Vec<Arm>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Arm {
    units: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) absolute: Option<Effect>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Effect {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Verdict {
    pub(crate) decision: String,
    pub(crate) sentence: String,
}

impl Experiment {
    /// Persons in both arms together.
    pub(crate) fn units(&self) -> u64 {
        self.arms.iter().map(|arm| arm.units).sum()
    }
}

/// As far as the director looks at it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Flag {
    pub(crate) state: String,
    /// Why it is to be retired.
    pub(crate) retire: Option<String>,
    split: Vec<Part>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Part {
    variant: String,
    share: f64,
}

impl Flag {
    pub(crate) fn share_of(&self, variant: &str) -> f64 {
        self.split.iter().filter(|part| part.variant == variant).map(|part| part.share).sum()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Finding {
    /// `open`, ..
    pub(crate) state: String,
    pub(crate) sentence: String,
    pub(crate) since: Since,
}

/// With what it came.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Since {
    pub(crate) commit: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Feedback {
    items: Vec<Said>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Said {
    text: Option<String>,
}

impl Feedback {
    pub(crate) fn has(&self, words: &str) -> bool {
        self.items.iter().any(|said| said.text.as_deref() == Some(words))
    }
}

/// A journey's report.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    pub(crate) steps: Vec<ReportStep>,
    pub(crate) breakdown: Option<Vec<ReportPart>>,
    /// Verifiers, who are in no figure.
    pub(crate) synthetic_persons: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportStep {
    pub(crate) persons: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportPart {
    pub(crate) value: serde_json::Value,
    pub(crate) steps: Vec<ReportStep>,
}

impl Report {
    pub(crate) fn funnel(&self) -> Funnel {
        funnel(&self.steps)
    }

    /// Of one value of what it is broken down by; zeros if it is not there.
    pub(crate) fn part(&self, value: &str) -> Funnel {
        let text = |part: &ReportPart| part.value.as_str().map_or_else(|| part.value.to_string(), str::to_owned);
        let part = self.breakdown.iter().flatten().find(|part| text(part) == value);
        part.map(|part| funnel(&part.steps)).unwrap_or_default()
    }
}

fn funnel(steps: &[ReportStep]) -> Funnel {
    let mut all = Funnel::default();
    for (place, step) in all.iter_mut().zip(steps) {
        *place = step.persons;
    }
    all
}

/// Milliseconds since 1970 as RFC 3339 in UTC.
pub(super) fn instant(ms: u128) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX).to_string()
}
