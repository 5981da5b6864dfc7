//! The verbs of flags, for the control plane.

mod confirm;
mod hold;
mod push;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use kernel::{Clock, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Audit, Db, Tx};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::Error;
use crate::flag::{Decided, Flag, Life};
use crate::snapshot::{Content, FlagContent};
use crate::store::{self, Entry, Stored};

/// A reason has at most so many bytes.
const WHY_BYTES_MAX: usize = 2_000;

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
pub struct Flags {
    pub(crate) options: Arc<Options>,
    /// Wakes the task that keeps the edge at the newest revision.
    behind: Arc<Notify>,
}

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
    /// Gone from trunk with this commit: served until they are retired.
    pub retiring: Vec<String>,
    /// Of the whole set, afterwards.
    pub revision: u64,
}

/// The answer to a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Written {
    pub key: String,
    /// Of the whole set, after this write.
    pub revision: u64,
    /// `dark`, `ramping`, `live`, `killed`, `retiring` or `archived`
    pub state: String,
    /// The command that undoes it.
    pub undo: String,
    /// The edge has it: every later evaluation sees it.
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
    pub fn open(options: Options) -> Self {
        Self { options: Arc::new(options), behind: Arc::new(Notify::new()) }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.options.db
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// Keeps the edge at the newest revision until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> Vec<JoinHandle<()>> {
        vec![tokio::spawn(confirm::run(self.clone(), shutdown))]
    }

    /// Turns the flag off for everybody, testers too, until it is cleared.
    pub async fn kill(&self, key: &str, by: &By) -> Result<Written, Error> {
        let decided = self.decided(by);
        self.write(key, "flag.killed", by, |flag| flag.killed(decided)).await
    }

    /// Ends a kill.
    pub async fn clear_kill(&self, key: &str, by: &By) -> Result<Written, Error> {
        self.write(key, "flag.cleared", by, Flag::cleared).await
    }

    /// New shares (0 to 1) by variant. Whoever is in a variant whose share grows stays in it.
    pub async fn ramp(&self, key: &str, split: &BTreeMap<String, f64>, by: &By) -> Result<Written, Error> {
        let decided = self.decided(by);
        self.write(key, "flag.ramped", by, |flag| flag.ramped(split, decided)).await
    }

    /// As [`Flags::ramp`], if nobody wrote the flag since `revision`; if somebody did, nothing happens and the answer is `None`.
    pub async fn ramp_from(
        &self,
        key: &str,
        revision: u64,
        split: &BTreeMap<String, f64>,
        by: &By,
    ) -> Result<Option<Written>, Error> {
        let decided = self.decided(by);
        self.write_from(key, Some(revision), "flag.ramped", by, |flag| flag.ramped(split, decided)).await
    }

    /// As [`Flags::kill`], on the terms of [`Flags::ramp_from`].
    pub async fn kill_from(&self, key: &str, revision: u64, by: &By) -> Result<Option<Written>, Error> {
        let decided = self.decided(by);
        self.write_from(key, Some(revision), "flag.killed", by, |flag| flag.killed(decided)).await
    }

    /// Everybody whom no condition of the rule singles out gets this variant: a ramp to 100 %.
    pub async fn set_variant(&self, key: &str, variant: &str, by: &By) -> Result<Written, Error> {
        self.ramp(key, &BTreeMap::from([(variant.to_owned(), 1.0)]), by).await
    }

    /// The flag as it was at a revision of the set, as a new revision.
    pub async fn set_revision(&self, key: &str, revision: u64, by: &By) -> Result<Written, Error> {
        let mut tx = self.db().begin().await?;
        let now = store::advance(&mut tx, 1).await?;
        let before = known(&mut tx, key).await?;
        let Some(then) = store::at_revision(&mut tx, key, revision).await?.filter(|_| revision < now) else {
            let problem = Problem::not_found(format!("{key} was not there at revision {revision}"));
            return Err(problem.hint(format!("`trunkline flag show {key}` lists its revisions")).into());
        };
        Self::not_held(&mut tx, key, "flag.set").await?;
        let next = before.flag.set_back(&then.flag);
        self.finish(tx, &before, next, "flag.set", by, now).await
    }

    /// This targeting key gets this variant, whatever the rules say; a kill still wins.
    pub async fn add_tester(&self, key: &str, tester: &str, variant: &str, by: &By) -> Result<Written, Error> {
        self.write(key, "flag.tester_added", by, |flag| flag.with_tester(tester, variant)).await
    }

    /// The rules say again.
    pub async fn remove_tester(&self, key: &str, tester: &str, by: &By) -> Result<Written, Error> {
        self.write(key, "flag.tester_removed", by, |flag| flag.without_tester(tester)).await
    }

    /// A flag that trunk no longer has ends: it is not served any more.
    pub async fn retire(&self, key: &str, by: &By) -> Result<Written, Error> {
        self.write(key, "flag.retired", by, Flag::retired).await
    }

    /// The verifier's run gets these variants, with a server token only. Returns when the edge has it.
    pub async fn force(&self, run: &str, variants: &BTreeMap<String, String>, expires: Timestamp) -> Result<(), Error> {
        let mut tx = self.db().begin().await?;
        let revision = store::advance(&mut tx, 1).await?;
        for (key, variant) in variants {
            let stored = known(&mut tx, key).await?;
            if !stored.flag.variants().any(|(name, _)| name == variant) {
                return Err(Problem::invalid(format!("variant \"{variant}\" of {key} is not defined")).into());
            }
        }
        store::put_forced(&mut tx, run, expires, variants).await?;
        self.commit_for_run(tx, run, "flag.forced", json!(variants), revision).await
    }

    /// Ends [`Flags::force`]. Unknown runs are no error.
    pub async fn unforce(&self, run: &str) -> Result<(), Error> {
        let mut tx = self.db().begin().await?;
        let revision = store::advance(&mut tx, 1).await?;
        if store::remove_forced(&mut tx, run, self.now()).await? == 0 {
            return Ok(());
        }
        self.commit_for_run(tx, run, "flag.unforced", json!(null), revision).await
    }

    async fn commit_for_run(
        &self,
        mut tx: Tx,
        run: &str,
        what: &str,
        after: serde_json::Value,
        revision: u64,
    ) -> Result<(), Error> {
        let audit = Audit {
            who: "trunkline".into(),
            what: what.into(),
            subject: format!("verifier run {run}"),
            why: None,
            before: None,
            after: Some(after),
        };
        tx.audit(audit).await?;
        let content = self.content(&mut tx, revision).await?;
        tx.commit().await?;
        self.confirm(&content).await
    }

    /// Notes where the code of a commit names flags.
    pub async fn note_references(&self, commit: &str, references: Vec<Reference>) -> Result<(), Error> {
        let mut tx = self.db().begin().await?;
        store::put_references(&mut tx, commit, &references, self.now()).await?;
        Ok(tx.commit().await?)
    }

    fn decided(&self, by: &By) -> Decided {
        Decided { at: self.now().to_string(), who: by.who.clone(), why: by.why.clone() }
    }

    /// One write of one flag: stored with its history, its row of the audit log and its fact, then in force at the edge.
    async fn write(
        &self,
        key: &str,
        what: &str,
        by: &By,
        change: impl FnOnce(&Flag) -> Result<Flag, Box<Problem>> + Send,
    ) -> Result<Written, Error> {
        let written = self.write_from(key, None, what, by, change).await?;
        Ok(written.expect("without a revision to begin from nothing stands in the way"))
    }

    /// The same, only if the flag is still at revision `from`, where one is given.
    async fn write_from(
        &self,
        key: &str,
        from: Option<u64>,
        what: &str,
        by: &By,
        change: impl FnOnce(&Flag) -> Result<Flag, Box<Problem>> + Send,
    ) -> Result<Option<Written>, Error> {
        if by.why.as_ref().is_some_and(|why| why.len() > WHY_BYTES_MAX) {
            return Err(Problem::invalid(format!("a reason has at most {WHY_BYTES_MAX} bytes")).into());
        }
        let mut tx = self.db().begin().await?;
        let revision = store::advance(&mut tx, 1).await?;
        let before = known(&mut tx, key).await?;
        if from.is_some_and(|from| from != before.revision) {
            return Ok(None);
        }
        Self::not_held(&mut tx, key, what).await?;
        let next = change(&before.flag).map_err(|problem| *problem)?;
        self.finish(tx, &before, next, what, by, revision).await.map(Some)
    }

    async fn finish(
        &self,
        mut tx: Tx,
        before: &Stored,
        next: Flag,
        what: &str,
        by: &By,
        revision: u64,
    ) -> Result<Written, Error> {
        let written = Written {
            key: before.key.clone(),
            revision,
            state: next.state().to_owned(),
            undo: format!("trunkline flag set {} --revision {}", before.key, revision - 1),
            edge: true,
        };
        let change = Change { key: &before.key, before: Some(&before.flag), what, by, commit: None, revision };
        self.record(&mut tx, &change, next).await?;
        let content = self.content(&mut tx, revision).await?;
        tx.commit().await?;
        self.confirm(&content).await?;
        Ok(written)
    }

    /// Writes down one change of one flag: value, history, audit, fact.
    async fn record(&self, tx: &mut Tx, change: &Change<'_>, next: Flag) -> Result<(), Error> {
        let shown = |flag: &Flag| json!({ "state": flag.state(), "shares": flag.shares(), "testers": flag.testers });
        let audit = Audit {
            who: change.by.who.clone(),
            what: change.what.to_owned(),
            subject: change.key.to_owned(),
            why: change.by.why.clone(),
            before: change.before.map(shown),
            after: Some(shown(&next)),
        };
        tx.audit(audit).await?;
        let fact = json!({ "key": change.key, "revision": change.revision, "what": change.what, "who": change.by.who,
            "state": next.state(), "commit": change.commit });
        tx.publish("flags", "flag.changed", &fact).await?;
        let entry = Entry {
            revision: change.revision,
            at: self.now(),
            who: change.by.who.clone(),
            what: change.what.to_owned(),
            why: change.by.why.clone(),
            commit: change.commit.map(str::to_owned),
            flag: next,
        };
        Ok(store::put(tx, change.key, &entry).await?)
    }

    /// The snapshot of a revision, read in the transaction that wrote it: nobody else writes until it is over.
    pub(crate) async fn content(&self, tx: &mut Tx, revision: u64) -> Result<Content, Error> {
        let served = |stored: &Stored| stored.flag.life != Life::Archived;
        let (holds, segments) = (store::hold::all_in(tx).await?, store::segments(tx).await?);
        let has_internal = segments.contains_key(crate::INTERNAL);
        let flags = store::all_in(tx).await?.into_iter().filter(served).map(|stored| {
            let content = FlagContent {
                revision: stored.revision,
                definition: match holds.get(&stored.key) {
                    Some(hold) => hold.served(&stored.flag, has_internal),
                    None => stored.flag.effective(),
                },
                off: stored.flag.killed_variant(),
                killed: stored.flag.kill.is_some(),
                testers: stored.flag.testers,
            };
            (stored.key, content)
        });
        let now = self.now();
        let fresh = || format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        Ok(Content {
            revision,
            at_ms: now.as_millisecond(),
            stream_key: store::setting_or(tx, "stream_key", fresh).await?,
            flags: flags.collect(),
            evaluators: store::evaluators(tx).await?,
            segments,
            forced: store::forced(tx, now).await?,
        })
    }
}

/// One change of one flag on its way into the store.
#[derive(Debug, Clone, Copy)]
struct Change<'a> {
    key: &'a str,
    before: Option<&'a Flag>,
    what: &'a str,
    by: &'a By,
    commit: Option<&'a str>,
    revision: u64,
}

async fn known(tx: &mut Tx, key: &str) -> Result<Stored, Error> {
    store::find_in(tx, key).await?.ok_or_else(|| unknown(key).into())
}

pub(crate) fn unknown(key: &str) -> Problem {
    Problem::not_found(format!("there is no flag {key}")).hint("`trunkline flag list` shows those there are")
}
