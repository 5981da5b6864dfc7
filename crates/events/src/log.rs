//! The face in the control plane: from the log to segments, without doubles; and answers.
//!
//! Two logs are read, each with one writer: the edge's (`events/log`), and the control plane's own (`events/import-log`) for
//! imports and for what administrators say of identities. [`ingest`] keeps the tail of both in memory, [`maintain`] turns
//! sealed files into segments. The list of live segments and the place up to which the logs are in them change in one
//! transaction of the control store.
//!
//! Invariants: an event id counts once within retention, whatever else differs; nothing is removed from a log before the
//! transaction that has it in a segment; the tail is what a restart would read again; identities are resolved when they are
//! read, so that whatever was said can be taken back. ADR 0015.

mod answers;
mod base;
mod changes;
mod error;
mod facts;
mod forget;
mod identity;
mod import;
mod ingest;
mod key;
mod maintain;
mod names;
mod part;
mod person;
mod probes;
mod query;
mod recent;
mod release;
mod retention;
mod state;
mod stops;
mod store;
mod stored;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kernel::Problem;
use storage::Db;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::record::{Identity, Record, Source, Unlink};
use release::History;
use state::{Shared, blocking};

pub use answers::{
    DayCount, Deletion, EventRows, ExposureIndex, FlagCounts, FlagDay, ImportReport, NameCount, Names, PersonView,
    Persons, Properties, RecentEvent, RejectedLine, Rejection, RejectionCount, Rejections, Release, Releases, Rows,
    Select, Who, WitnessedExposures,
};
pub use changes::{Changed, Mark};
pub use error::Error;
pub use retention::Retention;
pub use store::MIGRATIONS;

/// How long an answer waits for the log to be read after a start.
const LOADED_WITHIN: Duration = Duration::from_secs(30);

/// What events need.
#[derive(Debug, Clone)]
pub struct EventsOptions {
    pub db: Db,
    pub clock: Arc<dyn kernel::Clock>,
    /// The installation's data folder; the log is in `events/log`, segments are in `events/segments`.
    pub data: PathBuf,
    pub retention: Retention,
}

/// The event log of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events(Arc<Shared>);

impl Events {
    /// Reads nothing yet: [`Self::start`] does, and answers wait for it.
    pub fn open(options: EventsOptions) -> Result<Self, Error> {
        Ok(Self(Arc::new(Shared::new(options))))
    }

    /// Begins to read the log.
    pub fn start(&self, shutdown: CancellationToken) -> Vec<JoinHandle<()>> {
        let (reads, keeps) = (Arc::clone(&self.0), Arc::clone(&self.0));
        let until = shutdown.clone();
        let reading = tokio::spawn(async move {
            tokio::select! {
                () = loaded(&reads) => {}
                () = until.cancelled() => return,
            }
            ingest::run(reads, until).await;
        });
        let keeping = tokio::spawn(async move {
            let mut loaded = keeps.loaded.subscribe();
            tokio::select! {
                _ = loaded.wait_for(|loaded| *loaded) => {}
                () = shutdown.cancelled() => return,
            }
            drop(loaded);
            maintain::run(keeps, shutdown).await;
        });
        vec![reading, keeping]
    }

