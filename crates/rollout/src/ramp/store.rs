//! SQL of ramps, private to rollout.

use jiff::Timestamp;
use storage::{Db, Error, Migrations, Row, Tx, args};

use super::evidence::Seen;
use super::state::Ramp;

/// Rollout's own tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "rollout", scripts: &[("0001_init", include_str!("../../migrations/0001_init.sql"))] };

/// Events that are shown of one ramp.
const EVENTS_SHOWN: u64 = 200;

/// A ramp with what was seen last.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) ramp: Ramp,
    /// Grows with every write of the record.
    pub(super) version: u64,
    pub(super) seen: Option<Vec<Seen>>,
}

/// What became of it.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) why: String,
}

fn stored(row: &Row) -> Result<Stored, Error> {
    let seen = row.get::<Option<String>>("evidence")?;
    Ok(Stored {
        ramp: serde_json::from_value(row.get("value")?).map_err(|error| Error::decode("value", &error))?,
        version: row.get("version")?,
        seen: seen
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| Error::decode("evidence", &error))?,
    })
}

fn text(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::decode("JSON", &error))
}

/// Those of which something is still to be done.
pub(super) async fn open(db: &Db) -> Result<Vec<Stored>, Error> {
    db.all("SELECT * FROM rollout_ramp WHERE is_open ORDER BY number", args![]).await?.iter().map(stored).collect()
}

pub(super) async fn one(db: &Db, number: u64) -> Result<Option<Stored>, Error> {
    let row = db.one("SELECT * FROM rollout_ramp WHERE number = $1", args![number]).await?;
    row.as_ref().map(stored).transpose()
}

pub(super) async fn one_in(tx: &mut Tx, number: u64) -> Result<Option<Stored>, Error> {
    let row = tx.one("SELECT * FROM rollout_ramp WHERE number = $1", args![number]).await?;
    row.as_ref().map(stored).transpose()
}

/// The newest first, of all flags or one, below `before`.
pub(super) async fn list(db: &Db, flag: Option<&str>, before: u64, limit: u64) -> Result<Vec<Stored>, Error> {
    let rows = if let Some(flag) = flag {
        let sql = "SELECT * FROM rollout_ramp WHERE flag = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
        db.all(sql, args![flag, before, limit]).await?
    } else {
        let sql = "SELECT * FROM rollout_ramp WHERE number < $1 ORDER BY number DESC LIMIT $2";
        db.all(sql, args![before, limit]).await?
    };
    rows.iter().map(stored).collect()
}

/// The open ramp of a flag, and the number that the next one gets.
pub(super) async fn place(tx: &mut Tx, flag: &str) -> Result<(Option<Stored>, u64), Error> {
    let open = tx.one("SELECT * FROM rollout_ramp WHERE is_open AND flag = $1", args![flag]).await?;
    let last = tx.one("SELECT COALESCE(MAX(number), 0) AS last FROM rollout_ramp", args![]).await?;
    let last: u64 = last.map(|row| row.get("last")).transpose()?.unwrap_or(0);
    Ok((open.as_ref().map(stored).transpose()?, last + 1))
}

pub(super) async fn insert(tx: &mut Tx, ramp: &Ramp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO rollout_ramp (number, flag, is_open, version, value) VALUES ($1, $2, $3, 1, $4)",
        args![ramp.number, ramp.plan.flag.as_str(), !ramp.is_over(), text(ramp)?],
    )
    .await?;
    Ok(())
}

/// Writes the record as it stands now; `false`, and nothing happens, if somebody else wrote it since `version`.
pub(super) async fn put(tx: &mut Tx, ramp: &Ramp, version: u64) -> Result<bool, Error> {
    let sql =
        "UPDATE rollout_ramp SET is_open = $1, version = version + 1, value = $2 WHERE number = $3 AND version = $4";
    Ok(tx.execute(sql, args![!ramp.is_over(), text(ramp)?, ramp.number, version]).await? == 1)
}

/// What was seen last.
pub(super) async fn put_seen(tx: &mut Tx, number: u64, seen: &[Seen]) -> Result<(), Error> {
    tx.execute("UPDATE rollout_ramp SET evidence = $1 WHERE number = $2", args![text(&seen)?, number]).await?;
    Ok(())
}

pub(super) async fn put_event(
    tx: &mut Tx,
    ramp: &Ramp,
    version: u64,
    event: &Event,
    seen: &[Seen],
) -> Result<(), Error> {
    let evidence = if seen.is_empty() { None } else { Some(text(&seen)?) };
    let Event { at, who, what, why } = event.clone();
    tx.execute(
        "INSERT INTO rollout_ramp_event (number, version, at, who, what, why, evidence) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![ramp.number, version, at, who, what, why, evidence],
    )
    .await?;
    Ok(())
}

/// The newest, oldest first.
pub(super) async fn events(db: &Db, number: u64) -> Result<Vec<Event>, Error> {
    let sql = "SELECT * FROM rollout_ramp_event WHERE number = $1 ORDER BY version DESC LIMIT $2";
    let rows = db.all(sql, args![number, EVENTS_SHOWN]).await?;
    let event = |row: &Row| {
        Ok(Event { at: row.get("at")?, who: row.get("who")?, what: row.get("what")?, why: row.get("why")? })
    };
    rows.iter().rev().map(event).collect()
}
