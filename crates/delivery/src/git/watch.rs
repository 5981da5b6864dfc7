//! Whether trunk may have moved, without asking git while nothing happens.
//!
//! A repository on this machine is watched by the stamps of the few files that name its branches; another machine is
//! asked. A signal is a hint: it may come too often, it never stays out for good.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::git::{Mirror, local_path};

/// How often the files of a repository on this machine are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often another machine is asked.
const ASK_EVERY: Duration = Duration::from_secs(20);
/// The longest pause after failures.
const ASK_EVERY_MAX: Duration = Duration::from_mins(5);

/// What a watch has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Fetch and look.
    MaybeMoved,
    /// The repository could not be asked; it is tried again by itself.
    Unreachable { why: String, again_seconds: u64 },
}

/// A stream of signals; the first says that nothing was looked at yet. Dropping it ends the watching.
#[derive(Debug)]
pub struct Watch {
    signals: mpsc::Receiver<Signal>,
    how: String,
    _task: AbortOnDropHandle<()>,
}

impl Watch {
    /// Watches `branch` of the mirror's origin.
    pub fn start(mirror: &Mirror, branch: &str) -> Self {
        // One place is enough: a signal that waits stands for all that follow.
        let (sender, signals) = mpsc::channel(1);
        let (how, task) = if let Some(path) = local_path(mirror.url()) {
            let how = format!("its branches are looked at every {} ms", LOOK_EVERY.as_millis());
            (how, tokio::spawn(look(path, branch.to_owned(), sender)))
        } else {
            let how = format!("it is asked every {} s", ASK_EVERY.as_secs());
            (how, tokio::spawn(ask(mirror.clone(), branch.to_owned(), sender)))
        };
        Self { signals, how, _task: AbortOnDropHandle::new(task) }
    }

    /// How it is watched, in words.
    pub fn how(&self) -> &str {
        &self.how
    }

    /// The next signal.
    pub async fn next(&mut self) -> Option<Signal> {
        self.signals.recv().await
    }
}

impl Stream for Watch {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.signals.poll_recv(context)
    }
}

async fn look(path: PathBuf, branch: String, signals: mpsc::Sender<Signal>) {
    let mut seen = None;
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (path, branch) = (path.clone(), branch.clone());
        let Ok(now) = tokio::task::spawn_blocking(move || stamps(&path, &branch)).await else { return };
        if seen.as_ref() != Some(&now) {
            seen = Some(now);
            if signals.send(Signal::MaybeMoved).await.is_err() {
                return;
            }
        }
    }
}

/// What tells one state of a file from another. Git replaces these files by renaming, so the inode changes too.
type Stamp = Option<(u64, u64, i64, i64)>;

fn stamps(repository: &Path, branch: &str) -> Vec<Stamp> {
    let git = git_folder(repository);
    let common = common_folder(&git);
    let files = [
        git.join("HEAD"),
        common.join("refs/heads").join(branch),
        common.join("packed-refs"),
        common.join("reftable/tables.list"),
    ];
    files.iter().map(|file| stamp(file)).collect()
}

fn stamp(file: &Path) -> Stamp {
    let data = fs::metadata(file).ok()?;
    Some((data.ino(), data.size(), data.mtime(), data.mtime_nsec()))
}

/// `.git`, or where the file `.git` of a linked worktree or submodule points, or the folder itself if it is bare.
fn git_folder(repository: &Path) -> PathBuf {
    let inside = repository.join(".git");
    match fs::read_to_string(&inside) {
        Ok(text) => text.trim().strip_prefix("gitdir:").map_or(inside, |to| repository.join(to.trim())),
        Err(_) if inside.is_dir() => inside,
        Err(_) => repository.to_owned(),
    }
}

/// Linked worktrees share the branches of the repository they belong to.
fn common_folder(git: &Path) -> PathBuf {
    fs::read_to_string(git.join("commondir")).map_or_else(|_| git.to_owned(), |to| git.join(to.trim()))
}

async fn ask(mirror: Mirror, branch: String, signals: mpsc::Sender<Signal>) {
    let mut seen = None;
    let mut pause = ASK_EVERY;
    loop {
        let signal = match mirror.ask_branch(&branch).await {
            Ok(now) => {
                pause = ASK_EVERY;
                let is_new = seen.as_ref() != Some(&now);
                seen = Some(now);
                is_new.then_some(Signal::MaybeMoved)
            }
            Err(error) => {
                pause = (pause * 2).min(ASK_EVERY_MAX);
                Some(Signal::Unreachable { why: error.to_string(), again_seconds: pause.as_secs() })
            }
        };
        if let Some(signal) = signal
            && signals.send(signal).await.is_err()
        {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}
