//! Taking advisories in, part by part: each part is one transaction, so that whatever ends an import, what was taken is whole,
//! and the same import again adds nothing twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Audit, Tx};
use utoipa::ToSchema;

use super::{By, Security};
use crate::Error;
use crate::model::Ecosystem;
use crate::model::plain::plain;
use crate::offline::{Entry, Feed};
use crate::scratch::Scratch;
use crate::store::advisory::{self, Incoming, QUARANTINED_KEPT, StoredImport};
use crate::store::carried;

/// Longest name of a source.
const SOURCE_BYTES_MAX: usize = 300;
/// Longest reason for which a document is kept aside.
const REASON_CHARS_MAX: usize = 300;

/// Which import, and how far it is.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where the documents come from: a folder, a mirror.
    pub source: String,
    /// Parts with the same id belong together.
    pub id: String,
    pub part: Part,
    pub feed_of: FeedOf,
}

/// Which ecosystems a source is a feed of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOf {
    /// Of all that its documents speak of.
    Whatever,
    /// Of this one and its releases: what its documents say of others is not all there is of them.
    One(Ecosystem),
}

impl FeedOf {
    fn is_of(&self, ecosystem: &Ecosystem) -> bool {
        match self {
            Self::Whatever => true,
            Self::One(one) => ecosystem.is_of(one),
        }
    }
}

/// Which part of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    More,
    Last { etag: Option<String> },
}

/// What became of the documents of an import so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AdvisoryImport)]
pub struct Imported {
    pub documents: u64,
    pub added: u64,
    pub changed: u64,
    /// They were there, with the same content.
    pub same: u64,
    /// They were there, changed later than these: an old feed takes nothing back.
    pub older: u64,
    /// They are no advisories.
    pub quarantined: u64,
}

/// What was read of a part.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    /// So many more documents are no advisories, of which nothing is told.
    pub(crate) aside: u64,
}

impl From<Vec<Entry>> for Batch {
    fn from(entries: Vec<Entry>) -> Self {
        Self { entries, aside: 0 }
    }
}

/// The same, sorted.
#[derive(Debug)]
struct Read {
    incoming: Vec<Incoming>,
    quarantined: Vec<(String, String)>,
    aside: u64,
    documents: u64,
}

impl Security {
    /// Takes documents of an import in, a [`Line`](crate::Line) a line, read by the reader; gives what became of all of it so far.
    /// Once it returns, findings in what is live are open.
    pub async fn import(
        &self,
        import: &Import,
        lines: impl AsRef<[u8]> + Send + 'static,
        by: &By,
    ) -> Result<Imported, Error> {
        if lines.as_ref().trim_ascii().is_empty() {
            return self.import_entries(import, Batch::default(), by).await;
        }
        let scratch = Scratch::within(&self.scratch)?;
        let path = scratch.file("documents.ndjson");
        let feed = Feed::Lines(path.clone());
        let written = tokio::task::spawn_blocking(move || std::fs::write(&path, lines)).await?;
        written.map_err(|error| Problem::internal(format!("cannot keep what is imported: {error}")))?;
        let entries = self.reader.advisories(&feed).await?;
        let entries = tokio::task::spawn_blocking(move || entries.collect::<Result<Vec<_>, Problem>>()).await??;
        self.import_entries(import, entries.into(), by).await
    }

    /// As [`Security::import`], of what was read.
    pub(crate) async fn import_entries(&self, import: &Import, batch: Batch, by: &By) -> Result<Imported, Error> {
        if import.source.is_empty() || import.source.len() > SOURCE_BYTES_MAX {
            let message = format!("an import has a source of 1 to {SOURCE_BYTES_MAX} bytes");
            return Err(Problem::invalid(message).hint("the name of the folder or the address of the feed").into());
        }
        let read = read(batch);
        let imported = {
            let _writing = self.writing.lock().await;
            let mut tx = self.db.begin().await?;
            let stored = self.take(&mut tx, import, read, by).await?;
            tx.commit().await?;
            of(&stored)
        };
        self.settle().await?;
        Ok(imported)
    }

