//! Reading foreign files in a process of its own, `trunkline worker`: a request as JSON in its argument, lines of JSON on its
//! output, the last of which says that it came to the end. It has no secret in its environment, sees nothing of the data folder but
//! the folder it reads, writes nothing, and is bounded in memory, time and output.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};

use exec::{End, Isolation, Launcher, Level, Life, LogMode, Priority, Spec};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::model::Inventory;
use crate::offline::{self, Entry, Feed, Installed};
use crate::reader::{Entries, Reader};
use crate::scratch::WORKER;

/// Of whatever is read, beyond what the process has before it begins.
const MEMORY_BYTES: u64 = 1 << 30;

/// What one request may take.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    seconds: f64,
    output_bytes: u64,
}

const INVENTORY: Bounds = Bounds { seconds: 30.0, output_bytes: 64 << 20 };
/// A part of an import is a request that somebody waits for.
const LINES: Bounds = Bounds { seconds: 60.0, output_bytes: 256 << 20 };
/// The largest of OSV's exports come to a few hundred MiB.
const ARCHIVE: Bounds = Bounds { seconds: 600.0, output_bytes: 4 << 30 };

/// What is asked of the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Inventory { folder: PathBuf, installed: Installed },
    Advisories(Feed),
}

/// A line of its answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Inventory(Inventory),
    Entry(Entry),
    /// It could not be done; what came before is nothing.
    Problem(Problem),
    /// All was said.
    End,
}

/// Starts workers through the shim.
#[derive(Debug, Clone)]
pub struct Worker {
    pub launcher: Launcher,
    /// The data folder: hidden from the worker.
    pub data: PathBuf,
}

impl Reader for Worker {
    fn inventory<'a>(&'a self, folder: &'a Path, installed: Installed) -> BoxFuture<'a, Result<Inventory, Problem>> {
        async move {
            let request = Request::Inventory { folder: folder.to_owned(), installed };
            let answers = self.ask(&request, folder, INVENTORY).await?;
            match tokio::task::spawn_blocking(move || lines(answers)?.next()).await {
                Ok(Some(Ok(Answer::Inventory(inventory)))) => Ok(inventory),
                Ok(Some(Err(problem))) => Err(problem),
                Ok(Some(Ok(_)) | None) => Err(lost("its answer is another")),
                Err(error) => Err(Problem::internal(error.to_string())),
            }
        }
        .boxed()
    }

    fn advisories<'a>(&'a self, feed: &'a Feed) -> BoxFuture<'a, Result<Entries, Problem>> {
        async move {
            let bounds = match feed {
                Feed::Archive(_) => ARCHIVE,
                Feed::Lines(_) => LINES,
            };
            let folder = feed.path().parent().unwrap_or(Path::new("/"));
            let answers = self.ask(&Request::Advisories(feed.clone()), folder, bounds).await?;
            let entries = lines(answers).ok_or_else(|| lost("its answer is gone"))?.filter_map(|answer| match answer {
                Ok(Answer::Entry(entry)) => Some(Ok(entry)),
                Ok(Answer::End) => None,
                Ok(Answer::Inventory(_) | Answer::Problem(_)) => Some(Err(lost("its answer is another"))),
                Err(problem) => Some(Err(problem)),
            });
            Ok(Box::new(entries) as Entries)
        }
        .boxed()
    }
}

impl Worker {
    /// Gives the answer once it is whole.
    async fn ask(&self, request: &Request, folder: &Path, bounds: Bounds) -> Result<Output, Problem> {
        let output = Output(self.data.join("work").join(format!("{WORKER}{}.json", kernel::id::fresh())));
        let request = serde_json::to_string(request).map_err(|error| Problem::internal(error.to_string()))?;
        let spec = self.spec(request, folder, &output.0, bounds);
        let outcome = self.launcher.run(&spec).await.map_err(|error| Problem::internal(error.to_string()))?;
        match outcome.end {
            End::Exited { code: 0 } => {}
            end => return Err(lost(format!("the worker ended: {end}"))),
        }
        if outcome.log_truncated {
            return Err(lost(format!("there is more than {} MiB to tell of it", bounds.output_bytes >> 20)));
        }
        let read = tokio::task::spawn_blocking(move || last(&output.0).map(|last| (last, output)));
        match read.await.map_err(|error| Problem::internal(error.to_string()))? {
            Ok((Answer::End, output)) => Ok(output),
            Ok((Answer::Problem(problem), _)) | Err(problem) => Err(problem),
            Ok(_) => Err(lost("its answer is cut off")),
        }
    }

