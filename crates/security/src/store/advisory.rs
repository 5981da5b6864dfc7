//! Advisories, found by package.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, Value, args};

use super::{BATCH, json, numbers, padded, put, rows, text};
use crate::model::{Advisories, Advisory, Ecosystem, Feed};

/// Most documents of a source that are told one by one when they cannot be read.
pub(crate) const QUARANTINED_KEPT: u64 = 100;

/// An advisory on its way into the store.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) hash: String,
    pub(crate) advisory: Advisory,
}

/// An import as it stands.
#[derive(Debug, Clone)]
pub(crate) struct StoredImport {
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) began: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) documents: u64,
    pub(crate) added: u64,
    pub(crate) changed: u64,
    pub(crate) same: u64,
    pub(crate) older: u64,
    pub(crate) quarantined: u64,
    pub(crate) etag: Option<String>,
    pub(crate) trouble: Option<String>,
}

fn stored_import(row: &Row) -> Result<StoredImport, Error> {
    Ok(StoredImport {
        source: row.get("source")?,
        id: row.get("id")?,
        began: row.get("began")?,
        ended: row.get("ended")?,
        documents: row.get("documents")?,
        added: row.get("added")?,
        changed: row.get("changed")?,
        same: row.get("same")?,
        older: row.get("older")?,
        quarantined: row.get("quarantined")?,
        etag: row.get("etag")?,
        trouble: row.get("trouble")?,
    })
}

pub(crate) async fn import_in(tx: &mut Tx, source: &str) -> Result<Option<StoredImport>, Error> {
    let row = tx.one("SELECT * FROM security_import WHERE source = $1", args![source]).await?;
    row.as_ref().map(stored_import).transpose()
}

pub(crate) async fn imports(db: &Db) -> Result<Vec<StoredImport>, Error> {
    let rows = db.all("SELECT * FROM security_import ORDER BY source", args![]).await?;
    rows.iter().map(stored_import).collect()
}

pub(crate) async fn put_import(tx: &mut Tx, import: &StoredImport) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_import (source, id, began, ended, documents, added, changed, same, older, quarantined, etag, trouble)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (source) DO UPDATE SET id = $2, began = $3, ended = $4, documents = $5, added = $6, changed = $7, same = $8,
             older = $9, quarantined = $10, etag = $11, trouble = $12",
        args![
            import.source.as_str(),
            import.id.as_str(),
            import.began,
            import.ended,
            import.documents,
            import.added,
            import.changed,
            import.same,
            import.older,
            import.quarantined,
            import.etag.as_deref(),
            import.trouble.as_deref(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn forget_quarantine(tx: &mut Tx, source: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM security_quarantine WHERE source = $1", args![source]).await?;
    Ok(())
}

pub(crate) async fn quarantine(tx: &mut Tx, source: &str, path: &str, reason: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_quarantine (source, path, reason) VALUES ($1, $2, $3)
         ON CONFLICT (source, path) DO UPDATE SET reason = $3",
        args![source, path, reason],
    )
    .await?;
    Ok(())
}

/// (source, path, reason)
pub(crate) async fn quarantined(db: &Db) -> Result<Vec<(String, String, String)>, Error> {
    let sql = "SELECT * FROM security_quarantine ORDER BY source, path LIMIT $1";
    let rows = db.all(sql, args![QUARANTINED_KEPT]).await?;
    rows.iter().map(|row| Ok((row.get("source")?, row.get("path")?, row.get("reason")?))).collect()
}

static KNOWN: LazyLock<String> =
    LazyLock::new(|| format!("SELECT id, hash, modified FROM security_advisory WHERE id IN ({})", numbers(1, BATCH)));

/// Hash and time of those that are there.
pub(crate) async fn known(tx: &mut Tx, ids: &[&str]) -> Result<HashMap<String, (String, Option<Timestamp>)>, Error> {
    let mut known = HashMap::new();
    for ids in ids.chunks(BATCH) {
        for row in tx.all(&KNOWN, padded(ids.iter().copied())).await? {
            known.insert(row.get("id")?, (row.get("hash")?, row.get("modified")?));
        }
    }
    Ok(known)
}

/// Advisories and packages of them that some deployment has; their findings are to be worked out.
static DELTA: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO security_delta (ecosystem, package)
         SELECT DISTINCT a.ecosystem, a.package FROM security_affected a
         JOIN security_component c ON c.ecosystem = a.ecosystem AND c.package = a.package
         WHERE a.advisory IN ({}) ON CONFLICT (ecosystem, package) DO NOTHING",
        numbers(1, BATCH)
    )
});
static FORGET: LazyLock<String> =
    LazyLock::new(|| format!("DELETE FROM security_affected WHERE advisory IN ({})", numbers(1, BATCH)));

