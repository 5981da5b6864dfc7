//! What is in memory: the open segments, the tail of the log, and the facts of both.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use columnar::ids::Id;
use columnar::wal::{Options, Place, Reader, Writer};
use tokio::sync::{Notify, watch};

use super::base::Cache;
use super::changes::Changes;
use super::facts::{Facts, Names};
use super::forget::{Wishes, mentioned};
use super::identity::Trust;
use super::key::PersonKey;
use super::part::Part;
use super::release::History;
use super::stops::Stops;
use super::store::{self, SegmentRow};
use super::stored::{self, DISTINCT_ID, PERSON, Stored, VOUCH};
use super::{Error, EventsOptions};
use crate::record::Record;

/// The logs, by their folders below `events`: the edge's, and that of imports and of what administrators say. Each has one
/// writer, and the control plane reads both.
pub(super) const LOGS: [&str; 2] = ["log", "import-log"];
const IMPORTS: usize = 1;
/// New names go into the large map when they are so many.
const NAMES_NEW_MAX: usize = 4_096;

/// Everything behind [`super::Events`].
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: EventsOptions,
    state: RwLock<State>,
    cache: Mutex<Cache>,
    pub(super) loaded: watch::Sender<bool>,
    /// There may be something to turn into segments, to merge or to forget.
    pub(super) wake: Notify,
    imports: tokio::sync::Mutex<Option<Writer>>,
    pub(super) stops: Stops,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// `None` until it is loaded.
    key: Option<PersonKey>,
    pub(super) segments: Vec<Arc<Stored>>,
    /// In the order of their files, for each log.
    pub(super) parts: Vec<Part>,
    pub(super) tail_ids: HashSet<Id>,
    pub(super) facts: Facts,
    pub(super) changes: Changes,
    pub(super) forgotten: Wishes,
    /// Segments that have nothing of them: a wish stays open until the log's file is sealed, and reading all takes long.
    pub(super) clean: HashSet<u64>,
    pub(super) releases: Arc<History>,
    /// Everything before was read, in each log.
    pub(super) places: [Place; LOGS.len()],
    /// Everything up to and with this file is in segments.
    pub(super) stored: [u64; LOGS.len()],
    /// Changes with the segments.
    pub(super) generation: u64,
    /// How often rows were taken out of what counts.
    pub(super) takeouts: u64,
    /// Ids of persons: those known for long, and the newer ones.
    pub(super) names: [Arc<Names>; 2],
}

impl State {
    pub(super) fn key(&self) -> PersonKey {
        self.key.expect("answers wait until the log is loaded")
    }

    pub(super) fn name_of(&self, person: u64) -> Option<&Arc<str>> {
        self.names.iter().find_map(|names| names.get(&person))
    }

    pub(super) fn note_name(&mut self, person: u64, id: &str) {
        if !self.names.iter().any(|names| names.contains_key(&person)) {
            Arc::make_mut(&mut self.names[1]).insert(person, id.into());
        }
    }

    pub(super) fn add_fact(&mut self, record: &Record) {
        let key = self.key();
        mentioned(record).for_each(|id| self.changes.add(key.of(id)));
        self.facts.add(&key, record, Arc::make_mut(&mut self.names[1]));
    }

    /// After a row of calls that add: answers see them from now on.
    pub(super) fn settle(&mut self) {
        if !self.facts.identities.is_resolved() {
            let before = self.facts.identities.resolved(Trust::Witnessed);
            self.facts.identities.resolve();
            self.changes.add_moved(&before, &self.facts.identities.resolved(Trust::Witnessed));
        }
        if self.names[1].len() > NAMES_NEW_MAX {
            let new = std::mem::take(&mut self.names[1]);
            let new = Arc::try_unwrap(new).unwrap_or_else(|shared| (*shared).clone());
            Arc::make_mut(&mut self.names[0]).extend(new);
        }
    }

    /// Puts segments in the place of others.
    pub(super) fn swap(&mut self, gone: &[u64], new: Option<Arc<Stored>>) {
        self.segments.retain(|segment| !gone.contains(&segment.row.id));
        self.clean.retain(|id| !gone.contains(id));
        self.segments.extend(new);
        self.generation += 1;
    }

    pub(super) fn next_segment(&self) -> u64 {
        self.segments.iter().map(|segment| segment.row.id).max().unwrap_or(0) + 1
    }
}