    fn spec(&self, request: String, folder: &Path, output: &Path, bounds: Bounds) -> Spec {
        Spec {
            // The shim is this very program.
            command: vec!["/proc/self/exe".into(), "worker".into(), request],
            directory: PathBuf::from("/"),
            env: BTreeMap::new(),
            redact: Vec::new(),
            log: output.to_owned(),
            log_bytes_max: bounds.output_bytes,
            log_mode: LogMode::Stop,
            priority: Priority::Normal,
            isolation: Isolation {
                level: Level::Strict,
                hidden: vec![self.data.clone()],
                read: vec![folder.to_owned()],
                write: Vec::new(),
            },
            timeout_seconds: Some(bounds.seconds),
            grace_seconds: 0.5,
            life: Life::WithParent,
        }
    }
}

fn lost(why: impl std::fmt::Display) -> Problem {
    let problem = Problem::new(Kind::InvalidInput, format!("what somebody else wrote could not be read: {why}"));
    problem.hint("it is not known, so it does not pass")
}

/// The answer's lines.
fn lines(output: Output) -> Option<impl Iterator<Item = Result<Answer, Problem>> + Send> {
    let lines = BufReader::new(File::open(&output.0).ok()?).split(b'\n');
    Some(lines.map(move |line| {
        // As long as it is read, it is there.
        let _ = &output;
        answer_of(&line.map_err(lost)?)
    }))
}

/// The last line, by which the rest is worth something.
fn last(output: &Path) -> Result<Answer, Problem> {
    let mut last = Vec::new();
    for line in BufReader::new(File::open(output).map_err(lost)?).split(b'\n') {
        last = line.map_err(lost)?;
    }
    answer_of(&last)
}

fn answer_of(line: &[u8]) -> Result<Answer, Problem> {
    serde_json::from_slice(line).map_err(|error| lost(format!("the worker's answer is none: {error}")))
}

/// The worker's side: does what the request says and writes its answer. Bounds its own memory first, so that nothing that it reads
/// can take that of others.
pub fn answer(request: &str, output: &mut dyn Write) -> io::Result<()> {
    let done = match bound_memory() {
        Err(error) => Err(Problem::internal(format!("memory cannot be bounded: {error}"))),
        Ok(()) => work(request, output),
    };
    tell(output, &done.map_or_else(Answer::Problem, |()| Answer::End))?;
    output.flush()
}

/// An allocator reserves far more addresses than it uses, before anything is read.
fn bound_memory() -> io::Result<()> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = pages.split(' ').next().unwrap_or_default().parse().map_err(io::Error::other)?;
    let bytes = pages * rustix::param::page_size() as u64 + MEMORY_BYTES;
    let bound = rustix::process::Rlimit { current: Some(bytes), maximum: Some(bytes) };
    Ok(rustix::process::setrlimit(rustix::process::Resource::As, bound)?)
}

fn work(request: &str, output: &mut dyn Write) -> Result<(), Problem> {
    let request = serde_json::from_str(request);
    let told = |result: io::Result<()>| result.map_err(|error| Problem::internal(format!("nobody listens: {error}")));
    match request.map_err(|error| Problem::invalid(format!("the request is none: {error}")))? {
        Request::Inventory { folder, installed } => {
            told(tell(output, &Answer::Inventory(offline::contents(&folder, installed)?)))
        }
        Request::Advisories(feed) => offline::entries(&feed, &mut |entry| told(tell(output, &Answer::Entry(entry)))),
    }
}

fn tell(output: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    let line = serde_json::to_vec(answer).map_err(io::Error::other)?;
    output.write_all(&line)?;
    output.write_all(b"\n")
}

/// A file that goes with its owner.
#[derive(Debug)]
struct Output(PathBuf);

impl Drop for Output {
    fn drop(&mut self) {
        // A worker that was not started wrote none.
        let _ = std::fs::remove_file(&self.0);
    }
}
