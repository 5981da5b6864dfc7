//! The thread that writes: everything that waits goes out in one write and one sync.

use std::fs::File;
use std::time::Instant;

use bytes::Bytes;

use super::disk::{Disk, LogFile};
use super::known_bad::Acknowledge;
use super::writer::{Done, Job, Shared};
use super::{Error, Options, group, numbers, path_of};

/// A buffer that grew beyond this is given back.
const BUFFER_KEPT_BYTES: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct Scribe {
    options: Options,
    disk: Box<dyn Disk>,
    acknowledge: Acknowledge,
    /// `None` after a failure, until a new one can be begun.
    current: Option<Current>,
    next_number: u64,
    buffer: Vec<u8>,
    _lock: File,
}

/// The file that is appended to.
#[derive(Debug)]
struct Current {
    file: Box<dyn LogFile>,
    /// Whole, synced groups.
    bytes: u64,
    /// When the first record came.
    first: Option<Instant>,
}

impl Scribe {
    pub(super) fn begin(
        options: Options,
        disk: Box<dyn Disk>,
        acknowledge: Acknowledge,
        lock: File,
    ) -> Result<Self, Error> {
        let next_number = numbers(&options.folder)?.last().map_or(1, |last| last + 1);
        let mut scribe =
            Self { options, disk, acknowledge, current: None, next_number, buffer: Vec::new(), _lock: lock };
        match scribe.begin_file() {
            // Whoever opens a log on a full disk can serve all else, and append later.
            Ok(()) | Err(Error::DiskFull) => Ok(scribe),
            Err(error) => Err(error),
        }
    }

    /// Until it is closed.
    pub(super) fn run(mut self, shared: &Shared) {
        loop {
            let seal_at =
                self.current.as_ref().and_then(|current| current.first).map(|at| at + self.options.seal_after);
            let jobs = shared.take(seal_at);
            if let Ended::Yes(done) = self.work(jobs) {
                // The lock is given back before anybody hears of the end.
                drop(self);
                if let Some(done) = done {
                    let _ = done.send(Ok(()));
                }
                return;
            }
            self.seal_if_due();
        }
    }

    fn work(&mut self, jobs: Vec<Job>) -> Ended {
        let (mut records, mut waiting) = (Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Append { records: more, done } => {
                    records.extend(more);
                    waiting.extend(done);
                }
                Job::Seal { done } => {
                    self.write(&mut records, &mut waiting);
                    let _ = done.send(self.seal());
                }
                Job::Close { done } => {
                    self.write(&mut records, &mut waiting);
                    return Ended::Yes(done);
                }
            }
        }
        self.write(&mut records, &mut waiting);
        Ended::No
    }

    /// Writes a group and answers those who wait for it.
    fn write(&mut self, records: &mut Vec<Bytes>, waiting: &mut Vec<Done>) {
        if records.is_empty() {
            waiting.drain(..).for_each(|done| drop(done.send(Ok(()))));
            return;
        }
        let early: Vec<Done> = match self.acknowledge {
            Acknowledge::AfterSync => Vec::new(),
            Acknowledge::BeforeSync => std::mem::take(waiting),
        };
        let result = self.commit(records, early);
        records.clear();
        if let Err(error) = &result {
            tracing::warn!(%error, waiting = waiting.len(), "records could not be written to the log");
        }
        for done in waiting.drain(..) {
            let answer = result.as_ref().copied().map_err(Error::again);
            // Whoever does not wait any more sends it again.
            let _ = done.send(answer);
        }
    }

    /// Durable when it returns, or as if it had never been.
    fn commit(&mut self, records: &[Bytes], early: Vec<Done>) -> Result<(), Error> {
        if self.current.is_none() {
            self.begin_file()?;
        }
        let path = path_of(&self.options.folder, self.next_number - 1);
        let mut current = self.current.take().expect("it was begun above");
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT_BYTES);
        group::encode(records, &mut self.buffer);
        let written = current.file.append(&self.buffer).map_err(Error::file("append to", &path));
        for done in early {
            let _ = done.send(Ok(()));
        }
        if let Err(error) = written {
            // Cut back, the file is as it was; else it is left, and a torn group is its end.
            if current.file.truncate(current.bytes).is_ok() && matches!(error, Error::DiskFull) {
                self.current = Some(current);
            }
            return Err(error);
        }
        if let Err(error) = current.file.sync() {
            // After a failed sync nobody knows what is on disk: this file is never written again.
            let _ = current.file.truncate(current.bytes);
            return Err(Error::file("sync", &path)(error));
        }
        current.bytes += self.buffer.len() as u64;
        current.first.get_or_insert_with(Instant::now);
        self.current = Some(current);
        Ok(())
    }

    fn seal_if_due(&mut self) {
        let is_due = self.current.as_ref().is_some_and(|current| {
            let is_old = current.first.is_some_and(|at| at.elapsed() >= self.options.seal_after);
            current.bytes >= self.options.seal_bytes || is_old
        });
        if is_due && let Err(error) = self.seal() {
            tracing::warn!(%error, "a new log file could not be begun; the next append tries again");
        }
    }

    fn seal(&mut self) -> Result<(), Error> {
        if self.current.as_ref().is_some_and(|current| current.bytes == 0) {
            return Ok(());
        }
        self.current = None;
        self.begin_file()
    }

    fn begin_file(&mut self) -> Result<(), Error> {
        let path = path_of(&self.options.folder, self.next_number);
        let file = self.disk.create(&path).map_err(Error::file("create", &path))?;
        self.current = Some(Current { file, bytes: 0, first: None });
        self.next_number += 1;
        Ok(())
    }
}

/// Whether the log was closed, and who wants to hear of it.
enum Ended {
    No,
    Yes(Option<Done>),
}
