//! The verbs of flags, for the control plane.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use kernel::{Clock, Problem};
use serde::{Deserialize, Serialize};
use storage::Db;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::Error;

/// What flags need.
#[derive(Debug, Clone)]
pub struct Options {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    /// The way to the edge.
    pub serving: Arc<dyn kernel::snapshot::Serving>,
    /// Who was exposed to what; without it nothing is known of that.
    pub events: Option<events::Events>,
}

/// Flags of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Flags {}

/// Who asks and why.
#[derive(Debug, Clone)]
pub struct By {
    pub who: String,
    pub why: Option<String>,
}

/// How far a commit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Deployed and not yet routed to: keys that are new come into force.
    Dark,
    /// Live: changes of known keys come into force too.
    Live,
}

/// What a commit changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// Gone from trunk: served until they are retired.
    pub retiring: Vec<String>,
    pub revision: u64,
}

/// The answer to a write.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Written {
    pub key: String,
    /// Of the whole set, after this write.
    pub revision: u64,
    pub state: String,
    /// The command that undoes it.
    pub undo: String,
    /// The edge has it.
    pub edge: bool,
}

/// A place in the code that names a flag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Reference {
    pub flag: String,
    pub path: String,
    pub line: u32,
}

impl Flags {
    /// Flags over a migrated store.
    pub fn open(_options: Options) -> Self {
        unimplemented!("flags are on their way")
    }

    /// Keeps the edge at the newest revision until `shutdown`.
    pub fn start(&self, _shutdown: CancellationToken) -> Vec<JoinHandle<()>> {
        unimplemented!("flags are on their way")
    }

    /// What is wrong with the files (path, text) of a commit: `flags/*.{json,yaml,yml}` and `segments/*.txt`.
    pub fn check(_files: &[(String, String)]) -> Vec<Problem> {
        unimplemented!("flags are on their way")
    }

    /// Brings the files (path, text) of a commit into force, as far as its stage says. Safe to do again.
    pub async fn apply(
        &self,
        _commit: &str,
        _files: &[(String, String)],
        _stage: Stage,
        _by: &By,
    ) -> Result<Applied, Error> {
        unimplemented!("flags are on their way")
    }

    /// Notes where the code of a commit names flags.
    pub async fn note_references(&self, _commit: &str, _references: Vec<Reference>) -> Result<(), Error> {
        unimplemented!("flags are on their way")
    }

    /// Turns the flag off for everybody until it is cleared.
    pub async fn kill(&self, _key: &str, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// Ends a kill.
    pub async fn clear_kill(&self, _key: &str, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// New shares (0 to 1) by variant. Whoever is in a variant whose share grows stays in it.
    pub async fn ramp(&self, _key: &str, _split: &BTreeMap<String, f64>, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// The flag as it was at a revision, as a new revision.
    pub async fn set_revision(&self, _key: &str, _revision: u64, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// Everybody gets this variant, as a ramp to 100 %.
    pub async fn set_variant(&self, _key: &str, _variant: &str, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// This targeting key gets this variant, whatever the rules say; a kill still wins.
    pub async fn add_tester(
        &self,
        _key: &str,
        _targeting_key: &str,
        _variant: &str,
        _by: &By,
    ) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// The rules say again.
    pub async fn remove_tester(&self, _key: &str, _targeting_key: &str, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// A flag that trunk no longer has ends.
    pub async fn retire(&self, _key: &str, _by: &By) -> Result<Written, Error> {
        unimplemented!("flags are on their way")
    }

    /// The verifier's run gets these variants, with a server token only. Returns when the edge has it.
    pub async fn force(
        &self,
        _run: &str,
        _variants: &BTreeMap<String, String>,
        _expires: Timestamp,
    ) -> Result<(), Error> {
        unimplemented!("flags are on their way")
    }

    /// Ends [`Flags::force`]. Unknown runs are no error.
    pub async fn unforce(&self, _run: &str) -> Result<(), Error> {
        unimplemented!("flags are on their way")
    }
}
