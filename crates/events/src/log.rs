//! The face in the control plane: from the log to segments, without doubles; and answers.

use std::path::PathBuf;
use std::sync::Arc;

use storage::{Db, Migrations};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod answers;

pub use answers::{
    DayCount, Deletion, EventRows, ExposureIndex, FlagCounts, FlagDay, ImportReport, NameCount, Names, PersonView,
    Properties, RecentEvent, RejectedLine, Rejection, RejectionCount, Rejections, Release, Rows, Select, Who,
};

/// The tables of events.
pub const MIGRATIONS: Migrations = Migrations { context: "events", scripts: &[] };

/// What events need.
#[derive(Debug, Clone)]
pub struct EventsOptions {
    pub db: Db,
    pub clock: Arc<dyn kernel::Clock>,
    /// The installation's data folder; the log is in `events/log`, segments are in `events/segments`.
    pub data: PathBuf,
}

/// The event log of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {}

/// An operation of the event log failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Problem(#[from] kernel::Problem),
}

impl From<Error> for kernel::Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
        }
    }
}

#[expect(clippy::unused_async, reason = "the bodies follow")]
impl Events {
    /// Reads nothing yet: [`Self::start`] does, and answers wait for it.
    pub fn open(_options: EventsOptions) -> Result<Self, Error> {
        Ok(Self {})
    }

    /// Begins to read the log.
    pub fn start(&self, _shutdown: CancellationToken) -> Vec<JoinHandle<()>> {
        Vec::new()
    }

    /// Rows of log and segments at once, without doubles, each under its resolved person.
    pub async fn rows(&self, _select: Select) -> Result<Rows, Error> {
        unimplemented!("on its way")
    }

    /// Who was given which variant of a flag, and when.
    pub async fn exposures(&self, _flag: &str) -> Result<ExposureIndex, Error> {
        unimplemented!("on its way")
    }

    /// Persons by variant, and by day.
    pub async fn flag_counts(&self, _flag: &str) -> Result<FlagCounts, Error> {
        unimplemented!("on its way")
    }

    /// Persons who were given any variant of a flag.
    pub async fn exposed_persons(&self, _flag: &str) -> Result<u64, Error> {
        unimplemented!("on its way")
    }

    /// Which events there were, how often, and of how many persons; by day too.
    pub async fn names(&self, _from_ms: i64, _to_ms: i64) -> Result<Names, Error> {
        unimplemented!("on its way")
    }

    /// Events as they came, newest first. `filter` is part of a name or an id, or `event:NAME`, `person:ID`, `source:WORD`,
    /// `aside:WORD`.
    pub async fn recent(&self, _filter: &str, _limit: usize) -> Result<Vec<RecentEvent>, Error> {
        unimplemented!("on its way")
    }

    /// What was not taken, newest first, with counts by code.
    pub async fn rejections(&self, _limit: usize) -> Result<Rejections, Error> {
        unimplemented!("on its way")
    }

    /// A person by any of their ids.
    pub async fn person(&self, _id: &str) -> Result<Option<PersonView>, Error> {
        unimplemented!("on its way")
    }

    /// Everything that is known of a person, one JSON document a line.
    pub async fn export(&self, _id: &str) -> Result<String, Error> {
        unimplemented!("on its way")
    }

    /// Forgets a person: gone from answers at once, from all files when it says so.
    pub async fn delete(&self, _id: &str, _by: &str) -> Result<Deletion, Error> {
        unimplemented!("on its way")
    }

    /// Takes events of a file, one JSON document a line. What is there already is not taken twice.
    pub async fn import(&self, _lines: &[u8]) -> Result<ImportReport, Error> {
        unimplemented!("on its way")
    }

    /// Which deployments there are; whoever knows calls it whenever they change.
    pub async fn set_releases(&self, _releases: Vec<Release>) -> Result<(), Error> {
        unimplemented!("on its way")
    }

    /// `from` is the same person as `into` from now on.
    pub async fn link(&self, _from: &str, _into: &str, _by: &str) -> Result<(), Error> {
        unimplemented!("on its way")
    }

    /// `from` is not the same person as `into`, whoever said so.
    pub async fn unlink(&self, _from: &str, _into: &str, _by: &str) -> Result<(), Error> {
        unimplemented!("on its way")
    }
}