macro_rules! insert_advisory {
    () => {
        "INSERT INTO security_advisory (id, hash, modified, body) VALUES {}
         ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, modified = excluded.modified, body = excluded.body"
    };
}
macro_rules! insert_affected {
    () => {
        "INSERT INTO security_affected (ecosystem, package, advisory) VALUES {} ON CONFLICT (ecosystem, package, advisory) DO NOTHING"
    };
}
static ADVISORIES: LazyLock<String> = LazyLock::new(|| format!(insert_advisory!(), rows(4)));
static ADVISORY: LazyLock<String> = LazyLock::new(|| format!(insert_advisory!(), "($1, $2, $3, $4)"));
static AFFECTED: LazyLock<String> = LazyLock::new(|| format!(insert_affected!(), rows(3)));
static AFFECTED_ONE: LazyLock<String> = LazyLock::new(|| format!(insert_affected!(), "($1, $2, $3)"));

/// Writes advisories that are new or different, each once, and marks the packages of deployments that they speak or spoke of.
pub(crate) async fn write(tx: &mut Tx, incoming: &[Incoming]) -> Result<(), Error> {
    let batches: Vec<Vec<Value>> = incoming
        .chunks(BATCH)
        .map(|chunk| padded(chunk.iter().map(|incoming| incoming.advisory.id.as_ref())))
        .collect();
    for ids in &batches {
        tx.execute(&DELTA, ids.clone()).await?;
        tx.execute(&FORGET, ids.clone()).await?;
    }
    let (mut advisories, mut affected) = (Vec::new(), BTreeSet::new());
    for Incoming { hash, advisory } in incoming {
        advisories.push(args![&*advisory.id, hash.as_str(), advisory.modified, text(advisory)?]);
        affected.extend(advisory.affected.iter().map(|part| (part.ecosystem.name(), &*part.name, &*advisory.id)));
    }
    put(tx, &ADVISORIES, &ADVISORY, advisories).await?;
    let affected = affected.into_iter().map(|(ecosystem, package, id)| args![ecosystem, package, id]).collect();
    put(tx, &AFFECTED, &AFFECTED_ONE, affected).await?;
    for ids in batches {
        tx.execute(&DELTA, ids).await?;
    }
    Ok(())
}

/// Works out again what is known of each ecosystem that some source is a feed of: advisories of one that speak of another as well are
/// not all there are of that.
pub(crate) async fn count_feeds(tx: &mut Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM security_feed", args![]).await?;
    tx.execute(
        "INSERT INTO security_feed (ecosystem, advisories, newest_modified)
         SELECT f.ecosystem, COUNT(DISTINCT f.advisory), MAX(a.modified) FROM security_affected f
         JOIN security_advisory a ON a.id = f.advisory
         WHERE f.ecosystem IN (SELECT ecosystem FROM security_carried) GROUP BY f.ecosystem",
        args![],
    )
    .await?;
    Ok(())
}

pub(crate) async fn feeds(db: &Db) -> Result<BTreeMap<Ecosystem, Feed>, Error> {
    let rows = db.all("SELECT * FROM security_feed", args![]).await?;
    let feed = |row: &Row| {
        let feed = Feed { advisories: row.get("advisories")?, newest_modified: row.get("newest_modified")? };
        Ok((Ecosystem::named(&row.get::<String>("ecosystem")?), feed))
    };
    rows.iter().map(feed).collect()
}

pub(crate) async fn count(db: &Db) -> Result<u64, Error> {
    let row = db.one("SELECT COUNT(*) AS n FROM security_advisory", args![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

static OF_PACKAGES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT a.id, a.body FROM security_affected f JOIN security_advisory a ON a.id = f.advisory
         WHERE f.ecosystem = $1 AND f.package IN ({})",
        numbers(2, BATCH)
    )
});

/// All that speak of these packages, by ecosystem and normal name, with what is known of their ecosystems.
pub(crate) async fn of(db: &Db, packages: &BTreeMap<Ecosystem, BTreeSet<String>>) -> Result<Advisories, Error> {
    let mut found: BTreeMap<String, Advisory> = BTreeMap::new();
    for (ecosystem, names) in packages {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for names in names.chunks(BATCH) {
            let mut values = args![ecosystem.name()];
            values.extend(padded(names.iter().copied()));
            for row in db.all(&OF_PACKAGES, values).await? {
                found.insert(row.get("id")?, json(&row, "body")?);
            }
        }
    }
    let mut advisories = Advisories::default();
    for advisory in found.into_values() {
        advisories.add(advisory);
    }
    advisories.set_feeds(feeds(db).await?);
    Ok(advisories)
}
