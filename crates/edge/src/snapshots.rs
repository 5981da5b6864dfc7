//! What the extension serves from: one snapshot per name, under a generation that only grows.
//!
//! Order of a put: on disk as `NAME.next`, given to the extension, renamed to `NAME`, answered. So what anybody was served
//! is on disk, and what the extension cannot use never replaces what it can. After a crash in between, `NAME.next` is tried
//! first: it may have been in force.
//!
//! A file is a line of JSON ([`Head`]) and then the bytes. A newer `format` than ours, or bytes that are not those that the
//! head speaks of, is *damaged*: it is set aside as `NAME.damaged` and the edge serves without it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::extension::Extension;
use crate::{Error, disk, limits};

const FORMAT: u32 = 1;
const NEXT: &str = "next";
const DAMAGED: &str = "damaged";

#[derive(Debug)]
pub(crate) struct Snapshots {
    folder: PathBuf,
    extension: Arc<dyn Extension>,
    /// One put at a time.
    putting: Mutex<()>,
    in_force: Mutex<BTreeMap<String, Held>>,
    set_aside: AtomicU64,
}

/// What is known of a snapshot in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) generation: u64,
    pub(crate) bytes: usize,
    sha256: String,
}

/// The first line of a file. Fields are only added, with defaults.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: u32,
    generation: u64,
    sha256: String,
}

impl Snapshots {
    /// Gives the extension what is in `data`'s folder of snapshots.
    pub(crate) fn open(data: &Path, extension: Arc<dyn Extension>) -> Result<Self, Error> {
        let folder = data.join("edge").join("snapshots");
        let failed = |source| Error::File { what: "read", path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let files = std::fs::read_dir(&folder).map_err(failed)?.flatten();
        let names: BTreeSet<String> = files.filter_map(|file| name_of(&file.path())).collect();
        let this = Self {
            folder,
            extension,
            putting: Mutex::default(),
            in_force: Mutex::default(),
            set_aside: AtomicU64::new(0),
        };
        for name in names {
            this.take_up(&name)?;
        }
        Ok(this)
    }

    /// The generation in force.
    pub(crate) fn generation(&self, name: &str) -> Option<u64> {
        self.held().get(name).map(|held| held.generation)
    }

    pub(crate) fn all(&self) -> BTreeMap<String, Held> {
        self.held().clone()
    }

    /// How many were damaged when this edge started.
    pub(crate) fn set_aside(&self) -> u64 {
        self.set_aside.load(Relaxed)
    }

    /// On disk and in force when it returns: this one, or the newer one whose generation it returns.
    pub(crate) async fn put(self: &Arc<Self>, name: &str, generation: u64, bytes: Bytes) -> Result<u64, Error> {
        check_name(name)?;
        let (this, name) = (self.clone(), name.to_owned());
        let put = tokio::task::spawn_blocking(move || this.put_now(&name, generation, &bytes)).await;
        put.unwrap_or_else(|e| Err(Error::Failed { why: format!("taking a snapshot: {e}") }))
    }

    fn put_now(&self, name: &str, generation: u64, bytes: &[u8]) -> Result<u64, Error> {
        let _one_at_a_time = self.putting.lock().unwrap_or_else(PoisonError::into_inner);
        let offered = Held { generation, bytes: bytes.len(), sha256: digest(bytes) };
        match self.held().get(name) {
            Some(held) if *held == offered || held.generation > generation => return Ok(held.generation),
            Some(held) if held.generation == generation => return Err(Error::StaleGeneration { have: generation }),
            _ => {}
        }
        self.check_room(name)?;
        let path = self.folder.join(name);
        let next = path.with_added_extension(NEXT);
        disk::replace(&next, &[&head(&offered), bytes])?;
        if let Err(why) = self.apply(name, bytes) {
            disk::remove(&next)?;
            return Err(Error::invalid(format!("the snapshot of {name} is of no use: {why}")));
        }
        tracing::info!(name, generation, bytes = bytes.len(), "new snapshot");
        self.held().insert(name.to_owned(), offered);
        disk::rename(&next, &path)?;
        Ok(generation)
    }

    fn check_room(&self, name: &str) -> Result<(), Error> {
        let held = self.held();
        if held.contains_key(name) || held.len() < limits::SNAPSHOTS {
            return Ok(());
        }
        Err(Error::invalid(format!("more than {} snapshots", limits::SNAPSHOTS)))
    }

    /// What an earlier edge left under this name.
    fn take_up(&self, name: &str) -> Result<(), Error> {
        let path = self.folder.join(name);
        let next = path.with_added_extension(NEXT);
        match self.take(name, &next) {
            Ok(Taken::Applied) => return disk::rename(&next, &path),
            Ok(Taken::Missing) => {}
            Err(why) => {
                tracing::warn!(name, why, "a snapshot that was never acknowledged is dropped");
                disk::remove(&next)?;
            }
        }
        if let Err(why) = self.take(name, &path) {
            tracing::error!(
                name,
                why,
                "a snapshot is damaged and set aside; nothing is served from it until a new one"
            );
            self.set_aside.fetch_add(1, Relaxed);
            disk::rename(&path, &path.with_added_extension(DAMAGED))?;
        }
        Ok(())
    }

    fn take(&self, name: &str, path: &Path) -> Result<Taken, String> {
        let Some(file) = disk::read(path).map_err(|e| kernel::chain(&e))? else { return Ok(Taken::Missing) };
        let (held, bytes) = parse(&file)?;
        self.apply(name, bytes)?;
        tracing::info!(name, held.generation, "snapshot of last time");
        self.held().insert(name.to_owned(), held);
        Ok(Taken::Applied)
    }

    /// The product is served whatever a snapshot does to the extension.
    fn apply(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        catch_unwind(AssertUnwindSafe(|| self.extension.apply(name, bytes)))
            .unwrap_or_else(|_| Err("reading it ended in a panic; the edge's log has more".to_owned()))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Held>> {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Taken {
    Applied,
    Missing,
}

/// A file name and a path segment.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let is_fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(is_fine) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{name:?} names no snapshot: it must have 1 to 64 lower-case letters, digits and hyphens"
    )))
}

/// The snapshot that a file belongs to, unless it was set aside or is a draft.
fn name_of(path: &Path) -> Option<String> {
    let is_ours = path.extension().is_none_or(|extension| extension == NEXT);
    let name = path.file_stem()?.to_str()?;
    (is_ours && check_name(name).is_ok()).then(|| name.to_owned())
}

fn head(of: &Held) -> Vec<u8> {
    let said = Head { format: FORMAT, generation: of.generation, sha256: of.sha256.clone() };
    let mut line = serde_json::to_vec(&said).expect("our own types have string keys and no failing serialisers");
    line.push(b'\n');
    line
}

fn parse(file: &[u8]) -> Result<(Held, &[u8]), String> {
    let end = file.iter().position(|byte| *byte == b'\n').ok_or("it has no head")?;
    let (line, bytes) = (&file[..end], &file[end + 1..]);
    let said: Head = serde_json::from_slice(line).map_err(|e| format!("its head cannot be understood: {e}"))?;
    if said.format > FORMAT {
        return Err(format!("written by a newer release (format {})", said.format));
    }
    let held = Held { generation: said.generation, bytes: bytes.len(), sha256: digest(bytes) };
    if held.sha256 != said.sha256 {
        return Err("its bytes are not those that were put".to_owned());
    }
    Ok((held, bytes))
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
