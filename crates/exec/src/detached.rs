//! Commands that outlive their caller: who finds them again, and how they are ended.
//!
//! A detached command's shim holds `flock` on its lock file as long as it lives, and writes its record once the command runs and again
//! when it is over. Invariants: the lock is held exactly as long as the command may run; the record tells about the holder of the lock,
//! or, when nobody holds it, about the last one. The record is JSON; readers ignore fields they do not know.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{PidfdFlags, Signal, pidfd_open};
use serde::{Deserialize, Serialize};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::process::{Identity, end_session, pid_of};
use crate::{Error, Outcome};

/// How often a lock is tried again: someone who only looks may hold it for a moment.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A detached command that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Running {
    /// The shim, which holds the lock. SIGTERM to it ends the command in good order.
    pub shim_pid: u32,
    /// Clock ticks from boot to the shim's start: with the pid it names the shim for sure.
    pub shim_start_ticks: u64,
    /// The command itself, which leads its own session.
    pub pid: u32,
    /// Clock ticks from boot to the command's start.
    pub start_ticks: u64,
    /// The kernel's id of this boot.
    pub boot: String,
    /// When the command was started.
    pub started: Timestamp,
}

impl Running {
    pub(crate) fn new(shim: &Identity, command: &Identity, started: Timestamp) -> Self {
        Self {
            shim_pid: shim.pid,
            shim_start_ticks: shim.start_ticks,
            pid: command.pid,
            start_ticks: command.start_ticks,
            boot: command.boot.clone(),
            started,
        }
    }

    fn shim(&self) -> Identity {
        Identity { pid: self.shim_pid, start_ticks: self.shim_start_ticks, boot: self.boot.clone() }
    }

    fn command(&self) -> Identity {
        Identity { pid: self.pid, start_ticks: self.start_ticks, boot: self.boot.clone() }
    }

    /// Waits until the shim is gone: the command is over, and its outcome stands in the record unless the shim was killed.
    pub async fn ended(&self) -> Result<(), Error> {
        let Some(pid) = pid_of(self.shim_pid) else { return Ok(()) };
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return Ok(()) };
        if !self.shim().runs() {
            return Ok(());
        }
        let watch = |source| Error::system("watch a process", source);
        #[expect(
            deprecated,
            reason = "its successor is unsafe for types that lie about their descriptor; an owned one does not"
        )]
        let handle = AsyncFd::<OwnedFd>::with_interest(handle, Interest::READABLE).map_err(watch)?;
        handle.readable().await.map(drop).map_err(watch)
    }
}

/// What stands in the record file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    pub(crate) running: Running,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
}

/// The command behind `lock`, if it runs. `None` also for the moment between a shim's start and its command's.
pub fn observe(record: &Path, lock: &Path) -> Option<Running> {
    if !is_locked(lock) {
        return None;
    }
    read(record).map(|record| record.running).filter(|running| running.shim().runs())
}

/// How the command that last ran under this record ended. `None` while it runs, and if its shim was killed.
pub fn outcome(record: &Path) -> Option<Outcome> {
    read(record)?.outcome
}

/// Ends the command: SIGTERM to all of it, SIGKILL after the grace in its specification. If it is not over `within` that time, its shim is
/// killed, and with it whatever the shim had started. Returns whether anything ran. Nothing runs any more afterwards.
pub async fn terminate(record: &Path, lock: &Path, within: Duration) -> Result<bool, Error> {
    let Some(running) = observe(record, lock) else {
        if let Some(last) = read(record) {
            end_session(&last.running.command()).await;
        }
        return Ok(false);
    };
    running.shim().signal(Signal::TERM);
    if let Ok(ended) = tokio::time::timeout(within, running.ended()).await {
        ended?;
    } else {
        running.shim().signal(Signal::KILL);
        running.ended().await?;
    }
    end_session(&running.command()).await;
    Ok(true)
}

fn is_locked(lock: &Path) -> bool {
    let Ok(file) = File::open(lock) else { return false };
    // Shared, so that two who look do not see each other.
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
}

/// Takes the lock for the rest of the process's life, or says that somebody else holds it.
pub(crate) fn hold(lock: &Path) -> io::Result<Option<File>> {
    if let Some(folder) = lock.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(lock)?;
    for _ in 0..LOCK_TRIES {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Ends what an earlier command of this record left behind, in case its shim was killed. Only for the holder of the lock.
pub(crate) async fn clear_away(record: &Path) {
    if let Some(last) = read(record) {
        end_session(&last.running.command()).await;
    }
}

pub(crate) fn read(record: &Path) -> Option<Record> {
    serde_json::from_slice(&fs::read(record).ok()?).ok()
}

/// Replaces the record at once. On a full disk the old one is written over in place, which needs no new block: a record that may be torn
/// by a crash is better than an instance that cannot be started again.
pub(crate) fn write(path: &Path, record: &Record) -> io::Result<()> {
    let text = serde_json::to_vec(record)?;
    match replace(path, &text) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            let mut file = OpenOptions::new().write(true).open(path)?;
            file.write_all(&text)?;
            file.set_len(text.len() as u64)?;
            file.sync_all()
        }
        done => done,
    }
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)
}
