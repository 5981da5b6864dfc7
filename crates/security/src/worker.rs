//! Reading foreign files in a process of its own, `trunkline worker`: a request as JSON in its argument, one JSON document on its
//! output. It has no secret in its environment, sees nothing of the data folder but the folder it reads, writes nothing, and is
//! bounded in memory, time and output.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use exec::{End, Isolation, Launcher, Level, Life, LogMode, Priority, Spec};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::model::Inventory;
use crate::offline;
use crate::reader::Reader;

/// Bounds of one request.
const TIME_SECONDS: f64 = 30.0;
const MEMORY_BYTES: u64 = 1 << 30;
const OUTPUT_BYTES: u64 = 64 << 20;

/// What is asked of the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Inventory { folder: PathBuf },
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Inventory(Inventory),
    Problem(Problem),
}

/// Starts workers through the shim.
#[derive(Debug, Clone)]
pub struct Worker {
    pub launcher: Launcher,
    /// The data folder: hidden from the worker.
    pub data: PathBuf,
}

impl Reader for Worker {
    fn inventory<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, Result<Inventory, Problem>> {
        async move {
            match self.ask(&Request::Inventory { folder: folder.to_owned() }, folder).await? {
                Answer::Inventory(inventory) => Ok(inventory),
                Answer::Problem(problem) => Err(problem),
            }
        }
        .boxed()
    }
}

impl Worker {
    async fn ask(&self, request: &Request, folder: &Path) -> Result<Answer, Problem> {
        let log = Output(self.data.join("work").join(format!("worker-{}.json", kernel::id::fresh())));
        let request = serde_json::to_string(request).map_err(|error| Problem::internal(error.to_string()))?;
        let spec = Spec {
            // The shim is this very program.
            command: vec!["/proc/self/exe".into(), "worker".into(), request],
            directory: PathBuf::from("/"),
            env: BTreeMap::new(),
            redact: Vec::new(),
            log: log.0.clone(),
            log_bytes_max: OUTPUT_BYTES,
            log_mode: LogMode::Stop,
            priority: Priority::Normal,
            isolation: Isolation {
                level: Level::Strict,
                hidden: vec![self.data.clone()],
                read: vec![folder.to_owned()],
                write: Vec::new(),
            },
            timeout_seconds: Some(TIME_SECONDS),
            grace_seconds: 0.5,
            life: Life::WithParent,
        };
        let lost = |why: String| {
            let problem = Problem::new(Kind::InvalidInput, format!("what is in the folder could not be read: {why}"));
            problem.hint("it is not known, so it does not pass")
        };
        let outcome = self.launcher.run(&spec).await.map_err(|error| Problem::internal(error.to_string()))?;
        match outcome.end {
            End::Exited { code: 0 } => {}
            end => return Err(lost(format!("the worker ended: {end}"))),
        }
        if outcome.log_truncated {
            return Err(lost(format!("there is more than {} MiB to tell of it", OUTPUT_BYTES >> 20)));
        }
        let mut text = String::new();
        let read = File::open(&log.0).and_then(|file| file.take(OUTPUT_BYTES + 1).read_to_string(&mut text));
        read.map_err(|error| lost(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| lost(format!("the worker's answer is none: {error}")))
    }
}

/// The worker's side: does what the request says and gives its answer. Bounds its own memory first, so that nothing that it reads
/// can take that of others.
pub fn answer(request: &str) -> String {
    let bound = rustix::process::Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) };
    let bounded = rustix::process::setrlimit(rustix::process::Resource::As, bound);
    let answer = match (bounded, serde_json::from_str(request)) {
        (Err(error), _) => Answer::Problem(Problem::internal(format!("memory cannot be bounded: {error}"))),
        (_, Err(error)) => Answer::Problem(Problem::invalid(format!("the request is none: {error}"))),
        (Ok(()), Ok(Request::Inventory { folder })) => {
            offline::contents(&folder).map_or_else(Answer::Problem, Answer::Inventory)
        }
    };
    serde_json::to_string(&answer).expect("inventories and problems become JSON")
}

/// A file that goes with its owner.
struct Output(PathBuf);

impl Drop for Output {
    fn drop(&mut self) {
        // A worker that was not started wrote none.
        let _ = std::fs::remove_file(&self.0);
    }
}
