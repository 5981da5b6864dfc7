//! SQL of ownership, private to it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use storage::{Db, Error, Migrations, Row, Tx, args};
use utoipa::ToSchema;

use crate::model::{Check, Gate, Violation};

/// The context's tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "ownership", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };

/// Records that a figure is counted from; beyond, older ones are left out and that is said.
pub(crate) const RECORDS_MAX: u64 = 5_000;
/// Waivers that are listed.
pub(crate) const WAIVERS_MAX: u64 = 1_000;

/// How far a waiver is that was asked for at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaiverStage)]
pub enum Stage {
    Asked,
    Granted,
    Declined,
    /// Granted before, and taken back.
    Revoked,
}

impl Stage {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "granted" => Self::Granted,
            "declined" => Self::Declined,
            "revoked" => Self::Revoked,
            _ => Self::Asked,
        }
    }
}

/// A waiver that was asked for at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) number: u64,
    pub(crate) repository: String,
    pub(crate) check: Check,
    pub(crate) what: String,
    pub(crate) reason: String,
    pub(crate) expires: Date,
    pub(crate) domain: Option<String>,
    pub(crate) author: String,
    pub(crate) since: Timestamp,
    pub(crate) stage: Stage,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided: Option<Timestamp>,
    pub(crate) decided_why: Option<String>,
}

/// Who agreed to a principle at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) principle: String,
    pub(crate) person: String,
    pub(crate) statement: String,
    pub(crate) at: Timestamp,
}

/// What a gate said of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) commit: String,
    pub(crate) gate: Gate,
    pub(crate) at: Timestamp,
    pub(crate) violations: Vec<Violation>,
}

pub(crate) const fn gate_text(gate: Gate) -> &'static str {
    match gate {
        Gate::Merge => "merge",
        Gate::Deployment => "deployment",
        Gate::Exposure => "exposure",
    }
}

fn gate_of(text: &str) -> Gate {
    match text {
        "merge" => Gate::Merge,
        "exposure" => Gate::Exposure,
        _ => Gate::Deployment,
    }
}

/// The next number; writers follow one another from here on.
pub(crate) async fn advance(tx: &mut Tx) -> Result<u64, Error> {
    tx.execute("UPDATE ownership_revision SET revision = revision + 1 WHERE id = 1", args![]).await?;
    let row = tx.one("SELECT revision FROM ownership_revision WHERE id = 1", args![]).await?;
    row.map_or(Ok(0), |row| row.get("revision"))
}

/// How often anything was written of waivers.
pub(crate) async fn revision(db: &Db) -> Result<u64, Error> {
    let row = db.one("SELECT revision FROM ownership_revision WHERE id = 1", args![]).await?;
    row.map_or(Ok(0), |row| row.get("revision"))
}

/// A value that is written as one word.
fn word<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, Error> {
    serde_json::from_value(row.get::<String>(column)?.into()).map_err(|error| Error::decode(column, &error))
}

fn asked(row: &Row) -> Result<Asked, Error> {
    Ok(Asked {
        number: row.get("number")?,
        repository: row.get("repository")?,
        check: word(row, "check_name")?,
        what: row.get("what")?,
        reason: row.get("reason")?,
        expires: word(row, "expires")?,
        domain: row.get("domain")?,
        author: row.get("author")?,
        since: row.get("asked")?,
        stage: Stage::of(&row.get::<String>("state")?),
        decided_by: row.get("decided_by")?,
        decided: row.get("decided")?,
        decided_why: row.get("decided_why")?,
    })
}

/// The newest waivers, newest first.
pub(crate) async fn waivers(db: &Db) -> Result<Vec<Asked>, Error> {
    let sql = "SELECT * FROM ownership_waiver ORDER BY number DESC LIMIT $1";
    db.all(sql, args![WAIVERS_MAX]).await?.iter().map(asked).collect()
}

/// Those that were granted and may still count.
pub(crate) async fn granted(db: &Db) -> Result<Vec<Asked>, Error> {
    let sql = "SELECT * FROM ownership_waiver WHERE state = 'granted' ORDER BY number DESC LIMIT $1";
    db.all(sql, args![WAIVERS_MAX]).await?.iter().map(asked).collect()
}

pub(crate) async fn waiver(db: &Db, number: u64) -> Result<Option<Asked>, Error> {
    db.one("SELECT * FROM ownership_waiver WHERE number = $1", args![number]).await?.as_ref().map(asked).transpose()
}

