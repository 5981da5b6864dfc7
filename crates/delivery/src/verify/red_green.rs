//! Red before green: do the tests that came with a change fail without it?
//!
//! The changed files that a check calls tests are laid over the parent, and the check is run there. What fails there and
//! passes here is proof. It is claimed only if the parent itself is not what fails: where the report cannot tell, the
//! check is run on the bare parent as well.

mod files;
mod judge;
mod there;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::config::Check;
use crate::verify::check::Checked;
use crate::verify::command::Bench;
use crate::verify::schedule::{Ending, Telling};
use crate::verify::{StepQueued, StepState};

pub(crate) use files::{Changed, changed};

/// What is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The new tests fail on the parent and pass here.
    Proved,
    /// The parent cannot even build with them.
    ProvedNoBuild,
    /// They pass on the parent too.
    NotProved,
    /// It could not be found out; the reason says why.
    Unknown,
    /// The change brings no tests.
    NoTests,
}

/// The answer for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedGreen {
    pub state: Proof,
    /// The test cases it rests on, or the test files where no report names cases.
    pub tests: Vec<String>,
    pub reason: Option<String>,
}

/// So many tests are named.
const TESTS_SHOWN: usize = 100;

impl RedGreen {
    pub(crate) fn new(state: Proof, mut tests: Vec<String>, reason: Option<String>) -> Self {
        tests.truncate(TESTS_SHOWN);
        Self { state, tests, reason }
    }

    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Proof::Unknown, vec![], Some(reason.into()))
    }

    pub(crate) fn no_tests(reason: impl Into<String>) -> Self {
        Self::new(Proof::NoTests, vec![], Some(reason.into()))
    }

    fn sentence(&self) -> String {
        let many = match self.tests.as_slice() {
            [] => String::new(),
            [one] => format!(": {one}"),
            [first, rest @ ..] => format!(": {first} and {} more", rest.len()),
        };
        let text = match self.state {
            Proof::Proved => format!("fails on the parent, passes here{many}"),
            Proof::ProvedNoBuild => format!("the parent cannot be built with the new tests{many}"),
            Proof::NotProved => format!("passes on the parent too{many}"),
            Proof::Unknown => "not known".to_owned(),
            Proof::NoTests => "no changed tests".to_owned(),
        };
        match &self.reason {
            Some(reason) => format!("{text}: {reason}"),
            None => text,
        }
    }
}

/// One answer out of those of the single checks: the strongest.
pub(crate) fn strongest(answers: Vec<RedGreen>, without: RedGreen) -> RedGreen {
    answers
        .into_iter()
        .filter(|answer| answer.state != Proof::NoTests)
        .min_by_key(|answer| answer.state)
        .unwrap_or(without)
}

/// One check's part of the question.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) check: &'a Check,
    pub(crate) step: &'a StepQueued,
    pub(crate) changed: &'a Changed,
    /// How the check ended on the change itself.
    pub(crate) here: oneshot::Receiver<Checked>,
}

/// Answers it as a step of the run.
pub(crate) async fn run(
    bench: &Bench<'_>,
    question: Question<'_>,
    tell: &Telling,
    cancel: &CancellationToken,
) -> RedGreen {
    let step = question.step;
    let files = match question.changed.tests(question.check) {
        Ok(files) => files,
        Err(answer) => {
            tell.finished(step, &Ending::plain(StepState::Skipped, answer.sentence())).await;
            return answer;
        }
    };
    let (ending, answer) = there::find_out(bench, question, &files, tell, cancel).await;
    tell.finished(step, &ending).await;
    answer
}
