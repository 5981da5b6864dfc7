//! The product's processes: started, watched, started again, drained and ended.
//!
//! Invariants:
//! - what is wanted is on disk (`edge/instances/<id>.json`) before a process is started or ended;
//! - every process that an edge of this data folder ever started belongs to such a file, or is ended at the next start;
//! - processes outlive the edge; the next one finds them by lock and record ([`exec::detached`]) and serves them at once;
//! - an id that was stopped stays stopped: it is remembered for a while ([`REMEMBERED_FOR`]), and asking for it again is
//!   answered with `stopped`. Who wants another process takes another id.

mod check;
mod keeper;
mod kept;
mod port;
mod record;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exec::{Launcher, detached};
use jiff::SignedDuration;
use kernel::Clock;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::key::EdgeKey;
use crate::model::{Instance, InstanceSpec, InstanceState};
use crate::upstream::Upstreams;
use crate::{Error, limits};
use keeper::{Host, Keeper};
use kept::{Kept, Told};
use kernel::chain;
use port::Ports;
use record::{Files, Phase, Record};

/// How long a stopped instance is known, and its log can be read.
pub(crate) const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// At most so many; those stopped longest ago go first.
pub(crate) const REMEMBERED: usize = 64;
/// A start is answered once there is a process or a reason why not, or after this.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// For ending what has no record that says it.
const GRACE_OF_STRANGERS: Duration = Duration::from_secs(10);
const YEAR_SECONDS: f64 = 366.0 * 86_400.0;

/// Ids stand in paths and file names.
pub(crate) fn check_id(id: &str) -> Result<(), Error> {
    let is_fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if (1..=128).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(is_fine) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{id:?} is no instance id: it must have 1 to 128 letters, digits, dots, underscores and hyphens, and begin with no dot"
    )))
}

#[derive(Debug)]
pub(crate) struct Supervisor {
    folder: PathBuf,
    key: EdgeKey,
    host: Arc<Host>,
    upstreams: Arc<Upstreams>,
    all: Mutex<BTreeMap<String, Arc<Kept>>>,
    /// One start at a time decides whether an id is new.
    starting: Arc<tokio::sync::Mutex<()>>,
    keepers: TaskTracker,
    quit: CancellationToken,
}