pub(crate) async fn waiver_in(tx: &mut Tx, number: u64) -> Result<Option<Asked>, Error> {
    tx.one("SELECT * FROM ownership_waiver WHERE number = $1", args![number]).await?.as_ref().map(asked).transpose()
}

pub(crate) async fn put_waiver(tx: &mut Tx, new: &Asked) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO ownership_waiver (number, repository, check_name, what, reason, expires, domain, author, asked, state,
             decided_by, decided, decided_why)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (number) DO UPDATE SET state = $10, decided_by = $11, decided = $12, decided_why = $13",
        args![
            new.number,
            new.repository.as_str(),
            new.check.name(),
            new.what.as_str(),
            new.reason.as_str(),
            new.expires.to_string(),
            new.domain.as_deref(),
            new.author.as_str(),
            new.since,
            new.stage.text(),
            new.decided_by.as_deref(),
            new.decided,
            new.decided_why.as_deref(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn agreements(db: &Db) -> Result<Vec<Agreement>, Error> {
    let rows = db.all("SELECT * FROM ownership_agreement ORDER BY principle, at, person", args![]).await?;
    let agreement = |row: &Row| {
        Ok(Agreement {
            principle: row.get("principle")?,
            person: row.get("person")?,
            statement: row.get("statement")?,
            at: row.get("at")?,
        })
    };
    rows.iter().map(agreement).collect()
}

pub(crate) async fn put_agreement(tx: &mut Tx, new: &Agreement) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO ownership_agreement (principle, person, statement, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (principle, person) DO UPDATE SET statement = $3, at = $4",
        args![new.principle.as_str(), new.person.as_str(), new.statement.as_str(), new.at],
    )
    .await?;
    Ok(())
}

/// Whether they had agreed.
pub(crate) async fn remove_agreement(tx: &mut Tx, principle: &str, person: &str) -> Result<bool, Error> {
    let sql = "DELETE FROM ownership_agreement WHERE principle = $1 AND person = $2";
    Ok(tx.execute(sql, args![principle, person]).await? > 0)
}

fn record(row: &Row) -> Result<Record, Error> {
    let violations: String = row.get("violations")?;
    Ok(Record {
        commit: row.get("commit_sha")?,
        gate: gate_of(&row.get::<String>("gate")?),
        at: row.get("at")?,
        violations: serde_json::from_str(&violations).map_err(|error| Error::decode("violations", &error))?,
    })
}

/// What gates said since then, newest first.
pub(crate) async fn records(db: &Db, since: Timestamp) -> Result<Vec<Record>, Error> {
    let sql = "SELECT * FROM ownership_record WHERE at >= $1 ORDER BY at DESC, attempt DESC LIMIT $2";
    db.all(sql, args![since, RECORDS_MAX]).await?.iter().map(record).collect()
}

/// The newest that a gate said of a commit, and how often it said something.
pub(crate) async fn newest_record(tx: &mut Tx, commit: &str, gate: Gate) -> Result<Option<(u64, Record)>, Error> {
    let sql = "SELECT * FROM ownership_record WHERE commit_sha = $1 AND gate = $2 ORDER BY attempt DESC LIMIT 1";
    let row = tx.one(sql, args![commit, gate_text(gate)]).await?;
    row.map(|row| Ok((row.get("attempt")?, record(&row)?))).transpose()
}

pub(crate) async fn add_record(tx: &mut Tx, repository: &str, attempt: u64, new: &Record) -> Result<(), Error> {
    let violations = serde_json::to_string(&new.violations).map_err(|error| Error::decode("JSON", &error))?;
    tx.execute(
        "INSERT INTO ownership_record (commit_sha, gate, attempt, repository, at, violations) VALUES ($1, $2, $3, $4, $5, $6)",
        args![new.commit.as_str(), gate_text(new.gate), attempt, repository, new.at, violations],
    )
    .await?;
    Ok(())
}

pub(crate) async fn setting(db: &Db, name: &str) -> Result<Option<String>, Error> {
    let row = db.one("SELECT value FROM ownership_setting WHERE name = $1", args![name]).await?;
    row.map(|row| row.get("value")).transpose()
}

pub(crate) async fn put_setting(tx: &mut Tx, name: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT INTO ownership_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
    tx.execute(sql, args![name, value]).await?;
    Ok(())
}
