//! The build of a service: a command in a clean worktree, and the files to keep.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::config::Service;
use crate::verify::artifact::{self, Artifact};
use crate::verify::command::{self, Bench, Command, Ended};
use crate::verify::schedule::{Ending, Telling};
use crate::verify::{Error, StepQueued, StepState};

/// A build that is over.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) service: String,
    pub(crate) state: StepState,
    pub(crate) summary: Option<String>,
    pub(crate) artifact: Option<Artifact>,
}

/// Builds a service as a step of the run.
pub(crate) async fn run(
    bench: &Bench<'_>,
    (name, service): (&str, &Service),
    step: &StepQueued,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Built {
    let (ending, artifact) = match bench.slot(cancel).await {
        None => (cancelled(), None),
        Some(_slot) => {
            tell.started(step).await;
            attempt(bench, service, step, cancel).await.unwrap_or_else(|error| (failed(&error), None))
        }
    };
    tell.finished(step, &ending).await;
    Built { service: name.to_owned(), state: ending.state, summary: ending.summary, artifact }
}

fn cancelled() -> Ending {
    Ending::plain(StepState::Cancelled, "cancelled, because nothing would be done with it")
}

fn failed(error: &Error) -> Ending {
    let mut ending = Ending::failed(error);
    if let (Error::Artifact(artifact), Some(summary)) = (error, &mut ending.summary)
        && let Some(hint) = artifact.hint()
    {
        summary.push_str("; ");
        summary.push_str(hint);
    }
    ending
}

async fn attempt(
    bench: &Bench<'_>,
    service: &Service,
    step: &StepQueued,
    cancel: &CancellationToken,
) -> Result<(Ending, Option<Artifact>), Error> {
    let began = Instant::now();
    let worktree = bench.worktree(&bench.plan.commit, &step.name).await?;
    let build = service.build.as_ref();
    let mut ending = Ending::plain(StepState::Passed, "");
    if let Some((line, timeout)) = build.and_then(|build| Some((build.run.as_deref()?, build.timeout))) {
        let command = Command { directory: &service.path, ..Command::new(line, worktree.folder(), timeout, &step.log) };
        let Ended::Finished(outcome) = bench.run(&command, cancel).await? else { return Ok((cancelled(), None)) };
        ending = of_command(&outcome, step);
        if ending.state != StepState::Passed {
            return Ok((ending, None));
        }
    }
    let globs = build.map(|build| build.keep.clone()).unwrap_or_default();
    let artifact = keep(bench, &worktree, service, globs).await?;
    let kept = format!("{} files, {} bytes, {}", artifact.files, artifact.bytes, artifact.digest);
    ending.summary =
        Some(ending.summary.filter(|text| !text.is_empty()).map_or(kept.clone(), |text| format!("{kept}; {text}")));
    ending.seconds = began.elapsed().as_secs_f64();
    Ok((ending, Some(artifact)))
}

fn of_command(outcome: &exec::Outcome, step: &StepQueued) -> Ending {
    let parts: Vec<_> = command::ending(outcome, &step.log).into_iter().chain(command::remarks(outcome)).collect();
    Ending {
        state: command::state(&outcome.end),
        seconds: outcome.seconds,
        summary: (!parts.is_empty()).then(|| parts.join("; ")),
        cases: None,
        judgement: None,
        log_bytes: outcome.log_bytes,
        log_truncated: outcome.log_truncated,
    }
}

async fn keep(
    bench: &Bench<'_>,
    worktree: &crate::git::Worktree,
    service: &Service,
    globs: Vec<String>,
) -> Result<Artifact, Error> {
    let (folder, path) = (worktree.folder().to_owned(), service.path.clone());
    let store = bench.plan.data.join("artifacts");
    let kept = tokio::task::spawn_blocking(move || artifact::keep(&folder, &path, &globs, &store)).await;
    kept.map_err(|error| Error::io("collect", worktree.folder())(std::io::Error::other(error)))?.map_err(Error::from)
}
