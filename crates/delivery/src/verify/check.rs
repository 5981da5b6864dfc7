//! A check: a command in a clean worktree, and what its test report says.

use std::path::Path;
use std::sync::Arc;

use exec::Outcome;
use tokio_util::sync::CancellationToken;

use crate::config::Check;
use crate::git::Worktree;
use crate::verify::command::{self, Bench, Command, Ended};
use crate::verify::junit::{self, Report};
use crate::verify::schedule::{Ending, Telling};
use crate::verify::{Cases, Error, StepQueued, StepState};

/// A check that is over.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) state: StepState,
    pub(crate) summary: Option<String>,
    pub(crate) report: Arc<Report>,
}

/// Runs it as a step of the run.
pub(crate) async fn run(
    bench: &Bench<'_>,
    check: &Check,
    step: &StepQueued,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Checked {
    let (ending, report) = match bench.slot(cancel).await {
        None => (Ending::cancelled(), Report::default()),
        Some(_slot) => {
            tell.started(step).await;
            attempt(bench, check, step, cancel)
                .await
                .unwrap_or_else(|error| (Ending::failed(&error), Report::default()))
        }
    };
    tell.finished(step, &ending).await;
    Checked { name: check.name.clone(), state: ending.state, summary: ending.summary, report: Arc::new(report) }
}

async fn attempt(
    bench: &Bench<'_>,
    check: &Check,
    step: &StepQueued,
    cancel: &CancellationToken,
) -> Result<(Ending, Report), Error> {
    let worktree = bench.worktree(&bench.plan.commit, &step.name).await?;
    match in_worktree(bench, check, &worktree, &step.log, cancel).await? {
        Some((outcome, report)) => Ok((ending(&outcome, &report, &step.log), report)),
        None => Ok((Ending::cancelled(), Report::default())),
    }
}

/// Runs the check's command in a worktree and reads its report; `None` when cancelled.
pub(crate) async fn in_worktree(
    bench: &Bench<'_>,
    check: &Check,
    worktree: &Worktree,
    log: &Path,
    cancel: &CancellationToken,
) -> Result<Option<(Outcome, Report)>, Error> {
    let folder = worktree.folder();
    if let Some(glob) = check.junit.clone() {
        reading(folder, move |folder| junit::clear(folder, &glob)).await;
    }
    let command = Command::new(&check.run, folder, check.timeout, log);
    let Ended::Finished(outcome) = bench.run(&command, cancel).await? else { return Ok(None) };
    let report = match check.junit.clone() {
        Some(glob) => reading(folder, move |folder| junit::read(folder, &glob)).await,
        None => Report::default(),
    };
    Ok(Some((outcome, report)))
}

/// Reads files where that may block.
async fn reading<T: Default + Send + 'static>(folder: &Path, read: impl FnOnce(&Path) -> T + Send + 'static) -> T {
    let folder = folder.to_owned();
    // It fails only when the runtime shuts down, and then nobody is interested.
    tokio::task::spawn_blocking(move || read(&folder)).await.unwrap_or_default()
}

fn ending(outcome: &Outcome, report: &Report, log: &Path) -> Ending {
    let state = command::state(&outcome.end);
    let cases = report.counted();
    let mut parts: Vec<String> = Vec::new();
    match (&cases, state) {
        (Some(cases), StepState::Passed | StepState::Failed) => parts.push(counts(cases, state)),
        _ => parts.extend(command::ending(outcome, log)),
    }
    parts.extend(command::remarks(outcome));
    parts.extend(report.warnings.iter().cloned());
    Ending {
        state,
        seconds: outcome.seconds,
        summary: (!parts.is_empty()).then(|| parts.join("; ")),
        cases,
        judgement: None,
        log_bytes: outcome.log_bytes,
        log_truncated: outcome.log_truncated,
    }
}

/// The cases in a few words. Where exit code and report disagree, the exit code counts and that is said.
fn counts(cases: &Cases, state: StepState) -> String {
    let all = cases.passed + cases.failed + cases.skipped;
    let skipped = if cases.skipped > 0 { format!(", {} skipped", cases.skipped) } else { String::new() };
    let first = cases.failures.first().map_or("", |failure| failure.name.as_str());
    match (state, cases.failed) {
        (StepState::Passed, 0) => format!("{} passed{skipped}", cases.passed),
        (StepState::Passed, failed) => {
            format!("its exit code says passed although {failed} of {all} cases failed: {first}")
        }
        (_, 0) => format!("its exit code says failed although none of {all} cases did"),
        (_, failed) => format!("{failed} of {all} cases failed: {first}"),
    }
}