    async fn ready(&self) -> Result<(), Error> {
        let mut loaded = self.0.loaded.subscribe();
        let waited = tokio::time::timeout(LOADED_WITHIN, loaded.wait_for(|loaded| *loaded)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Problem::unavailable("the event log is still being read").hint("try again in a moment").into()),
        }
    }

    /// Rows of log and segments at once, without doubles, each under its resolved person.
    pub async fn rows(&self, select: Select) -> Result<Rows, Error> {
        self.ready().await?;
        let shared = Arc::clone(&self.0);
        blocking(move || query::rows(&shared, select)).await
    }

    /// Who was given which variant of a flag, and when.
    pub async fn exposures(&self, flag: &str) -> Result<ExposureIndex, Error> {
        self.ready().await?;
        let (shared, flag) = (Arc::clone(&self.0), flag.to_owned());
        blocking(move || Ok(shared.read().facts.exposures(&flag))).await
    }

    /// As [`Self::exposures`], of the persons who are [`Who::Witnessed`] only; of all of them, or of some.
    pub async fn witnessed_exposures(&self, flag: &str, of: Option<&Persons>) -> Result<WitnessedExposures, Error> {
        self.ready().await?;
        let (shared, flag, of) = (Arc::clone(&self.0), flag.to_owned(), of.cloned());
        blocking(move || Ok(shared.read().facts.witnessed_exposures(&flag, of.as_ref()))).await
    }

    /// Who may have done something else, as a [`Who::Witnessed`] person, than what was told at `since`, or been shown
    /// something else. On which release it was is not looked at.
    pub async fn changed(&self, since: Option<Mark>) -> Result<Changed, Error> {
        self.ready().await?;
        let shared = Arc::clone(&self.0);
        blocking(move || Ok(changes::changed(&shared.read(), since))).await
    }

    /// Persons by variant, and by day.
    pub async fn flag_counts(&self, flag: &str) -> Result<FlagCounts, Error> {
        Ok(self.exposures(flag).await?.counts())
    }

    /// Persons who were given any variant of a flag.
    pub async fn exposed_persons(&self, flag: &str) -> Result<u64, Error> {
        Ok(self.exposures(flag).await?.persons().count() as u64)
    }

    /// The flags that anybody was given a variant of.
    pub async fn exposed_flags(&self) -> Result<Vec<String>, Error> {
        self.ready().await?;
        Ok(self.0.read().facts.flags().map(str::to_owned).collect())
    }

    /// Which events there were, how often, and of how many persons; by day too.
    pub async fn names(&self, from_ms: i64, to_ms: i64) -> Result<Names, Error> {
        self.ready().await?;
        let shared = Arc::clone(&self.0);
        blocking(move || names::names(&shared, from_ms, to_ms)).await
    }

    /// How many runs of probes there were within a time.
    pub async fn synthetic_persons(&self, from_ms: i64, to_ms: i64) -> Result<u64, Error> {
        self.ready().await?;
        let shared = Arc::clone(&self.0);
        blocking(move || probes::persons(&shared, from_ms, to_ms)).await
    }

    /// Events as they came, newest first. `filter` is part of a name or an id, or `event:NAME`, `person:ID`, `source:WORD`,
    /// `aside:no|synthetic|bot`, `id:UUID`.
    pub async fn recent(&self, filter: &str, limit: usize) -> Result<Vec<RecentEvent>, Error> {
        self.ready().await?;
        let (shared, filter) = (Arc::clone(&self.0), filter.to_owned());
        blocking(move || recent::recent(&shared, &filter, limit)).await
    }

    /// What was not taken, newest first, with counts by code.
    pub async fn rejections(&self, limit: usize) -> Result<Rejections, Error> {
        self.ready().await?;
        let oldest = self.0.options.retention.oldest(self.0.now_ms());
        Ok(recent::rejections(&self.0.read(), limit, oldest.rejection_ms))
    }

    /// A person by any of their ids.
    pub async fn person(&self, id: &str) -> Result<Option<PersonView>, Error> {
        self.ready().await?;
        let (shared, id) = (Arc::clone(&self.0), id.to_owned());
        blocking(move || person::view(&shared, &id)).await
    }

    /// Everything that is known of a person, one JSON document a line.
    pub async fn export(&self, id: &str) -> Result<String, Error> {
        self.ready().await?;
        let (shared, id) = (Arc::clone(&self.0), id.to_owned());
        blocking(move || person::export(&shared, &id)).await
    }

    /// Forgets a person: gone from answers at once, from all files when it says so.
    pub async fn delete(&self, id: &str, by: &str) -> Result<Deletion, Error> {
        self.ready().await?;
        forget::forget(&self.0, id, by).await
    }

    /// Takes events of a file, one JSON document a line. What is there already is not taken twice.
    pub async fn import(&self, lines: &[u8]) -> Result<ImportReport, Error> {
        self.ready().await?;
        import::import(&self.0, lines).await
    }

    /// Which deployments there are; whoever knows calls it whenever they change. Those that are not named stay as they were.
    pub async fn set_releases(&self, releases: Vec<Release>) -> Result<(), Error> {
        self.ready().await?;
        store::set_releases(&self.0.options.db, &releases).await?;
        let mut state = self.0.write();
        let kept = state.releases.all().filter(|old| !releases.iter().any(|new| new.deployment == old.deployment));
        let all = kept.cloned().chain(releases.iter().cloned()).collect();
        state.releases = Arc::new(History::new(all));
        Ok(())
    }

    /// `from` is the same person as `into` from now on.
    pub async fn link(&self, from: &str, into: &str, by: &str) -> Result<(), Error> {
        let (from, into) = two_persons(from, into)?;
        let (id, at_ms) = (uuid::Uuid::new_v4(), self.0.now_ms());
        let identity = Identity { id, from, into, at_ms, source: Source::Import, witness: None, role: None };
        self.say(Record::Identity(identity), by, "person.linked").await
    }

    /// `from` is not the same person as `into`, whoever said so.
    pub async fn unlink(&self, from: &str, into: &str, by: &str) -> Result<(), Error> {
        let (from, into) = two_persons(from, into)?;
        let unlink = Unlink { from, into, at_ms: self.0.now_ms() };
        self.say(Record::Unlink(unlink), by, "person.unlinked").await
    }

    async fn say(&self, record: Record, by: &str, what: &str) -> Result<(), Error> {
        self.ready().await?;
        let subject = {
            let key = self.0.read().key();
            forget::mentioned(&record).map(|id| format!("{:016x}", key.of(id))).collect::<Vec<_>>().join(" ")
        };
        let mut tx = self.0.options.db.begin().await?;
        store::audit(&mut tx, by, what, subject).await?;
        tx.commit().await?;
        self.0.imports().await?.append(vec![record.encode()]).await?;
        self.0.caught_up().await
    }
}

/// Until what was stored could be read.
async fn loaded(shared: &Arc<Shared>) {
    while let Err(error) = shared.load().await {
        tracing::error!(%error, source = ?std::error::Error::source(&error), "the stored events cannot be read");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn two_persons(from: &str, into: &str) -> Result<(String, String), Error> {
    if from.is_empty() || into.is_empty() || from == into {
        return Err(Problem::invalid("two different ids are needed").into());
    }
    Ok((from.to_owned(), into.to_owned()))
}
