//! A probe's command, run as a check is: in a clean worktree of the commit, isolated, with a time limit and a log.

use std::path::Path;
use std::time::Duration;

use exec::{Launcher, Level};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::git::{Mirror, Scratch};
use crate::verify::command::{Bench, Command, Ended, ending};
use crate::verify::environment::Caches;
use crate::verify::{Error, Plan};

/// What is walked, and how the command finds its way.
#[derive(Debug)]
pub struct Walk<'a> {
    /// A line for `sh`.
    pub line: &'a str,
    pub log: &'a Path,
    pub variables: Vec<(String, String)>,
    pub timeout: Duration,
}

/// Runs the command to its end; why it failed, if it did.
pub async fn walk(
    plan: &Plan,
    launcher: &Launcher,
    level: Level,
    walk: &Walk<'_>,
    cancel: &CancellationToken,
) -> Result<Option<String>, Error> {
    let _work = Scratch::make(plan.work.clone()).map_err(Error::io("make the folder", &plan.work))?;
    std::fs::create_dir_all(&plan.logs).map_err(Error::io("make the folder", &plan.logs))?;
    let mirror = Mirror::existing(&plan.mirror, "");
    let caches = Caches::prepare(&plan.data, &plan.repository)?;
    let bench = Bench { plan, launcher, mirror, caches, level, slots: Semaphore::new(1) };
    let tree = bench.worktree(&plan.commit, "probe").await?;
    let mut command = Command::new(walk.line, tree.folder(), walk.timeout, walk.log);
    command.variables.clone_from(&walk.variables);
    match bench.run(&command, cancel).await? {
        Ended::Finished(outcome) => Ok(ending(&outcome, walk.log)),
        Ended::Cancelled => Ok(Some("it was cancelled".into())),
    }
}
