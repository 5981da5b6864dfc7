//! The verify stage: checks, red before green, the Terraform plan and the builds of one commit, as pure tools.
//!
//! Takes a commit and folders, gives back values; knows no database. [`run`] is what trunk does with a change and what
//! `trunkline check` does on a laptop.
//!
//! Invariants: foreign code runs only through `exec::Launcher`, never sees the data folder beyond its own worktree,
//! caches and the mirror, and gets no token; every step has a time limit and a bounded log; what foreign code leaves
//! behind (reports, files of an artifact) is read without following links.

pub mod artifact;
pub mod environment;
pub mod infrastructure;
pub mod junit;

mod build;
mod check;
mod command;
mod definitions;
mod gates;
mod red_green;
mod run;
mod schedule;
mod sweep;
mod walk;

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::Problem;
use serde::{Deserialize, Serialize};

use crate::config::Product;
use crate::definitions::Definitions;
use crate::gate::{Gates, Judgement};

pub use artifact::Artifact;
pub use red_green::{Proof, RedGreen};
pub use run::run;
pub use sweep::sweep;
pub use walk::{Walk, walk};

/// What is verified, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The bare mirror that holds the commit.
    pub mirror: PathBuf,
    /// The repository's name: what it is built with is kept apart from that of others.
    pub repository: String,
    /// Full ids.
    pub commit: String,
    /// The commit before it on trunk.
    pub parent: Option<String>,
    /// The data folder: hidden from everything that is started.
    pub data: PathBuf,
    /// A folder of this run alone, which is made and removed.
    pub work: PathBuf,
    /// Where each step's log goes.
    pub logs: PathBuf,
    /// Values that must not stand in a log.
    pub redact: Vec<String>,
    /// Knows what the definitions in the commit mean.
    pub definitions: Arc<dyn Definitions>,
    /// Who judges it in the end.
    pub gates: Gates,
}

/// What came out of a run.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Every check passed, everything was built, and every gate lets it pass.
    pub passed: bool,
    /// Why it did not pass, in a sentence.
    pub why: Option<String>,
    /// What `trunkline.yaml` of the commit says; `None` if it says nothing usable (`why` tells).
    pub config: Option<Product>,
    pub red_green: RedGreen,
    /// (service, artifact); complete when `passed`.
    pub artifacts: Vec<(String, Artifact)>,
    /// The saved plan, when infrastructure is declared and could be planned.
    pub plan: Option<infrastructure::Plan>,
    /// It passed and must not ship by itself, and why: infrastructure is declared and there is no Terraform.
    pub held: Option<String>,
    /// What is wrong with its flags, segments and journeys, each with its place.
    pub problems: Vec<Problem>,
}

/// Hears how a run goes on, in order for each step: queued, started, finished. A step that is skipped or cancelled
/// before it began is finished without having been started.
pub trait Sink: Debug + Send + Sync {
    /// The steps that will be, in the order in which they are shown. May be called again with steps that came to light.
    fn queued(&self, steps: Vec<StepQueued>) -> BoxFuture<'_, ()>;
    fn started(&self, step: StepStarted) -> BoxFuture<'_, ()>;
    fn finished(&self, step: StepFinished) -> BoxFuture<'_, ()>;
}

/// A step that will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepQueued {
    /// From 0, in the order in which steps are shown.
    pub position: u64,
    /// Unique in the run.
    pub name: String,
    pub kind: StepKind,
    /// What is run, as the configuration says it.
    pub command: String,
    /// Where its log will be; growing while it runs.
    pub log: PathBuf,
}

/// A step began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepStarted {
    pub name: String,
}

/// A step is over.
#[derive(Debug, Clone, PartialEq)]
pub struct StepFinished {
    pub name: String,
    pub state: StepState,
    pub seconds: f64,
    /// One line: how it ended, and what else is worth knowing.
    pub summary: Option<String>,
    /// What its test report says, if it has one.
    pub cases: Option<Cases>,
    /// What the gate said, if the step is one.
    pub judgement: Option<Judgement>,
    pub log_bytes: u64,
    pub log_truncated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    Prepare,
    Check,
    RedGreen,
    Plan,
    Build,
    Gate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Queued,
    Running,
    Passed,
    Failed,
    TimedOut,
    Cancelled,
    Skipped,
}

/// A test report in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cases {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    /// The first of those that failed.
    pub failures: Vec<Failure>,
}

/// A test case that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub name: String,
    /// What the report says about it, cut to a readable length.
    pub message: String,
}

/// The stage itself failed, not the change.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Git(#[from] crate::git::Error),
    #[error("a process could not be started")]
    Exec(#[from] exec::Error),
    #[error(transparent)]
    Artifact(#[from] artifact::Error),
    #[error(transparent)]
    Infrastructure(#[from] infrastructure::Error),
    #[error("failed to {operation} {path}")]
    Io {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("commit {sha} is not in the mirror of {repository}")]
    NoCommit { sha: String, repository: String },
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}
