//! What to run, and under which limits.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Level};

/// A command with everything that decides how it runs. Stored by the edge, so fields are only ever added, with a default that means
/// "as before"; an old reader ignores fields it does not know.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Program and arguments. A program without `/` is looked up in `env`'s `PATH`, one with `/` starts from `directory`.
    pub command: Vec<String>,
    /// Working directory. It must exist. Under [`Level::Strict`] it can be read only if the isolation says so.
    pub directory: PathBuf,
    /// The whole environment: nothing is added and nothing inherited. See [`crate::environment::base`].
    pub env: BTreeMap<String, String>,
    /// Texts that must not reach the log; each is replaced by `***`. Lines of a text with several lines count one by one too.
    /// A text under [`crate::SECRET_BYTES_MIN`] bytes is not redacted: replacing it everywhere would tell more than it hides.
    #[serde(default)]
    pub redact: Vec<String>,
    /// File that standard output and standard error are appended to, in the order in which they were written. Created with mode 0600,
    /// its folder too.
    pub log: PathBuf,
    /// Bound of the log in bytes; see [`LogMode`]. What the file held before counts.
    pub log_bytes_max: u64,
    /// What happens at the bound.
    pub log_mode: LogMode,
    /// What the command can reach.
    pub isolation: Isolation,
    /// Who waits when the machine is busy.
    #[serde(default)]
    pub priority: Priority,
    /// Time the command may take; `None` for no limit.
    #[serde(default)]
    pub timeout_seconds: Option<f64>,
    /// Time between SIGTERM and SIGKILL whenever the command is ended.
    pub grace_seconds: f64,
    /// Whose life bounds the command's.
    pub life: Life,
}

/// Who waits when the machine is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Nobody in particular: what customers wait for.
    #[default]
    Normal,
    /// The command: it has what is left over.
    Background,
}

/// What happens when the log is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogMode {
    /// Keep the beginning, say that output was cut, and when the command is over append how much was left out and the last 32 KiB. For steps.
    Stop,
    /// Keep the end: the full file becomes `<log>.1`, replacing the one before. At most two files of `log_bytes_max`. For instances.
    Rotate,
}

/// What a command can reach. The folders are ignored under [`Level::Off`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// How strictly.
    pub level: Level,
    /// Folders of which nothing can be read or listed. Their parents cannot be listed either, but everything else in them is open.
    #[serde(default)]
    pub hidden: Vec<PathBuf>,
    /// Files and folders inside `hidden` that can be read and executed all the same. One that does not exist is passed over.
    #[serde(default)]
    pub read: Vec<PathBuf>,
    /// The only files and folders that can be written (beside `/dev/null`, `/dev/shm` and the like). Each must exist.
    #[serde(default)]
    pub write: Vec<PathBuf>,
}

impl Isolation {
    /// No isolation beyond a clean environment, an own session and no new privileges.
    pub fn off() -> Self {
        Self { level: Level::Off, hidden: Vec::new(), read: Vec::new(), write: Vec::new() }
    }
}

/// Whose life bounds the command's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// The caller's: when it dies, or drops the future, the command's whole tree is gone within a second.
    WithParent,
    /// Its own: the caller may die and another find the command again through [`crate::detached`].
    Detached {
        /// Held as long as the command lives. Never delete it.
        lock: PathBuf,
        /// Tells who runs, and in the end how it ended.
        record: PathBuf,
    },
}

/// Environment values and secrets stay out of every log and panic message.
impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("command", &self.command)
            .field("directory", &self.directory)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("redact", &self.redact.len())
            .field("log", &self.log)
            .field("log_bytes_max", &self.log_bytes_max)
            .field("log_mode", &self.log_mode)
            .field("isolation", &self.isolation)
            .field("priority", &self.priority)
            .field("timeout_seconds", &self.timeout_seconds)
            .field("grace_seconds", &self.grace_seconds)
            .field("life", &self.life)
            .finish()
    }
}

impl Spec {
    /// The same with absolute paths, since the shim works from `/`, or what is wrong with it.
    pub(crate) fn checked(&self) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Spec { why: why.to_owned() };
        if self.command.first().is_none_or(String::is_empty) {
            return Err(wrong("the command is empty"));
        }
        if self.log_bytes_max == 0 {
            return Err(wrong("log_bytes_max is 0"));
        }
        if !seconds_are_sane(self.grace_seconds) || !self.timeout_seconds.is_none_or(seconds_are_sane) {
            return Err(wrong("timeout_seconds and grace_seconds must lie between 0 and a year"));
        }
        let all_absolute = |paths: &[PathBuf]| paths.iter().map(|path| absolute(path)).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            directory: absolute(&self.directory)?,
            log: absolute(&self.log)?,
            isolation: Isolation {
                level: self.isolation.level,
                hidden: all_absolute(&self.isolation.hidden)?,
                read: all_absolute(&self.isolation.read)?,
                write: all_absolute(&self.isolation.write)?,
            },
            life: match &self.life {
                Life::WithParent => Life::WithParent,
                Life::Detached { lock, record } => Life::Detached { lock: absolute(lock)?, record: absolute(record)? },
            },
            ..self.clone()
        })
    }
}

/// `Duration` panics on negative, infinite and huge seconds, and a timer wraps long before that.
fn seconds_are_sane(seconds: f64) -> bool {
    (0.0..=366.0 * 86_400.0).contains(&seconds)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|_| Error::Spec { why: "a path is empty".to_owned() })
}
