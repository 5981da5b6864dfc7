//! `edge/instances/<id>.json`: what was asked for, and what must not be forgotten when the edge dies.
//!
//! The start command may hold secrets, so it is sealed. Read by later releases: fields are only added, with defaults; a newer
//! `format` than ours is refused rather than guessed.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::EdgeKey;
use crate::model::{Health, InstanceSpec};
use crate::{Error, disk};

const FORMAT: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) deployment: u64,
    pub(crate) health: Health,
    pub(crate) phase: Phase,
    /// The [`exec::Spec`] as JSON under [`EdgeKey::seal`]; empty once the instance was stopped.
    sealed: String,
    /// 0 before the first start.
    #[serde(default)]
    pub(crate) port: u16,
    /// Which loopback address it was found to listen on.
    #[serde(default)]
    pub(crate) listens: Option<IpAddr>,
    #[serde(default)]
    pub(crate) restarts: u32,
    #[serde(default)]
    pub(crate) started: Option<Timestamp>,
    #[serde(default)]
    pub(crate) healthy_at: Option<Timestamp>,
}

/// What is wanted of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Phase {
    /// To run.
    Wanted,
    /// Nothing: it ended by itself before it was ever healthy.
    Exited { status: String },
    /// To end.
    Draining,
    /// Nothing: it was ended. Remembered for a while.
    Stopped { at: Timestamp },
}

impl Record {
    pub(crate) fn new(spec: &InstanceSpec, key: &EdgeKey) -> Result<Self, Error> {
        let plain = serde_json::to_vec(&spec.spec).map_err(|e| Error::invalid(format!("the start command: {e}")))?;
        Ok(Self {
            format: FORMAT,
            id: spec.id.clone(),
            service: spec.service.clone(),
            deployment: spec.deployment,
            health: spec.health.clone(),
            phase: Phase::Wanted,
            sealed: key.seal(&plain)?,
            port: 0,
            listens: None,
            restarts: 0,
            started: None,
            healthy_at: None,
        })
    }

    /// The start command; nothing if the record was changed, or sealed under another key.
    pub(crate) fn spec(&self, key: &EdgeKey) -> Option<exec::Spec> {
        serde_json::from_slice(&key.open(&self.sealed)?).ok()
    }

    pub(crate) fn forget_spec(&mut self) {
        self.sealed.clear();
    }

    /// [`Error::Damaged`] if it cannot be read, [`Error::Invalid`] if only a newer release can read it.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let damaged = |why: String| Error::Damaged { path: path.to_owned(), why };
        let bytes = disk::read(path)?.ok_or_else(|| damaged("it is gone".into()))?;
        let record: Self = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
        if record.format > FORMAT {
            let (path, format) = (path.display(), record.format);
            return Err(Error::invalid(format!("{path} was written by a newer release (format {format})")));
        }
        Ok(record)
    }

    /// Durable when it returns.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let bytes = serde_json::to_vec(self).expect("our own types have string keys and no failing serialisers");
        disk::replace(path, &[&bytes])
    }
}

/// The files of one instance.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// Our record.
    pub(crate) json: PathBuf,
    /// Held while its process runs.
    pub(crate) lock: PathBuf,
    /// Who runs, or how it ended.
    pub(crate) pid: PathBuf,
    pub(crate) log: PathBuf,
}

impl Files {
    pub(crate) fn of(folder: &Path, id: &str) -> Self {
        let file = |ending: &str| folder.join(format!("{id}.{ending}"));
        Self { json: file("json"), lock: file("lock"), pid: file("pid"), log: file("log") }
    }

    /// Removes all of them, the record last: until then they have an owner. Only when nothing runs any more.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        let older_log = self.log.with_added_extension("1");
        [&self.log, &older_log, &self.pid, &self.lock, &self.json].into_iter().try_for_each(|path| disk::remove(path))
    }
}
