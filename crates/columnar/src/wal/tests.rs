//! The log on a file system that forgets, fills up and lies.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;

use super::disk::{Disk, LogFile, Machine};
use super::known_bad::Acknowledge;
use super::{Error, Options, Place, Reader, Writer, group, path_of};

/// What the file system does from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Nothing reaches it any more, and what was not synced is lost.
    Dead,
    Full,
    SyncFails,
}

#[derive(Debug, Default)]
struct Ledger {
    /// Path and synced bytes of every file.
    files: Vec<(PathBuf, u64)>,
    operations: u64,
    dies_at: Option<u64>,
    fault: Option<Fault>,
}

/// A file system that keeps only what was synced.
#[derive(Debug, Clone, Default)]
struct Forgetful(Arc<Mutex<Ledger>>);

impl Forgetful {
    fn fault(&self) -> Fault {
        let mut ledger = self.0.lock().unwrap();
        ledger.operations += 1;
        if ledger.dies_at.is_some_and(|at| ledger.operations >= at) {
            ledger.fault = Some(Fault::Dead);
        }
        ledger.fault.unwrap_or(Fault::None)
    }

    fn set(&self, fault: Fault) {
        self.0.lock().unwrap().fault = Some(fault);
    }

    /// The power goes: what was not synced is not there.
    fn forget(&self) {
        for (path, synced) in &self.0.lock().unwrap().files {
            std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(*synced).unwrap();
        }
    }
}

#[derive(Debug)]
struct ForgetfulFile {
    real: Box<dyn LogFile>,
    disk: Forgetful,
    index: usize,
    written: u64,
}

impl Disk for Forgetful {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        match self.fault() {
            Fault::Dead => return Err(io::Error::other("dead")),
            Fault::Full => return Err(io::ErrorKind::StorageFull.into()),
            Fault::None | Fault::SyncFails => {}
        }
        let real = Machine.create(path)?;
        let mut ledger = self.0.lock().unwrap();
        ledger.files.push((path.to_owned(), 0));
        Ok(Box::new(ForgetfulFile { real, disk: self.clone(), index: ledger.files.len() - 1, written: 0 }))
    }
}

impl LogFile for ForgetfulFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.disk.fault() {
            Fault::Dead => return Err(io::Error::other("dead")),
            Fault::Full => {
                self.real.append(&bytes[..bytes.len() / 2])?;
                return Err(io::ErrorKind::StorageFull.into());
            }
            Fault::None | Fault::SyncFails => {}
        }
        self.written += bytes.len() as u64;
        self.real.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.disk.fault() {
            Fault::None => {}
            _ => return Err(io::Error::other("it failed")),
        }
        self.disk.0.lock().unwrap().files[self.index].1 = self.written;
        Ok(())
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        if self.disk.fault() == Fault::Dead {
            return Err(io::Error::other("dead"));
        }
        self.written = bytes;
        self.real.truncate(bytes)
    }
}

fn options(folder: &Path) -> Options {
    Options { folder: folder.to_owned(), seal_bytes: 2_000, seal_after: Duration::from_mins(1), queue_bytes: 1 << 20 }
}

fn record(n: u64) -> Bytes {
    Bytes::from(format!("record {n}").into_bytes())
}

fn read_all(folder: &Path) -> Vec<Bytes> {
    let mut reader = Reader::open(folder);
    let (mut place, mut all) = (Place::default(), Vec::new());
    loop {
        let batch = reader.read(place, 100).unwrap();
        assert_eq!(batch.damaged, []);
        if batch.records.is_empty() {
            return all;
        }
        place = batch.next;
        all.extend(batch.records);
    }
}

/// Appends until the file system dies after `operations`; whether everything that was acknowledged is there once, in order.
async fn keeps_all(acknowledge: Acknowledge, operations: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let disk = Forgetful::default();
    disk.0.lock().unwrap().dies_at = Some(operations);
    let writer = Writer::open_on(options(folder.path()), Box::new(disk.clone()), acknowledge).unwrap();
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let records = vec![record(2 * n), record(2 * n + 1)];
        if writer.append(records.clone()).await.is_err() {
            break;
        }
        acknowledged.extend(records);
    }
    writer.close().await.unwrap();
    disk.forget();
    let there = read_all(folder.path());
    there.starts_with(&acknowledged) && there.len() <= acknowledged.len() + 2
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_unsynced_writes_are() {
    for operations in 2..120 {
        assert!(keeps_all(Acknowledge::AfterSync, operations).await, "dead after {operations} operations");
    }
}