    async fn take(&self, tx: &mut Tx, import: &Import, read: Read, by: &By) -> Result<StoredImport, Error> {
        let now = self.clock.now();
        let before = advisory::import_in(tx, &import.source).await?;
        let mut stored = match before {
            Some(stored) if stored.id == import.id => stored,
            before => {
                advisory::forget_quarantine(tx, &import.source).await?;
                begun(import, now, before.and_then(|before| before.etag))
            }
        };
        stored.documents += read.documents;
        for (path, reason) in &read.quarantined {
            if stored.quarantined < QUARANTINED_KEPT {
                advisory::quarantine(tx, &import.source, path, reason).await?;
            }
            stored.quarantined += 1;
        }
        stored.quarantined += read.aside;
        for (ecosystem, documents) in met(&read.incoming, &import.feed_of) {
            carried::met(tx, (&import.source, &import.id), ecosystem, documents).await?;
        }
        let ids: Vec<&str> = read.incoming.iter().map(|incoming| incoming.advisory.id.as_ref()).collect();
        let known = advisory::known(tx, &ids).await?;
        let new = sorted_out(read.incoming, &known, &mut stored);
        advisory::write(tx, &new).await?;
        if let Part::Last { etag } = &import.part {
            carried::ended(tx, &import.source, &import.id, now).await?;
            advisory::count_feeds(tx).await?;
            stored.ended = Some(now);
            stored.etag.clone_from(etag);
            tx.audit(audit(&stored, by)).await?;
        }
        advisory::put_import(tx, &stored).await?;
        Ok(stored)
    }

    /// A refresh failed, or found nothing new.
    pub(crate) async fn refreshed(&self, source: &str, trouble: Option<String>) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let (source, id) = (source.to_owned(), String::new());
        let import = Import { source, id, part: Part::More, feed_of: FeedOf::Whatever };
        let mut stored =
            advisory::import_in(&mut tx, &import.source).await?.unwrap_or_else(|| begun(&import, now, None));
        if trouble.is_none() {
            stored.ended = Some(now);
            carried::renewed(&mut tx, &import.source, now).await?;
        }
        stored.trouble = trouble;
        advisory::put_import(&mut tx, &stored).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// How many documents speak of each ecosystem that their source is a feed of.
fn met<'a>(incoming: &'a [Incoming], feed_of: &FeedOf) -> BTreeMap<&'a Ecosystem, u64> {
    let mut met = BTreeMap::new();
    for one in incoming {
        let spoken: BTreeSet<&Ecosystem> = one.advisory.affected.iter().map(|part| &part.ecosystem).collect();
        for ecosystem in spoken.into_iter().filter(|ecosystem| feed_of.is_of(ecosystem)) {
            *met.entry(ecosystem).or_default() += 1;
        }
    }
    met
}

fn begun(import: &Import, now: Timestamp, etag: Option<String>) -> StoredImport {
    StoredImport {
        source: import.source.clone(),
        id: import.id.clone(),
        began: now,
        ended: None,
        documents: 0,
        added: 0,
        changed: 0,
        same: 0,
        older: 0,
        quarantined: 0,
        etag,
        trouble: None,
    }
}

/// Of documents with one id the last counts.
fn read(batch: Batch) -> Read {
    let Batch { entries, aside } = batch;
    let documents = entries.len() as u64 + aside;
    let (mut incoming, mut quarantined) = (BTreeMap::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Advisory { hash, advisory } => {
                incoming.insert(advisory.id.clone(), Incoming { hash, advisory });
            }
            Entry::Aside { name, reason } => {
                quarantined.push((plain(&name), plain(&reason).chars().take(REASON_CHARS_MAX).collect()));
            }
        }
    }
    Read { incoming: incoming.into_values().collect(), quarantined, aside, documents }
}

/// What is to be written, and the others counted. Content decides whether something changed; a time only, which of two is older.
fn sorted_out(
    incoming: Vec<Incoming>,
    known: &HashMap<String, (String, Option<Timestamp>)>,
    stored: &mut StoredImport,
) -> Vec<Incoming> {
    let mut new = Vec::new();
    for one in incoming {
        match known.get(&*one.advisory.id) {
            None => stored.added += 1,
            Some((hash, _)) if *hash == one.hash => {
                stored.same += 1;
                continue;
            }
            Some((_, Some(modified))) if one.advisory.modified.is_some_and(|at| at < *modified) => {
                stored.older += 1;
                continue;
            }
            Some(_) => stored.changed += 1,
        }
        new.push(one);
    }
    new
}

fn of(stored: &StoredImport) -> Imported {
    let StoredImport { documents, added, changed, same, older, quarantined, .. } = *stored;
    Imported { documents, added, changed, same, older, quarantined }
}

fn audit(stored: &StoredImport, by: &By) -> Audit {
    Audit {
        who: by.who.clone(),
        what: "advisories.imported".into(),
        subject: stored.source.clone(),
        why: by.why.clone(),
        before: None,
        after: Some(json!(of(stored))),
    }
}