impl Supervisor {
    /// Takes over what earlier edges of `data` have left: instances that run are served when this returns, others are
    /// started in the background, and what nobody owns is ended there.
    pub(crate) fn open(
        data: &Path,
        key: EdgeKey,
        launcher: Launcher,
        upstreams: Arc<Upstreams>,
    ) -> Result<Self, Error> {
        let folder = data.join("edge").join("instances");
        let this = Self {
            host: Arc::new(Host { launcher, ports: Ports::default() }),
            key,
            upstreams,
            all: Mutex::default(),
            starting: Arc::default(),
            keepers: TaskTracker::new(),
            quit: CancellationToken::new(),
            folder,
        };
        let names = this.names()?;
        for id in names.iter().filter_map(|name| name.strip_suffix(".json")) {
            match this.take_over(id) {
                Err(Error::Damaged { path, why }) => set_aside(&path, &why)?,
                taken => taken?,
            }
        }
        let ids = names.iter().filter_map(|name| name.strip_suffix(".lock"));
        this.end_strangers(ids.filter(|id| this.find(id).is_none()).map(str::to_owned).collect());
        Ok(this)
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        let failed = |what| move |source| Error::File { what, path: self.folder.clone(), source };
        std::fs::create_dir_all(&self.folder).map_err(failed("create"))?;
        let entries = std::fs::read_dir(&self.folder).map_err(failed("list"))?;
        Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    fn take_over(&self, id: &str) -> Result<(), Error> {
        let files = Files::of(&self.folder, id);
        let record = Record::read(&files.json)?;
        if matches!(record.phase, Phase::Stopped { .. }) {
            self.insert(record, files);
            return Ok(());
        }
        let Some(spec) = record.spec(&self.key) else {
            return Err(Error::Damaged { path: files.json, why: "it was sealed with another edge/key".into() });
        };
        let keeper = Keeper::new(self.insert(record, files), spec, self.host.clone());
        let found = keeper.find();
        self.spawn(keeper.keep(found));
        Ok(())
    }

    /// Files whose record is gone or was set aside: whatever still runs there is ended, before anything else may start
    /// under such an id.
    fn end_strangers(&self, ids: Vec<String>) {
        let Ok(nothing_starts) = self.starting.clone().try_lock_owned() else { return };
        let folder = self.folder.clone();
        self.spawn(async move {
            for id in ids {
                let files = Files::of(&folder, &id);
                match detached::terminate(&files.pid, &files.lock, GRACE_OF_STRANGERS).await {
                    Ok(ran) => tracing::warn!(instance = id, ran, "files without a record; they are removed"),
                    Err(error) => tracing::error!(instance = id, error = chain(&error), "cannot end it"),
                }
                if let Err(error) = files.remove() {
                    tracing::error!(instance = id, error = chain(&error), "files stay behind");
                }
            }
            drop(nothing_starts);
        });
    }

    fn insert(&self, record: Record, files: Files) -> Arc<Kept> {
        let id = record.id.clone();
        let kept = Arc::new(Kept::new(record, files, self.upstreams.slot(&id)));
        self.lock().insert(id, kept.clone());
        kept
    }

    fn spawn(&self, keeping: impl Future<Output = ()> + Send + 'static) {
        let quit = self.quit.clone();
        self.keepers.spawn(async move { quit.run_until_cancelled(keeping).await });
    }

    /// Keeps an instance running from now on; a known id is answered with what it is.
    pub(crate) async fn start(&self, spec: &InstanceSpec) -> Result<Instance, Error> {
        check(spec)?;
        let kept = self.find_or_start(spec).await?;
        let mut changes = kept.changes();
        let is_up = changes.wait_for(|now| now.pid.is_some() || now.state != InstanceState::Starting);
        // Whatever it is by then is the answer.
        drop(tokio::time::timeout(ANSWER_WITHIN, is_up).await);
        let looked = tokio::task::spawn_blocking(move || kept.instance()).await;
        looked.map_err(|e| Error::Failed { why: format!("reading a log: {e}") })
    }

    async fn find_or_start(&self, spec: &InstanceSpec) -> Result<Arc<Kept>, Error> {
        let _one_at_a_time = self.starting.lock().await;
        if let Some(known) = self.find(&spec.id) {
            return Ok(known);
        }
        if self.list().iter().filter(|kept| kept.is_wanted()).count() >= limits::INSTANCES {
            return Err(Error::invalid(format!("there are {} instances already", limits::INSTANCES)));
        }
        let files = Files::of(&self.folder, &spec.id);
        let kept = self.insert(Record::new(spec, &self.key)?, files);
        if let Err(error) = kept.save().await {
            self.lock().remove(&spec.id);
            return Err(error);
        }
        self.spawn(Keeper::new(kept.clone(), spec.spec.clone(), self.host.clone()).keep(None));
        Ok(kept)
    }

    /// No new requests from now on; ends it when it has none, at most after `drain`.
    pub(crate) async fn stop(&self, id: &str, drain: Duration) -> Result<(), Error> {
        check_id(id)?;
        // A start that is being decided on must not come up after its stop.
        let _one_at_a_time = self.starting.lock().await;
        let Some(kept) = self.find(id) else { return Ok(()) };
        let before = kept.now().record.phase;
        if matches!(before, Phase::Stopped { .. }) {
            return Ok(());
        }
        kept.note(|now| now.record.phase = Phase::Draining);
        if let Err(error) = kept.save().await {
            kept.note(|now| now.record.phase = before);
            return Err(error);
        }
        kept.drains();
        kept.tell(Told::Stop { by: Instant::now() + drain });
        Ok(())
    }

    /// Every instance as it is now, by id.
    pub(crate) async fn instances(&self) -> Vec<Instance> {
        let all = self.list();
        let looked = tokio::task::spawn_blocking(move || all.iter().map(|kept| kept.instance()).collect());
        looked.await.unwrap_or_default()
    }

    /// Ids with the words for their states; reads no log.
    pub(crate) fn states(&self) -> Vec<&'static str> {
        self.list().iter().map(|kept| kept.now().state.word()).collect()
    }

