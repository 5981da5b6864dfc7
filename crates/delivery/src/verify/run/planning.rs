//! The step that plans the infrastructure.

use tokio_util::sync::CancellationToken;

use crate::config::Product;
use crate::verify::command::{self, Bench};
use crate::verify::infrastructure::{self, Planned, Planning};
use crate::verify::schedule::{Ending, Telling};
use crate::verify::{StepQueued, StepState};

/// What is known of the infrastructure after the run.
#[derive(Debug)]
pub(crate) enum Infrastructure {
    /// None is declared, or planning was cancelled because the change fails anyway.
    Nothing,
    Planned(Box<infrastructure::Plan>),
    Failed(String),
    Missing,
}

impl Infrastructure {
    pub(crate) fn held(&self) -> Option<String> {
        matches!(self, Self::Missing).then(|| infrastructure::MISSING.to_owned())
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
    }

    pub(crate) fn plan(self) -> Option<infrastructure::Plan> {
        match self {
            Self::Planned(plan) => Some(*plan),
            _ => None,
        }
    }
}

pub(crate) async fn run(
    bench: &Bench<'_>,
    product: &Product,
    step: Option<&StepQueued>,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Infrastructure {
    let (Some(declared), Some(step)) = (&product.infrastructure, step) else { return Infrastructure::Nothing };
    let (ending, infrastructure) = match bench.slot(cancel).await {
        None => (cancelled(), Infrastructure::Nothing),
        Some(_slot) => {
            tell.started(step).await;
            attempt(bench, &declared.dir, step, cancel).await
        }
    };
    if infrastructure.failure().is_some() {
        cancel.cancel();
    }
    tell.finished(step, &ending).await;
    infrastructure
}

async fn attempt(
    bench: &Bench<'_>,
    dir: &str,
    step: &StepQueued,
    cancel: &CancellationToken,
) -> (Ending, Infrastructure) {
    match infrastructure::plan(bench, Planning { dir, log: &step.log }, cancel).await {
        Ok(Planned::Saved(plan, outcome)) => (of(&outcome, Some(plan.summary.clone())), Infrastructure::Planned(plan)),
        Ok(Planned::Failed(outcome)) => {
            let why = command::ending(&outcome, &step.log);
            (of(&outcome, why.clone()), Infrastructure::Failed(why.unwrap_or_default()))
        }
        Ok(Planned::Cancelled) => (cancelled(), Infrastructure::Nothing),
        Ok(Planned::Missing) => (Ending::plain(StepState::Skipped, infrastructure::MISSING), Infrastructure::Missing),
        Err(error) => (Ending::failed(&error), Infrastructure::Failed(kernel::chain(&error))),
    }
}

fn cancelled() -> Ending {
    Ending::plain(StepState::Cancelled, "cancelled, because nothing would be done with it")
}

fn of(outcome: &exec::Outcome, summary: Option<String>) -> Ending {
    Ending {
        state: command::state(&outcome.end),
        seconds: outcome.seconds,
        summary,
        cases: None,
        judgement: None,
        log_bytes: outcome.log_bytes,
        log_truncated: outcome.log_truncated,
    }
}
