//! The writer's handle: a bounded queue in front of the thread that writes.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::fs::{FlockOperation, flock};
use tokio::sync::oneshot;

use super::disk::{Disk, Machine};
use super::known_bad::{self, Acknowledge};
use super::scribe::Scribe;
use super::{Error, Options, group};

/// How long a new writer waits for one that ends.
const LOCKED_WITHIN: Duration = Duration::from_secs(5);

/// The only writer of a folder. Cheap to clone; the log is closed when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Writer(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    queue_bytes: usize,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.end(None);
    }
}

/// What waits for whom.
pub(super) type Done = oneshot::Sender<Result<(), Error>>;

/// Something for the thread to do.
#[derive(Debug)]
pub(super) enum Job {
    Append { records: Vec<Bytes>, done: Option<Done> },
    Seal { done: Done },
    Close { done: Option<Done> },
}

/// What handles and thread share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    bytes: usize,
    is_closed: bool,
}

impl Writer {
    /// Opens a log. Files of an earlier writer are left as they are and count as sealed; a new file is begun. Waits a few
    /// seconds for an earlier writer that is ending.
    pub fn open(options: Options) -> Result<Self, Error> {
        Self::open_on(options, Box::new(Machine), known_bad::acknowledge())
    }

    pub(super) fn open_on(options: Options, disk: Box<dyn Disk>, acknowledge: Acknowledge) -> Result<Self, Error> {
        let folder = &options.folder;
        std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
        let lock = lock(&folder.join("writer.lock"))?;
        let shared = Arc::new(Shared::default());
        let queue_bytes = options.queue_bytes.min(group::CONTENT_BYTES_MAX / 4);
        let scribe = Scribe::begin(options, disk, acknowledge, lock)?;
        let ours = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("wal".into())
            .spawn(move || scribe.run(&ours))
            .map_err(|error| Error::Closed { why: format!("no thread: {error}") })?;
        Ok(Self(Arc::new(Handle { shared, queue_bytes })))
    }

    /// Appends records as one unit, in order. They are durable (fdatasync) when it returns.
    pub async fn append(&self, records: Vec<Bytes>) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        self.push(records, Some(done))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Appends a record without waiting for it; it goes out with the next group.
    pub fn enqueue(&self, record: Bytes) -> Result<(), Error> {
        self.push(vec![record], None)
    }

    /// Writes what is queued, and goes on in a new file: the one before counts as sealed. Nothing to do if it is empty.
    pub async fn seal(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        self.0.shared.add(Job::Seal { done })?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Writes what is queued, makes it durable, and ends.
    pub async fn close(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        self.0.shared.end(Some(done));
        answer.await.unwrap_or(Ok(()))
    }

    fn push(&self, records: Vec<Bytes>, done: Option<Done>) -> Result<(), Error> {
        let bytes = weight(&records);
        let mut queue = self.0.shared.lock();
        if queue.is_closed {
            return Err(closed());
        }
        if queue.bytes + bytes > self.0.queue_bytes {
            return Err(Error::Busy);
        }
        queue.bytes += bytes;
        queue.jobs.push_back(Job::Append { records, done });
        drop(queue);
        self.0.shared.wake.notify_one();
        Ok(())
    }
}

/// What records take of the queue and of a group.
pub(super) fn weight(records: &[Bytes]) -> usize {
    records.iter().map(|record| record.len() + 4).sum()
}

fn closed() -> Error {
    Error::Closed { why: "it was closed".into() }
}

/// The lock of the folder's writer; it is given back by whatever ends the process.
fn lock(path: &Path) -> Result<File, Error> {
    let file = File::options().create(true).append(true).open(path).map_err(Error::file("open", path))?;
    let until = Instant::now() + LOCKED_WITHIN;
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() > until {
            return Err(Error::Closed { why: "another process writes it".into() });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(file)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, job: Job) -> Result<(), Error> {
        let mut queue = self.lock();
        if queue.is_closed {
            return Err(closed());
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.wake.notify_one();
        Ok(())
    }

    /// No more is taken; what is there is still done.
    fn end(&self, done: Option<Done>) {
        let mut queue = self.lock();
        if !queue.is_closed {
            queue.is_closed = true;
            queue.jobs.push_back(Job::Close { done });
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// All that waits; empty when `until` has passed before anything came.
    pub(super) fn take(&self, until: Option<Instant>) -> Vec<Job> {
        let mut queue = self.lock();
        while queue.jobs.is_empty() {
            let Some(until) = until else {
                queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Vec::new();
            }
            queue = self.wake.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.bytes = 0;
        queue.jobs.drain(..).collect()
    }
}
