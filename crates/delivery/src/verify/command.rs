//! One command of a step: its slot, its worktree, its environment and isolation, and how it ended.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{End, Isolation, Launcher, Level, Life, LogMode, Outcome, Priority, Spec};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::git::{Mirror, Worktree};
use crate::verify::environment::Caches;
use crate::verify::{Error, Plan, StepState};

/// A step's log is cut at this size.
const LOG_BYTES_MAX: u64 = 16 << 20;
/// Between the request to end and the end.
const GRACE_SECONDS: f64 = 5.0;
/// As much of a log's end is looked at.
const TAIL_BYTES: u64 = 64 << 10;

/// What the steps of a run share.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) launcher: &'a Launcher,
    pub(crate) mirror: Mirror,
    pub(crate) caches: Caches,
    pub(crate) level: Level,
    /// So many commands run at once.
    pub(crate) slots: Semaphore,
}

/// A line for the shell, to be run.
#[derive(Debug)]
pub(crate) struct Command<'a> {
    pub(crate) line: &'a str,
    pub(crate) worktree: &'a Path,
    /// Below the worktree.
    pub(crate) directory: &'a str,
    pub(crate) timeout: Duration,
    pub(crate) log: &'a Path,
    pub(crate) variables: Vec<(String, String)>,
    /// Besides the worktree, the caches and its temporary files.
    pub(crate) write: Vec<PathBuf>,
    pub(crate) read: Vec<PathBuf>,
}

impl<'a> Command<'a> {
    pub(crate) fn new(line: &'a str, worktree: &'a Path, timeout: Duration, log: &'a Path) -> Self {
        Self { line, worktree, directory: ".", timeout, log, variables: vec![], write: vec![], read: vec![] }
    }
}

/// How a command ended, or that it was not let.
#[derive(Debug)]
pub(crate) enum Ended {
    Finished(Outcome),
    Cancelled,
}

impl Bench<'_> {
    /// Waits for a slot; `None` when cancelled meanwhile.
    pub(crate) async fn slot(&self, cancel: &CancellationToken) -> Option<SemaphorePermit<'_>> {
        tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            permit = self.slots.acquire() => permit.ok(),
        }
    }

    /// The files of `commit` in a folder of this run. Its name is no word that tools look for: in a folder `test`, Node's
    /// runner takes every file for a test.
    pub(crate) async fn worktree(&self, commit: &str, name: &str) -> Result<Worktree, Error> {
        Ok(self.mirror.worktree(commit, &self.plan.work.join(format!("tree-{}", slug(name)))).await?)
    }

    /// Runs it to its end, its time limit or the cancellation.
    pub(crate) async fn run(&self, command: &Command<'_>, cancel: &CancellationToken) -> Result<Ended, Error> {
        let temporary = self.caches.temporary()?;
        let mut env = self.caches.variables(temporary.path());
        env.extend(command.variables.iter().cloned());
        let mut write = vec![command.worktree.to_owned(), self.caches.folder().to_owned()];
        write.extend_from_slice(&command.write);
        let mut read = vec![self.plan.mirror.clone()];
        read.extend_from_slice(&command.read);
        let spec = Spec {
            command: vec!["/bin/sh".into(), "-ec".into(), command.line.into()],
            directory: command.worktree.join(command.directory),
            env,
            redact: self.plan.redact.clone(),
            log: command.log.to_owned(),
            log_bytes_max: LOG_BYTES_MAX,
            log_mode: LogMode::Stop,
            priority: Priority::Background,
            isolation: Isolation { level: self.level, hidden: vec![self.plan.data.clone()], read, write },
            timeout_seconds: Some(command.timeout.as_secs_f64()),
            grace_seconds: GRACE_SECONDS,
            life: Life::WithParent,
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(Ended::Cancelled),
            outcome = self.launcher.run(&spec) => Ok(Ended::Finished(outcome?)),
        }
    }
}

/// The state of a step whose command ended like this.
pub(crate) fn state(end: &End) -> StepState {
    match end {
        End::Exited { code: 0 } => StepState::Passed,
        End::TimedOut { .. } => StepState::TimedOut,
        End::ParentGone => StepState::Cancelled,
        End::Exited { .. } | End::Signalled { .. } | End::FailedToStart { .. } => StepState::Failed,
    }
}

/// How it ended, in words; `None` when there is nothing to say.
pub(crate) fn ending(outcome: &Outcome, log: &Path) -> Option<String> {
    match &outcome.end {
        End::Exited { code: 0 } => None,
        End::Exited { code } => Some(match last_line(log) {
            Some(line) => format!("exit code {code}: {line}"),
            None => format!("exit code {code}"),
        }),
        End::Signalled { signal } => Some(format!("ended by signal {signal}")),
        End::TimedOut { after_seconds } => Some(format!("did not end within {after_seconds:.0} s and was ended")),
        End::ParentGone => Some("ended together with the control plane".into()),
        End::FailedToStart { why } => Some(format!("could not be started: {why}")),
    }
}

/// What else is worth knowing of it.
pub(crate) fn remarks(outcome: &Outcome) -> Vec<String> {
    let mut remarks = Vec::new();
    if outcome.log_truncated {
        remarks.push(format!("its log was cut at {} MiB", LOG_BYTES_MAX >> 20));
    }
    if outcome.left_behind > 0 {
        remarks.push(format!("{} processes that it left behind were ended", outcome.left_behind));
    }
    remarks
}

/// The end of a log, as text.
pub(crate) fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = fs::File::open(log)?;
        let start = file.metadata()?.len().saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

const LINE_CHARS_MAX: usize = 200;

fn last_line(log: &Path) -> Option<String> {
    let text = tail(log);
    let line = text.lines().rev().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric))?;
    Some(line.chars().filter(|c| !c.is_control()).take(LINE_CHARS_MAX).collect())
}

/// A name that is fit for a file.
pub(crate) fn slug(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let slug: String = name.chars().map(fit).take(80).collect();
    if slug.trim_matches('.').is_empty() { "step".into() } else { slug }
}
