//! Applying a saved plan, exactly and at most once.

use std::fs;
use std::path::Path;

use exec::{End, Isolation, Launcher, Life, LogMode, Outcome, Priority, Spec};

use crate::git::Mirror;
use crate::verify::command;
use crate::verify::environment::Caches;
use crate::verify::infrastructure::folder::{Folder, Mark, Saved};
use crate::verify::infrastructure::module::{self, quoted};
use crate::verify::infrastructure::{Error, MISSING, Plan, program};

const SECONDS_MAX: f64 = 3_600.0;
/// Terraform asked to stop finishes the resource it is at.
const GRACE_SECONDS: f64 = 60.0;
const LOG_BYTES_MAX: u64 = 16 << 20;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Terraform says so.
    Done,
    /// Terraform says so; what it had done until then is in its state.
    Failed { why: String },
    /// It was begun and cut short, now or earlier: nobody knows how far it came.
    Unknown,
}

/// Applies `plan`. A plan that was applied is not applied again, one whose application was cut short stays unknown.
pub async fn apply(launcher: &Launcher, data: &Path, plan: &Plan, log: &Path) -> Result<Applied, Error> {
    let folder = Folder::of(data, &plan.repository);
    let saved = folder.saved(&plan.digest);
    match saved.mark() {
        Mark::Done => return Ok(Applied::Done),
        Mark::Begun => return Ok(Applied::Unknown),
        Mark::None => {}
    }
    if !saved.is_intact(&plan.digest) {
        return Ok(failed("the saved plan is missing or is not the one that was planned; verify the change again"));
    }
    let Some(program) = program() else { return Ok(failed(MISSING)) };
    folder.prepare()?;
    let work = data.join("work").join("applies").join(kernel::id::fresh());
    let outcome = in_worktree(launcher, data, plan, (&folder, &saved), &program, &work, log).await;
    if let Err(error) = crate::git::remove_folder(&work) {
        tracing::warn!(folder = %work.display(), %error, "the folder of an application could not be removed");
    }
    conclude(&saved, outcome?, log)
}

async fn in_worktree(
    launcher: &Launcher,
    data: &Path,
    plan: &Plan,
    (folder, saved): (&Folder, &Saved),
    program: &Path,
    work: &Path,
    log: &Path,
) -> Result<Outcome, Error> {
    fs::create_dir_all(work).map_err(Error::io("make the folder", work))?;
    let mirror = data.join("repositories").join(format!("{}.git", plan.repository));
    let worktree = Mirror::existing(&mirror, "").worktree(&plan.commit, &work.join("tree")).await?;
    let module = module::folder_in(worktree.folder(), &plan.dir)?;
    module::prepare(&module, folder)?;
    // The versions of providers that the plan was made with.
    if saved.lock().exists() {
        let lock = module.join(".terraform.lock.hcl");
        fs::copy(saved.lock(), &lock).map_err(Error::io("write", &lock))?;
    }
    let spec = spec(data, plan, (folder, saved), program, work, log, &module)?;
    saved.set_begun()?;
    Ok(launcher.run(&spec).await?)
}

fn spec(
    data: &Path,
    plan: &Plan,
    (folder, saved): (&Folder, &Saved),
    program: &Path,
    work: &Path,
    log: &Path,
    module: &Path,
) -> Result<Spec, Error> {
    let other = |error: crate::verify::Error| Error::io("prepare the caches in", data)(std::io::Error::other(error));
    let caches = Caches::prepare(data, &plan.repository).map_err(other)?;
    let temporary = work.join("tmp");
    fs::create_dir_all(&temporary).map_err(Error::io("make the folder", &temporary))?;
    let mut env = caches.variables(&temporary);
    env.extend(module::variables(folder, &work.join("data")));
    let (program, file) = (quoted(program), quoted(&saved.plan()));
    let line = format!(
        "{program} init -input=false -no-color\n{program} apply -input=false -no-color -lock-timeout=120s {file}\n"
    );
    Ok(Spec {
        command: vec!["/bin/sh".into(), "-ec".into(), line],
        directory: module.to_owned(),
        env,
        redact: vec![],
        log: log.to_owned(),
        log_bytes_max: LOG_BYTES_MAX,
        log_mode: LogMode::Stop,
        priority: Priority::Normal,
        isolation: Isolation {
            level: plan.level,
            hidden: vec![data.to_owned()],
            read: vec![
                data.join("repositories").join(format!("{}.git", plan.repository)),
                saved.plan(),
                folder.settings().to_owned(),
            ],
            write: vec![work.to_owned(), caches.folder().to_owned(), folder.state_folder()],
        },
        timeout_seconds: Some(SECONDS_MAX),
        grace_seconds: GRACE_SECONDS,
        life: Life::WithParent,
    })
}

fn conclude(saved: &Saved, outcome: Outcome, log: &Path) -> Result<Applied, Error> {
    match outcome.end {
        End::Exited { code: 0 } => {
            saved.set_done()?;
            Ok(Applied::Done)
        }
        End::Exited { .. } => {
            saved.set_ended()?;
            Ok(failed(reason(&outcome, log)))
        }
        End::FailedToStart { why } => {
            saved.set_ended()?;
            Ok(failed(format!("terraform could not be started: {why}")))
        }
        // The mark of its beginning stays.
        End::Signalled { .. } | End::TimedOut { .. } | End::ParentGone => Ok(Applied::Unknown),
    }
}

fn reason(outcome: &Outcome, log: &Path) -> String {
    let text = command::tail(log);
    if text.contains("Saved plan is stale") {
        return "the plan is stale: the infrastructure was changed after it was made".into();
    }
    let error = text.lines().rev().map(str::trim).find_map(|line| Some(line[line.find("Error: ")?..].to_owned()));
    error.or_else(|| command::ending(outcome, log)).unwrap_or_else(|| "terraform failed".into())
}

fn failed(why: impl Into<String>) -> Applied {
    Applied::Failed { why: why.into() }
}