#[tokio::test]
async fn a_log_that_acknowledges_before_it_syncs_is_caught() {
    let mut caught = 0;
    for operations in 2..120 {
        caught += usize::from(!keeps_all(Acknowledge::BeforeSync, operations).await);
    }
    assert!(caught > 20, "only {caught} of 118 deaths showed that the log acknowledges too early");
}

#[tokio::test]
async fn a_full_disk_refuses_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Forgetful::default();
    let writer = Writer::open_on(options(folder.path()), Box::new(disk.clone()), Acknowledge::AfterSync).unwrap();
    writer.append(vec![record(1)]).await.unwrap();
    disk.set(Fault::Full);
    for _ in 0..3 {
        assert!(matches!(writer.append(vec![record(2)]).await, Err(Error::DiskFull)));
    }
    disk.set(Fault::None);
    writer.append(vec![record(3)]).await.unwrap();
    assert_eq!(read_all(folder.path()), [record(1), record(3)]);
    assert_eq!(super::numbers(folder.path()).unwrap(), [1], "the file goes on");
}

#[tokio::test]
async fn a_file_whose_sync_failed_is_never_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Forgetful::default();
    let writer = Writer::open_on(options(folder.path()), Box::new(disk.clone()), Acknowledge::AfterSync).unwrap();
    writer.append(vec![record(1)]).await.unwrap();
    disk.set(Fault::SyncFails);
    assert!(matches!(writer.append(vec![record(2)]).await, Err(Error::File { what: "sync", .. })));
    disk.set(Fault::None);
    writer.append(vec![record(3)]).await.unwrap();
    assert_eq!(read_all(folder.path()), [record(1), record(3)]);
    assert_eq!(super::numbers(folder.path()).unwrap(), [1, 2]);
}

#[tokio::test]
async fn damage_in_a_sealed_file_is_reported_and_the_file_kept() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(options(folder.path())).unwrap();
    for n in 0..3 {
        writer.append(vec![record(n)]).await.unwrap();
    }
    writer.close().await.unwrap();
    let path = path_of(folder.path(), 1);
    let mut bytes = std::fs::read(&path).unwrap();
    let mut one = Vec::new();
    group::encode(&[record(0)], &mut one);
    bytes[one.len() + 30] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let _next = Writer::open(options(folder.path())).unwrap();

    let mut reader = Reader::open(folder.path());
    let first = reader.read(Place::default(), 1_000).unwrap();
    assert_eq!(first.records, [record(0)]);
    let second = reader.read(first.next, 1_000).unwrap();
    assert_eq!(second.records, [record(2)]);
    assert_eq!((second.damaged[0].from, second.damaged[0].to), (one.len() as u64, 2 * one.len() as u64));
    reader.remove_to(1).unwrap();
    assert!(!path.exists());
    assert_eq!(std::fs::read(folder.path().join("damaged/000000000001.log")).unwrap(), bytes);
}

#[tokio::test]
async fn a_torn_end_is_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(options(folder.path())).unwrap();
    writer.append(vec![record(1)]).await.unwrap();
    writer.append(vec![record(2)]).await.unwrap();
    writer.close().await.unwrap();
    let path = path_of(folder.path(), 1);
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
    let writer = Writer::open(options(folder.path())).unwrap();
    writer.append(vec![record(3)]).await.unwrap();
    assert_eq!(read_all(folder.path()), [record(1), record(3)]);
}

#[tokio::test]
async fn files_are_sealed_by_size_by_age_and_by_wish() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.seal_after = Duration::from_millis(50);
    let writer = Writer::open(options).unwrap();
    let reader = Reader::open(folder.path());
    writer.append(vec![Bytes::from(vec![b'x'; 3_000])]).await.unwrap();
    let sealed = async |count: usize| {
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while reader.sealed().unwrap().len() < count {
            assert!(std::time::Instant::now() < until, "{count} files are not sealed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    sealed(1).await;
    writer.enqueue(record(1)).unwrap();
    sealed(2).await;
    writer.append(vec![record(2)]).await.unwrap();
    writer.seal().await.unwrap();
    sealed(3).await;
    assert_eq!(read_all(folder.path()).len(), 3);
}

#[tokio::test]
async fn a_queue_that_is_full_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(Options { queue_bytes: 10, ..options(folder.path()) }).unwrap();
    assert!(matches!(writer.append(vec![Bytes::from_static(b"more than ten")]).await, Err(Error::Busy)));
    writer.append(vec![Bytes::from_static(b"ten")]).await.unwrap();
    writer.close().await.unwrap();
    assert!(matches!(writer.append(vec![record(1)]).await, Err(Error::Closed { .. })));
}
