//! How a command ended.

use serde::{Deserialize, Serialize};

/// What is known of a command when it is over and nothing of it runs any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Why it is over.
    pub end: End,
    /// Time from its start until its last process was gone.
    pub seconds: f64,
    /// Bytes that this command put into its log, after redaction.
    pub log_bytes: u64,
    /// Whether output is missing from the log: the limit was reached, or the log could not be written. The log says which.
    pub log_truncated: bool,
    /// How many processes still ran when the command itself had ended by itself. They were ended too.
    pub left_behind: u32,
}

impl Outcome {
    /// Whether the command ended by itself with status 0.
    pub fn succeeded(&self) -> bool {
        self.end == End::Exited { code: 0 }
    }

    pub(crate) fn failed_to_start(why: String) -> Self {
        Self { end: End::FailedToStart { why }, seconds: 0.0, log_bytes: 0, log_truncated: false, left_behind: 0 }
    }
}

/// Why a command is over. On disk and on the wire `{"kind": "exited", "code": 0}`; a kind that an old reader does not know is an
/// error to it, so kinds are added a release before they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum End {
    /// It ended by itself with this status.
    Exited {
        /// The exit status, 0 to 255.
        code: i32,
    },
    /// A signal ended it: its own fault, somebody's `kill`, or a stop that was asked for.
    Signalled {
        /// The signal's number.
        signal: i32,
    },
    /// It took longer than it was allowed to and was ended.
    TimedOut {
        /// How long it had run when it was told to end.
        after_seconds: f64,
    },
    /// Its caller went away, so it was ended.
    ParentGone,
    /// It never ran.
    FailedToStart {
        /// What failed and what would mend it, for people.
        why: String,
    },
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with status {code}"),
            Self::Signalled { signal } => match name_of(*signal) {
                Some(name) => write!(f, "ended by signal {signal} ({name})"),
                None => write!(f, "ended by signal {signal}"),
            },
            Self::TimedOut { after_seconds } => write!(f, "stopped after {after_seconds:.1} s: it took too long"),
            Self::ParentGone => f.write_str("stopped because its caller went away"),
            Self::FailedToStart { why } => write!(f, "did not start: {why}"),
        }
    }
}

/// The names that people know; others are shown by number.
fn name_of(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}
