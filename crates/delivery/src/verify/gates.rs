//! Gates judge what passed its checks and was built, each as a step of the run.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use kernel::Problem;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::gate::{BuiltArtifact, Candidate, Failure, Gate, Judgement, LiveArtifact, Verdict};
use crate::verify::command::Bench;
use crate::verify::schedule::{Ending, Telling};
use crate::verify::{StepQueued, StepState, Verified, artifact};

const NOT_ASKED: &str = "not asked, because the change does not pass anyway";

/// A gate's answer.
struct Answer {
    judgement: Judgement,
    in_time: bool,
}

/// Asks all gates of the plan, side by side; what does not pass them all has not passed.
pub(crate) async fn run(
    bench: &Bench<'_>,
    steps: &[StepQueued],
    verified: Verified,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Verified {
    if steps.is_empty() {
        return verified;
    }
    if !verified.passed {
        for step in steps {
            tell.finished(step, &Ending::plain(StepState::Skipped, NOT_ASKED)).await;
        }
        return verified;
    }
    let worktree = bench.worktree(&bench.plan.commit, "gates").await;
    let checkout = worktree.as_ref().map(|tree| tree.folder().to_owned()).map_err(|error| kernel::chain(error));
    let all = bench.plan.gates.all.iter().zip(steps).map(|(gate, step)| {
        let candidate = checkout.clone().map(|checkout| candidate(bench, &verified, checkout));
        one(bench, gate, candidate, step, tell, cancel)
    });
    let whys: Vec<_> = join_all(all).await.into_iter().flatten().collect();
    let why = if cancel.is_cancelled() {
        Some("the run was cancelled".to_owned())
    } else {
        (!whys.is_empty()).then(|| whys.join("; "))
    };
    Verified { passed: why.is_none(), why, ..verified }
}

fn candidate(bench: &Bench<'_>, verified: &Verified, checkout: PathBuf) -> Candidate {
    let store = bench.plan.data.join("artifacts");
    let built = verified.artifacts.iter().map(|(service, built)| BuiltArtifact {
        service: service.clone(),
        digest: built.digest.clone(),
        path: artifact::folder(&store, &built.digest),
    });
    Candidate {
        repository: bench.plan.repository.clone(),
        commit: bench.plan.commit.clone(),
        parent: bench.plan.parent.clone(),
        run: bench.plan.gates.run.clone(),
        checkout,
        mirror: bench.plan.mirror.clone(),
        artifacts: built.collect(),
        live: Vec::new(),
        red_green: verified.red_green.clone(),
    }
}

/// Asks one; why the change does not pass it, if it does not.
async fn one(
    bench: &Bench<'_>,
    gate: &Arc<dyn Gate>,
    candidate: Result<Candidate, String>,
    step: &StepQueued,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Option<String> {
    tell.started(step).await;
    let began = Instant::now();
    let answer = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        answer = ask(bench, gate, candidate) => Some(answer),
    };
    let Some(Answer { judgement, in_time }) = answer else {
        tell.finished(step, &Ending::cancelled()).await;
        return None;
    };
    let judgement = judgement.bounded();
    let state = match judgement.state {
        _ if !in_time => StepState::TimedOut,
        Verdict::Passed | Verdict::Held | Verdict::NotJudged => StepState::Passed,
        Verdict::Failed | Verdict::Unknown => StepState::Failed,
    };
    let why = (!judgement.state.lets_pass()).then(|| format!("gate {}: {}", gate.name(), judgement.told()));
    let mut ending = Ending::plain(state, judgement.told());
    ending.seconds = began.elapsed().as_secs_f64();
    ending.log_bytes = write_log(step, &judgement);
    ending.judgement = Some(judgement);
    tell.finished(step, &ending).await;
    why
}

async fn ask(bench: &Bench<'_>, gate: &Arc<dyn Gate>, candidate: Result<Candidate, String>) -> Answer {
    let candidate = match candidate {
        Ok(candidate) => candidate,
        Err(why) => return Answer { judgement: Judgement::unknown(why), in_time: true },
    };
    let limit = gate.time_limit();
    match tokio::time::timeout(limit, judge(bench, gate, candidate)).await {
        Ok(Ok(judgement)) => Answer { judgement, in_time: true },
        Ok(Err(failure)) => Answer { judgement: Judgement::unknown(kernel::chain(&*failure)), in_time: true },
        Err(_) => {
            let why = format!("it did not answer within {:.0} s", limit.as_secs_f64());
            Answer { judgement: Judgement::unknown(why), in_time: false }
        }
    }
}

async fn judge(bench: &Bench<'_>, gate: &Arc<dyn Gate>, mut candidate: Candidate) -> Result<Judgement, Failure> {
    candidate.live = live(bench).await?;
    let gate = Arc::clone(gate);
    // A task of its own, so that a gate that panics or never yields takes nobody along.
    let task = tokio::spawn(async move { gate.judge(candidate).await });
    AbortOnDropHandle::new(task).await.map_err(|_| "it broke off")?
}

async fn live(bench: &Bench<'_>) -> Result<Vec<LiveArtifact>, Failure> {
    let production = bench.plan.gates.production.as_ref().ok_or("what customers have is not known here")?;
    production.live().await
}

/// The whole judgement, for people.
fn write_log(step: &StepQueued, judgement: &Judgement) -> u64 {
    let problems = judgement.problems.iter().map(Problem::told);
    let evidence = (!judgement.evidence.is_null()).then(|| format!("{:#}", judgement.evidence));
    let lines: Vec<_> = std::iter::once(judgement.told()).chain(problems).chain(evidence).collect();
    let text = lines.join("\n") + "\n";
    if let Err(error) = fs::write(&step.log, &text) {
        tracing::warn!(log = %step.log.display(), %error, "a gate's log could not be written");
        return 0;
    }
    text.len() as u64
}