    pub(crate) async fn log(&self, id: &str, lines: usize) -> Result<String, Error> {
        let Some(kept) = self.find(id) else { return Err(Error::UnknownInstance { id: id.to_owned() }) };
        let log = kept.files.log.clone();
        let failed = |source| Error::File { what: "read", path: kept.files.log.clone(), source };
        let read = tokio::task::spawn_blocking(move || exec::tail(&log, lines)).await;
        read.unwrap_or_else(|e| Err(std::io::Error::other(e))).map_err(failed)
    }

    /// Forgets what was stopped long ago, its log too.
    pub(crate) async fn tidy(&self) {
        let now = kernel::SystemClock.now();
        let mut stopped: Vec<_> = self.list().into_iter().filter_map(|kept| Some((kept.stopped_at()?, kept))).collect();
        stopped.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let is_old = |at: jiff::Timestamp| now.duration_since(at) >= REMEMBERED_FOR;
        for (n, (at, kept)) in stopped.into_iter().enumerate() {
            if n < REMEMBERED && !is_old(at) {
                continue;
            }
            let files = kept.files.clone();
            match tokio::task::spawn_blocking(move || files.remove()).await {
                Ok(Ok(())) => drop(self.lock().remove(kept.slot.id())),
                Ok(Err(error)) => tracing::error!(error = chain(&error), "cannot forget a stopped instance"),
                Err(error) => tracing::error!(%error, "cannot forget a stopped instance"),
            }
        }
    }

    /// Ends every process; those that are wanted start again with the next edge.
    pub(crate) async fn rest(&self) {
        let _nothing_starts = self.starting.lock().await;
        self.list().iter().for_each(|kept| kept.tell(Told::Rest));
        self.keepers.close();
        self.keepers.wait().await;
    }

    /// Leaves every process as it is.
    pub(crate) async fn leave(&self) {
        self.quit.cancel();
        self.keepers.close();
        self.keepers.wait().await;
    }

    fn find(&self, id: &str) -> Option<Arc<Kept>> {
        self.lock().get(id).cloned()
    }

    fn list(&self) -> Vec<Arc<Kept>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Kept>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One damaged record is no reason to serve nothing at all.
fn set_aside(path: &Path, why: &str) -> Result<(), Error> {
    let aside = path.with_added_extension("damaged");
    tracing::error!(why, "the record {} is damaged; its instance is ended", path.display());
    std::fs::rename(path, &aside).map_err(|source| Error::File { what: "set aside", path: path.to_owned(), source })
}

fn check(spec: &InstanceSpec) -> Result<(), Error> {
    check_id(&spec.id)?;
    let wrong = |why: &str| Err(Error::invalid(format!("instance {}: {why}", spec.id)));
    let is_sane = |seconds: f64| (0.0..=YEAR_SECONDS).contains(&seconds);
    if spec.service.is_empty() {
        return wrong("it has no service");
    }
    if !spec.health.path.starts_with('/') || spec.health.path.parse::<http::uri::PathAndQuery>().is_err() {
        return wrong("the path of its health check does not begin with / or has characters that a path cannot have");
    }
    if !is_sane(spec.health.within_seconds) || !is_sane(spec.spec.grace_seconds) {
        return wrong("within_seconds and grace_seconds must lie between 0 and a year");
    }
    if spec.spec.command.first().is_none_or(String::is_empty) || spec.spec.log_bytes_max == 0 {
        return wrong("it has no command, or a log without room");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_file_names() {
        let long = "a".repeat(129);
        for wrong in ["", ".a", "a/b", "..", "a b", "ä", long.as_str()] {
            assert!(check_id(wrong).is_err(), "{wrong:?}");
        }
        for fine in ["shop-47-1", "a", "a.b_c-D9"] {
            assert!(check_id(fine).is_ok(), "{fine:?}");
        }
    }
}
