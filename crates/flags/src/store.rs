//! SQL of flags, private to it.

pub(crate) mod hold;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use storage::{Db, Error, Migrations, Row, Tx, args};

use crate::flag::Flag;
use crate::{Forced, Reference};

/// The context's tables.
pub const MIGRATIONS: Migrations = Migrations {
    context: "flags",
    scripts: &[
        ("0001_init", include_str!("../migrations/0001_init.sql")),
        ("0002_hold", include_str!("../migrations/0002_hold.sql")),
    ],
};

/// A flag at its newest revision.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) key: String,
    pub(crate) revision: u64,
    pub(crate) flag: Flag,
}

/// One write of one flag.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) revision: u64,
    pub(crate) at: Timestamp,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) why: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) flag: Flag,
}

fn flag(row: &Row) -> Result<Flag, Error> {
    serde_json::from_value(row.get("value")?).map_err(|source| Error::decode("value", &source))
}

fn stored(row: &Row) -> Result<Stored, Error> {
    Ok(Stored { key: row.get("key")?, revision: row.get("revision")?, flag: flag(row)? })
}

fn entry(row: &Row) -> Result<Entry, Error> {
    Ok(Entry {
        revision: row.get("revision")?,
        at: row.get("at")?,
        who: row.get("who")?,
        what: row.get("what")?,
        why: row.get("why")?,
        commit: row.get("commit_sha")?,
        flag: flag(row)?,
    })
}

/// Grows the revision by `by`, which may be 0; whoever else writes waits until this transaction is over.
pub(crate) async fn advance(tx: &mut Tx, by: u64) -> Result<u64, Error> {
    tx.execute("UPDATE flags_revision SET revision = revision + $1 WHERE id = 1", args![by]).await?;
    let row = tx.one("SELECT revision FROM flags_revision WHERE id = 1", args![]).await?;
    row.map_or(Ok(0), |row| row.get("revision"))
}

/// The newest revision.
pub(crate) async fn revision(db: &Db) -> Result<u64, Error> {
    let row = db.one("SELECT revision FROM flags_revision WHERE id = 1", args![]).await?;
    row.map_or(Ok(0), |row| row.get("revision"))
}

pub(crate) async fn all(db: &Db) -> Result<Vec<Stored>, Error> {
    db.all("SELECT * FROM flags_flag ORDER BY key", args![]).await?.iter().map(stored).collect()
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<Vec<Stored>, Error> {
    tx.all("SELECT * FROM flags_flag ORDER BY key", args![]).await?.iter().map(stored).collect()
}

pub(crate) async fn find(db: &Db, key: &str) -> Result<Option<Stored>, Error> {
    db.one("SELECT * FROM flags_flag WHERE key = $1", args![key]).await?.as_ref().map(stored).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, key: &str) -> Result<Option<Stored>, Error> {
    tx.one("SELECT * FROM flags_flag WHERE key = $1", args![key]).await?.as_ref().map(stored).transpose()
}

/// The flag after a write, and the write itself.
pub(crate) async fn put(tx: &mut Tx, key: &str, entry: &Entry) -> Result<(), Error> {
    let value = serde_json::to_value(&entry.flag).map_err(|source| Error::decode("value", &source))?;
    tx.execute(
        "INSERT INTO flags_flag (key, revision, value) VALUES ($1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, value = excluded.value",
        args![key, entry.revision, value.clone()],
    )
    .await?;
    tx.execute(
        "INSERT INTO flags_history (key, revision, at, who, what, why, commit_sha, value)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            key,
            entry.revision,
            entry.at,
            entry.who.clone(),
            entry.what.clone(),
            entry.why.clone(),
            entry.commit.clone(),
            value
        ],
    )
    .await?;
    Ok(())
}

/// The writes of a flag, newest first.
pub(crate) async fn history(db: &Db, key: &str, limit: u64) -> Result<Vec<Entry>, Error> {
    let sql = "SELECT * FROM flags_history WHERE key = $1 ORDER BY revision DESC LIMIT $2";
    db.all(sql, args![key, limit]).await?.iter().map(entry).collect()
}

/// The newest write of each flag, by key.
pub(crate) async fn newest(db: &Db) -> Result<BTreeMap<String, Entry>, Error> {
    let rows = db
        .all("SELECT h.* FROM flags_history h JOIN flags_flag f ON f.key = h.key AND f.revision = h.revision", args![])
        .await?;
    rows.iter().map(|row| Ok((row.get("key")?, entry(row)?))).collect()
}

/// The flag as it was at a revision of the set.
pub(crate) async fn at_revision(tx: &mut Tx, key: &str, revision: u64) -> Result<Option<Entry>, Error> {
    let sql = "SELECT * FROM flags_history WHERE key = $1 AND revision <= $2 ORDER BY revision DESC LIMIT 1";
    tx.one(sql, args![key, revision]).await?.as_ref().map(entry).transpose()
}

