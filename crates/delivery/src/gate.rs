//! Gates: other contexts judge a change before it may ship.
//!
//! A gate is asked once all checks passed and everything is built, as a step of the run. It answers with a [`Judgement`];
//! what is not known does not pass. Delivery knows no gate: it gives each a [`Candidate`], and stores what it says.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::verify::RedGreen;

/// A gate that does not say how long it takes is given so much.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// More problems than these are counted and not kept.
const PROBLEMS_MAX: usize = 200;
/// Larger evidence is not kept.
const EVIDENCE_BYTES_MAX: usize = 256 << 10;
const SUMMARY_CHARS_MAX: usize = 1_000;

/// Why a gate came to no judgement.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Whoever may stop a change.
pub trait Gate: Debug + Send + Sync {
    /// One word, for example `security`; the step is called `gate: security`. No two gates have the same.
    fn name(&self) -> &'static str;

    /// A gate that takes longer has not judged.
    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    /// Judges a change. It may be asked again about the same one: a run that was cut short is done again.
    ///
    /// An error, a panic and silence count as [`Verdict::Unknown`]. Dropped when the run is cancelled. What would block must not
    /// block here (`spawn_blocking`), and what others wrote is read as what it is: the folders hold links and files of any size.
    fn judge(&self, candidate: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>>;
}

/// What a gate judges. The folders are to be read only, and are there until it has answered.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub repository: String,
    /// Full id.
    pub commit: String,
    /// The commit before it on trunk.
    pub parent: Option<String>,
    pub run: String,
    /// The files of the commit, in which no foreign code ran. All gates of a run share it.
    pub checkout: PathBuf,
    /// The bare mirror of the repository, in which commit and parent are.
    pub mirror: PathBuf,
    pub artifacts: Vec<BuiltArtifact>,
    /// Exactly what customers have now, of every service of the product.
    pub live: Vec<LiveArtifact>,
    pub red_green: RedGreen,
}

/// What the run built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltArtifact {
    pub service: String,
    /// `sha256:…`
    pub digest: String,
    pub path: PathBuf,
}

/// What runs of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveArtifact {
    pub service: String,
    pub repository: String,
    pub deployment: u64,
    pub commit: String,
    pub digest: String,
    pub path: PathBuf,
}

/// How a gate judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GateVerdict)]
pub enum Verdict {
    Passed,
    Failed,
    /// It does not pass either.
    Unknown,
    /// It would have failed, and its people have not turned it on: it passes.
    Held,
    /// What it judges by was never given to it: nothing is known, it says so, and the change passes.
    NotJudged,
}

impl Verdict {
    pub(crate) const fn lets_pass(self) -> bool {
        matches!(self, Self::Passed | Self::Held | Self::NotJudged)
    }
}

/// What a gate says. Stored with the step: fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = GateJudgement)]
pub struct Judgement {
    pub state: Verdict,
    /// One sentence for the author of the change: lower case, no full stop.
    pub summary: String,
    /// What it saw, as the gate tells it; kept up to 256 KiB.
    #[schema(value_type = Object)]
    pub evidence: serde_json::Value,
    /// Each with its place and a hint; the first 200.
    #[schema(value_type = Vec<Object>)]
    pub problems: Vec<Problem>,
}

impl Judgement {
    pub fn new(state: Verdict, summary: impl Into<String>) -> Self {
        Self { state, summary: summary.into(), evidence: serde_json::Value::Null, problems: Vec::new() }
    }

    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown, why)
    }

    #[must_use]
    pub fn with_evidence(mut self, evidence: serde_json::Value) -> Self {
        self.evidence = evidence;
        self
    }

    #[must_use]
    pub fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// The sentence with what it means.
    pub fn told(&self) -> String {
        match self.state {
            Verdict::Passed | Verdict::Failed | Verdict::NotJudged => self.summary.clone(),
            Verdict::Unknown => format!("unknown: {}", self.summary),
            Verdict::Held => format!("would have failed: {}", self.summary),
        }
    }

    /// Cut to what is kept; what was left out is said.
    pub(crate) fn bounded(mut self) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        self.summary = self.summary.chars().map(plain).take(SUMMARY_CHARS_MAX).collect();
        let more = self.problems.len().saturating_sub(PROBLEMS_MAX);
        if more > 0 {
            self.problems.truncate(PROBLEMS_MAX);
            self.problems.push(Problem::invalid(format!("{more} more problems are not listed")));
        }
        let bytes = self.evidence.to_string().len();
        if bytes > EVIDENCE_BYTES_MAX {
            let left_out = format!("{bytes} bytes of evidence are more than the {EVIDENCE_BYTES_MAX} that are kept");
            self.evidence = serde_json::json!({ "left_out": left_out });
        }
        self
    }
}

/// Whoever knows what customers have.
pub trait Production: Debug + Send + Sync {
    /// As it is now.
    fn live(&self) -> BoxFuture<'_, Result<Vec<LiveArtifact>, Failure>>;
}

/// The gates of a run, with what they are told besides the change.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    pub all: Vec<Arc<dyn Gate>>,
    pub run: String,
    /// `None`: nothing is known of production, and nobody judges.
    pub production: Option<Arc<dyn Production>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_judgement_is_bounded_and_that_is_said() {
        let problems = vec![Problem::invalid("wrong"); PROBLEMS_MAX + 3];
        let evidence = serde_json::json!("x".repeat(EVIDENCE_BYTES_MAX));
        let summary = format!("a\u{1b}[31m {}", "b".repeat(2 * SUMMARY_CHARS_MAX));
        let told = Judgement::new(Verdict::Failed, summary).with_problems(problems).with_evidence(evidence).bounded();
        assert_eq!(told.summary.chars().count(), SUMMARY_CHARS_MAX);
        assert!(!told.summary.contains('\u{1b}'));
        assert_eq!(told.problems.last().unwrap().message, "3 more problems are not listed");
        assert!(told.evidence["left_out"].as_str().unwrap().contains("262146 bytes"), "{}", told.evidence);
    }

    #[test]
    fn only_what_is_fine_or_observed_or_was_given_nothing_to_judge_by_passes() {
        let verdicts = [Verdict::Passed, Verdict::Failed, Verdict::Unknown, Verdict::Held, Verdict::NotJudged];
        assert_eq!(verdicts.map(Verdict::lets_pass), [true, false, false, true, true]);
    }
}