impl Shared {
    pub(super) fn new(options: EventsOptions) -> Self {
        Self {
            options,
            state: RwLock::default(),
            cache: Mutex::default(),
            loaded: watch::Sender::new(false),
            wake: Notify::new(),
            imports: tokio::sync::Mutex::default(),
            stops: Stops::default(),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn segments(&self) -> PathBuf {
        self.options.data.join("events").join("segments")
    }

    pub(super) fn log(&self, log: usize) -> PathBuf {
        self.options.data.join("events").join(LOGS[log])
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.options.clock.now().as_millisecond()
    }

    /// The writer of the control plane's own log.
    pub(super) async fn imports(&self) -> Result<Writer, Error> {
        let mut imports = self.imports.lock().await;
        if let Some(writer) = &*imports {
            return Ok(writer.clone());
        }
        let options = Options {
            folder: self.log(IMPORTS),
            seal_bytes: 32 << 20,
            seal_after: std::time::Duration::from_mins(1),
            queue_bytes: 64 << 20,
        };
        let writer = blocking(move || Ok(Writer::open(options)?)).await?;
        *imports = Some(writer.clone());
        Ok(writer)
    }

    /// Begins a new file of the control plane's own log, if it has one.
    pub(super) async fn seal_imports(&self) -> Result<(), Error> {
        let writer = self.imports.lock().await.clone();
        if let Some(writer) = writer {
            writer.seal().await?;
        }
        Ok(())
    }

    /// Until what was written to the control plane's own log is in answers.
    pub(super) async fn caught_up(&self) -> Result<(), Error> {
        self.imports().await?;
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        let mut reader = Reader::open(&self.log(IMPORTS));
        loop {
            let place = self.read().places[IMPORTS];
            if reader.read(place, 1)?.records.is_empty() {
                return Ok(());
            }
            if tokio::time::Instant::now() > until {
                return Err(Error::Ended("the log is not read any more".into()));
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Reads what was stored; the log follows.
    pub(super) async fn load(self: &Arc<Self>) -> Result<(), Error> {
        let db = &self.options.db;
        let key = store::person_key(db).await?;
        let places = store::places(db).await?;
        let rows = store::segments(db).await?;
        let forgotten = Wishes::stored(store::forgotten(db).await?);
        let releases = store::releases(db).await?;
        let stored = LOGS.map(|log| places.get(log).copied().unwrap_or(0));
        let shared = Arc::clone(self);
        let load = move || {
            // What is in segments is not needed in the log, also if the end came before it was removed.
            for (log, file) in stored.iter().enumerate() {
                Reader::open(&shared.log(log)).remove_to(*file)?;
            }
            open_segments(&shared, key, &rows, forgotten)
        };
        let mut state = blocking(load).await?;
        state.stored = stored;
        state.places = stored.map(|file| Place { file: file + 1, offset: 0 });
        state.releases = Arc::new(History::new(releases));
        state.settle();
        *self.write() = state;
        Ok(())
    }
}

fn open_segments(shared: &Shared, key: PersonKey, rows: &[SegmentRow], forgotten: Wishes) -> Result<State, Error> {
    let folder = shared.segments();
    let failed = |source| Error::File { what: "make the folder", path: folder.clone(), source };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    stored::remove_orphans(&folder, rows)?;
    let mut state = State { key: Some(key), forgotten, ..State::default() };
    for row in rows {
        let segment = Stored::open(&folder, *row)?;
        note_persons(&mut state, &segment)?;
        for bytes in segment.others()? {
            match Record::decode(&bytes) {
                Ok(record) => state.forgotten.left_of(record, &key).0.iter().for_each(|left| state.add_fact(left)),
                Err(_) => state.facts.unreadable += 1,
            }
        }
        state.segments.push(Arc::new(segment));
    }
    state.generation = 1;
    Ok(state)
}

/// Ids of a segment's persons, and who of them was there with their cookie.
fn note_persons(state: &mut State, segment: &Stored) -> Result<(), Error> {
    let all = 0..segment.events.rows();
    let persons = segment.events.ints(PERSON, all.clone())?;
    let vouches = segment.events.ints(VOUCH, all.clone())?;
    let ids = segment.events.texts(DISTINCT_ID, all.clone())?;
    let witnesses = segment.events.texts(stored::WITNESS, all)?;
    for (i, id) in ids.iter().enumerate() {
        let person = persons[i].cast_unsigned();
        if i == 0 || persons[i - 1] != persons[i] {
            state.note_name(person, id.as_str());
        }
        if vouches[i] == 0 && !witnesses[i].is_empty() && witnesses[i] == *id {
            state.facts.witness(person);
        }
    }
    Ok(())
}

/// Runs what reads and writes files or takes long on a thread for such.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Ended(error.to_string()))?
}