pub(crate) async fn evaluators(tx: &mut Tx) -> Result<BTreeMap<String, Value>, Error> {
    let rows = tx.all("SELECT * FROM flags_evaluator ORDER BY name", args![]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("rule")?))).collect()
}

pub(crate) async fn put_evaluator(tx: &mut Tx, name: &str, rule: &Value) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO flags_evaluator (name, rule) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET rule = excluded.rule",
        args![name, rule.clone()],
    )
    .await?;
    Ok(())
}

/// Members of each segment, as in its file.
pub(crate) async fn segments(tx: &mut Tx) -> Result<BTreeMap<String, String>, Error> {
    let rows = tx.all("SELECT * FROM flags_segment ORDER BY name", args![]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("members")?))).collect()
}

/// (name, revision, members) of each segment.
pub(crate) async fn segment_rows(db: &Db) -> Result<Vec<(String, u64, String)>, Error> {
    let rows = db.all("SELECT * FROM flags_segment ORDER BY name", args![]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("revision")?, row.get("members")?))).collect()
}

pub(crate) async fn put_segment(tx: &mut Tx, name: &str, revision: u64, members: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO flags_segment (name, revision, members) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, members = excluded.members",
        args![name, revision, members],
    )
    .await?;
    Ok(())
}

pub(crate) async fn forced(tx: &mut Tx, now: Timestamp) -> Result<Vec<Forced>, Error> {
    let rows = tx.all("SELECT * FROM flags_forced WHERE expires > $1 ORDER BY run", args![now]).await?;
    let read = |row: &Row| {
        let variants = serde_json::from_value(row.get("variants")?).map_err(|e| Error::decode("variants", &e))?;
        let expires: Timestamp = row.get("expires")?;
        Ok(Forced { run: row.get("run")?, expires_ms: expires.as_millisecond(), variants })
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn put_forced(
    tx: &mut Tx,
    run: &str,
    expires: Timestamp,
    variants: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let variants = serde_json::to_value(variants).map_err(|source| Error::decode("variants", &source))?;
    tx.execute(
        "INSERT INTO flags_forced (run, expires, variants) VALUES ($1, $2, $3)
         ON CONFLICT (run) DO UPDATE SET expires = excluded.expires, variants = excluded.variants",
        args![run, expires, variants],
    )
    .await?;
    Ok(())
}

/// Ends a run, and those that are over anyway; how many.
pub(crate) async fn remove_forced(tx: &mut Tx, run: &str, now: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM flags_forced WHERE run = $1 OR expires <= $2", args![run, now]).await
}

/// What the code of a commit names; what was known of it before is replaced.
pub(crate) async fn put_references(
    tx: &mut Tx,
    commit: &str,
    references: &[Reference],
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute("DELETE FROM flags_reference WHERE commit_sha = $1", args![commit]).await?;
    for reference in references {
        tx.execute(
            "INSERT INTO flags_reference (commit_sha, flag, path, line) VALUES ($1, $2, $3, $4)
             ON CONFLICT (commit_sha, flag, path, line) DO NOTHING",
            args![commit, reference.flag.as_str(), reference.path.as_str(), reference.line],
        )
        .await?;
    }
    tx.execute(
        "INSERT INTO flags_referenced (commit_sha, at) VALUES ($1, $2)
         ON CONFLICT (commit_sha) DO UPDATE SET at = excluded.at",
        args![commit, now],
    )
    .await?;
    Ok(())
}

/// Where the newest commit whose references are known names a flag; `None` if no commit's are.
pub(crate) async fn references(db: &Db, flag: &str) -> Result<Option<Vec<Reference>>, Error> {
    let newest = db.one("SELECT commit_sha FROM flags_referenced ORDER BY at DESC LIMIT 1", args![]).await?;
    let Some(newest) = newest else { return Ok(None) };
    let commit: String = newest.get("commit_sha")?;
    let sql = "SELECT * FROM flags_reference WHERE commit_sha = $1 AND flag = $2 ORDER BY path, line";
    let rows = db.all(sql, args![commit, flag]).await?;
    let read = |row: &Row| Ok(Reference { flag: row.get("flag")?, path: row.get("path")?, line: row.get("line")? });
    rows.iter().map(read).collect::<Result<_, Error>>().map(Some)
}

/// The value of a setting, made once.
pub(crate) async fn setting_or(tx: &mut Tx, name: &str, fresh: impl FnOnce() -> String) -> Result<String, Error> {
    if let Some(row) = tx.one("SELECT value FROM flags_setting WHERE name = $1", args![name]).await? {
        return row.get("value");
    }
    let value = fresh();
    tx.execute("INSERT INTO flags_setting (name, value) VALUES ($1, $2)", args![name, value.as_str()]).await?;
    Ok(value)
}
