//! The definitions of a commit are checked like its code: a wrong one stops the change, with its place and a hint.

use std::fs;

use kernel::Problem;

use crate::verify::schedule::{Ending, Telling};
use crate::verify::{Error, Plan, StepQueued, StepState};

/// So many are told in a run's reason; all stand in the log.
const TOLD_MAX: usize = 3;

/// Checks them; what is wrong.
pub(crate) async fn run(
    plan: &Plan,
    files: &[(String, String)],
    step: Option<&StepQueued>,
    tell: &Telling,
) -> Result<Vec<Problem>, Error> {
    let Some(step) = step else { return Ok(Vec::new()) };
    tell.started(step).await;
    let began = std::time::Instant::now();
    let problems = plan.definitions.check(files);
    let mut ending = match problems.as_slice() {
        [] if files.len() == 1 => Ending::plain(StepState::Passed, "1 file of definitions"),
        [] => Ending::plain(StepState::Passed, format!("{} files of definitions", files.len())),
        wrong => Ending::plain(StepState::Failed, summary(wrong)),
    };
    ending.seconds = began.elapsed().as_secs_f64();
    let lines: String = problems.iter().flat_map(|problem| [problem.told(), "\n".to_owned()]).collect();
    ending.log_bytes = lines.len() as u64;
    fs::write(&step.log, lines).map_err(Error::io("write", &step.log))?;
    tell.finished(step, &ending).await;
    Ok(problems)
}

/// The first of them, and how many more there are.
pub(crate) fn summary(problems: &[Problem]) -> String {
    let mut told: Vec<_> = problems.iter().take(TOLD_MAX).map(Problem::told).collect();
    let more = problems.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}
