//! The check on the parent: with the new tests, and bare where that has to be known.

use std::path::PathBuf;

use exec::{End, Outcome};
use tokio_util::sync::CancellationToken;

use crate::config::Check;
use crate::verify::check::{self, Checked};
use crate::verify::command::{self, Bench};
use crate::verify::junit::Report;
use crate::verify::red_green::judge::{self, Evidence, Verdict};
use crate::verify::red_green::{Proof, Question, RedGreen};
use crate::verify::schedule::{Ending, Telling};
use crate::verify::{Error, StepQueued, StepState};

/// How the check ended on the parent.
#[derive(Debug)]
struct Run {
    outcome: Outcome,
    report: Report,
    /// The end of its log.
    log: String,
}

/// The parent of a change, and the check to run there.
#[derive(Debug, Clone, Copy)]
struct Parent<'a> {
    bench: &'a Bench<'a>,
    check: &'a Check,
    step: &'a StepQueued,
    commit: &'a str,
    sha: &'a str,
}

/// How the step ends, and the answer.
pub(crate) async fn find_out(
    bench: &Bench<'_>,
    question: Question<'_>,
    files: &[PathBuf],
    tell: &Telling,
    cancel: &CancellationToken,
) -> (Ending, RedGreen) {
    let Question { check, step, changed, here } = question;
    let Some(sha) = changed.parent.as_deref() else {
        return concluded(RedGreen::unknown("there is no parent"), None);
    };
    let parent = Parent { bench, check, step, commit: &changed.commit, sha };
    // What runs on the parent is in vain once the check has failed here.
    let in_vain = cancel.child_token();
    let wait = async {
        let here = here.await.ok().filter(|here| here.state == StepState::Passed);
        if here.is_none() {
            in_vain.cancel();
        }
        here
    };
    let (there, here) = tokio::join!(parent.with_tests(files, tell, &in_vain), wait);
    if cancel.is_cancelled() {
        return (Ending::cancelled(), RedGreen::unknown("the run was cancelled"));
    }
    let Some(here) = here else { return concluded(RedGreen::unknown("the check does not pass here"), None) };
    match there {
        Err(error) => (Ending::failed(&error), RedGreen::unknown(kernel::chain(&error))),
        Ok(None) => concluded(RedGreen::unknown("it was cancelled"), None),
        Ok(Some(there)) => {
            let answer = parent.answer(&here, &there, files, cancel).await;
            concluded(answer, Some(&there))
        }
    }
}

impl Parent<'_> {
    async fn with_tests(
        self,
        files: &[PathBuf],
        tell: &Telling,
        cancel: &CancellationToken,
    ) -> Result<Option<Run>, Error> {
        let Some(_slot) = self.bench.slot(cancel).await else { return Ok(None) };
        tell.started(self.step).await;
        let worktree = self.bench.worktree(self.sha, &self.step.name).await?;
        self.bench.mirror.overlay(&worktree, self.commit, files).await?;
        self.run(&worktree, &self.step.log, cancel).await
    }

    async fn bare(self, cancel: &CancellationToken) -> Result<Option<Run>, Error> {
        let Some(_slot) = self.bench.slot(cancel).await else { return Ok(None) };
        let name = format!("{}-bare-parent", self.step.name);
        let worktree = self.bench.worktree(self.sha, &name).await?;
        let log = self.step.log.with_extension("bare-parent.log");
        self.run(&worktree, &log, cancel).await
    }

    async fn run(
        self,
        worktree: &crate::git::Worktree,
        log: &std::path::Path,
        cancel: &CancellationToken,
    ) -> Result<Option<Run>, Error> {
        let ran = check::in_worktree(self.bench, self.check, worktree, log, cancel).await?;
        Ok(ran.map(|(outcome, report)| Run { outcome, report, log: command::tail(log) }))
    }

    async fn answer(self, here: &Checked, there: &Run, files: &[PathBuf], cancel: &CancellationToken) -> RedGreen {
        let has_passed_there = match has_passed(there) {
            Ok(has_passed) => has_passed,
            Err(why) => return RedGreen::unknown(why),
        };
        let evidence = Evidence { files, here: &here.report, there: &there.report, has_passed_there, log: &there.log };
        let claim = match judge::judge(&evidence) {
            Verdict::Decided(answer) => return answer,
            Verdict::IfParentPasses(claim) => claim,
        };
        match self.bare(cancel).await {
            Err(error) => RedGreen::unknown(kernel::chain(&error)),
            Ok(None) => RedGreen::unknown("the run was cancelled"),
            Ok(Some(bare)) => match has_passed(&bare) {
                Ok(has_passed) => judge::with_control(claim, has_passed, &bare.report),
                Err(why) => RedGreen::unknown(why),
            },
        }
    }
}

/// Whether the check passed on the parent, or why that cannot be said.
fn has_passed(run: &Run) -> Result<bool, String> {
    match &run.outcome.end {
        End::Exited { code } => Ok(*code == 0),
        End::TimedOut { after_seconds } => {
            Err(format!("the check did not end on the parent within {after_seconds:.0} s"))
        }
        End::Signalled { signal } => Err(format!("the check was ended on the parent by signal {signal}")),
        End::FailedToStart { why } => Err(format!("the check could not be started on the parent: {why}")),
        End::ParentGone => Err("the check was ended together with the control plane".into()),
    }
}

/// That the tests fail on the parent is what is hoped for: the step passed when it has an answer.
fn concluded(answer: RedGreen, run: Option<&Run>) -> (Ending, RedGreen) {
    let state = match (answer.state, run.map(|run| &run.outcome.end)) {
        (Proof::Unknown, Some(End::TimedOut { .. })) => StepState::TimedOut,
        (Proof::Unknown | Proof::NoTests, _) => StepState::Skipped,
        _ => StepState::Passed,
    };
    let mut ending = Ending::plain(state, answer.sentence());
    if let Some(run) = run {
        ending.seconds = run.outcome.seconds;
        ending.cases = run.report.counted();
        ending.log_bytes = run.outcome.log_bytes;
        ending.log_truncated = run.outcome.log_truncated;
    }
    (ending, answer)
}
