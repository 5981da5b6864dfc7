//! Making a plan and saving it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::verify::command::{self, Bench, Command, Ended};
use crate::verify::infrastructure::folder::Folder;
use crate::verify::infrastructure::module::{self, Backend, quoted};
use crate::verify::infrastructure::{Error, Plan, program};

const WITHIN: Duration = Duration::from_mins(15);
const PLAN_BYTES_MAX: u64 = 256 << 20;
const TEXT_BYTES_MAX: usize = 256 << 10;

/// What came of planning.
#[derive(Debug)]
pub(crate) enum Planned {
    /// Saved; with how its command ended.
    Saved(Box<Plan>, exec::Outcome),
    /// Terraform said no, or took too long.
    Failed(exec::Outcome),
    Cancelled,
    /// There is no Terraform on this machine ([`super::MISSING`]).
    Missing,
}

/// What is planned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planning<'a> {
    /// The folder of the configuration in the repository.
    pub(crate) dir: &'a str,
    pub(crate) log: &'a Path,
}

/// Plans the commit of the bench and saves the plan.
pub(crate) async fn plan(
    bench: &Bench<'_>,
    planning: Planning<'_>,
    cancel: &CancellationToken,
) -> Result<Planned, crate::verify::Error> {
    let Some(program) = program() else { return Ok(Planned::Missing) };
    let folder = Folder::of(&bench.plan.data, &bench.plan.repository);
    folder.prepare()?;
    let worktree = bench.worktree(&bench.plan.commit, "plan").await?;
    let module = module::folder_in(worktree.folder(), planning.dir)?;
    let backend = module::prepare(&module, &folder)?;
    let state_digest = (backend == Backend::Ours).then(|| folder.state_digest());
    let out = bench.plan.work.join("plan-out");
    fs::create_dir_all(&out).map_err(Error::io("make the folder", &out))?;
    let line = script(&program, &out, backend);
    let command = Command {
        directory: planning.dir,
        variables: module::variables(&folder, &out.join("data")),
        write: vec![out.clone()],
        read: vec![folder.state_folder(), folder.settings().to_owned()],
        ..Command::new(&line, worktree.folder(), WITHIN, planning.log)
    };
    let Ended::Finished(outcome) = bench.run(&command, cancel).await? else { return Ok(Planned::Cancelled) };
    if command::state(&outcome.end) != crate::verify::StepState::Passed {
        return Ok(Planned::Failed(outcome));
    }
    let lock = fs::read(module.join(".terraform.lock.hcl")).ok();
    let plan = save(bench, planning.dir, &folder, &out, lock.as_deref(), state_digest)?;
    Ok(Planned::Saved(Box::new(plan), outcome))
}

/// Without a lock the state need not be written; a plan that was overtaken is stale and Terraform refuses it.
fn script(program: &Path, out: &Path, backend: Backend) -> String {
    let (program, plan) = (quoted(program), quoted(&out.join("plan")));
    let lock = if backend == Backend::Ours { "-lock=false" } else { "-lock-timeout=120s" };
    format!(
        "{program} init -input=false -no-color\n\
         {program} plan -input=false -no-color {lock} -out={plan}\n\
         {program} show -json {plan} >{}\n\
         {program} show -no-color {plan} >{}\n",
        quoted(&out.join("json")),
        quoted(&out.join("text")),
    )
}

fn save(
    bench: &Bench<'_>,
    dir: &str,
    folder: &Folder,
    out: &Path,
    lock: Option<&[u8]>,
    state_digest: Option<String>,
) -> Result<Plan, Error> {
    let shown: Shown = serde_json::from_slice(&read(&out.join("json"))?).map_err(Error::Unreadable)?;
    let text = readable(&read(&out.join("text"))?, &bench.plan.redact);
    let (create, change, destroy) = (shown.count("create"), shown.count("update"), shown.count("delete"));
    Ok(Plan {
        digest: folder.save(&read(&out.join("plan"))?, lock)?,
        repository: bench.plan.repository.clone(),
        commit: bench.plan.commit.clone(),
        dir: dir.to_owned(),
        level: bench.level,
        state_digest,
        create,
        change,
        destroy,
        is_applicable: shown.applyable.unwrap_or(create + change + destroy > 0),
        summary: summary(create, change, destroy),
        text,
    })
}

fn summary(create: u64, change: u64, destroy: u64) -> String {
    let part =
        |count: u64, what: &str| if count == 0 { format!("nothing to {what}") } else { format!("{count} to {what}") };
    format!("{}, {}, {}", part(create, "create"), part(change, "change"), part(destroy, "destroy"))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let data = fs::symlink_metadata(path).map_err(Error::io("read", path))?;
    if !data.is_file() || data.len() > PLAN_BYTES_MAX {
        let why = std::io::Error::other(format!("it is no file of at most {} MiB", PLAN_BYTES_MAX >> 20));
        return Err(Error::io("read", path)(why));
    }
    fs::read(path).map_err(Error::io("read", path))
}

fn readable(bytes: &[u8], redact: &[String]) -> String {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT_BYTES_MAX)]).into_owned();
    for secret in redact.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "[redacted]");
    }
    text
}

/// `terraform show -json` of a plan (format 1.2), as far as it is needed.
#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
    /// Since Terraform 1.8.
    applyable: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ResourceChange {
    change: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    /// One, or `delete` and `create` in either order for a replacement.
    actions: Vec<String>,
}

impl Shown {
    fn count(&self, action: &str) -> u64 {
        self.resource_changes.iter().filter(|resource| resource.change.actions.iter().any(|a| a == action)).count()
            as u64
    }
}
