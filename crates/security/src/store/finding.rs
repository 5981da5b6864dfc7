//! Findings of what is or was live, with their history.

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, args};

use super::{json, text};
use crate::model::Ecosystem;
use crate::model::join::{Closed, Known, Place};
use crate::model::report::Finding;

/// A finding as it stands.
#[derive(Debug, Clone)]
pub(crate) struct StoredFinding {
    pub(crate) key: String,
    pub(crate) is_open: bool,
    pub(crate) flaw: Finding,
    /// In the normal spelling.
    pub(crate) package: String,
    pub(crate) places: Vec<Place>,
    /// The nearest version without it.
    pub(crate) bump: Option<String>,
    /// The deployment that brought it.
    pub(crate) since: u64,
    pub(crate) opened: Timestamp,
    pub(crate) closed: Option<Timestamp>,
    pub(crate) closed_why: Option<Closed>,
}

impl StoredFinding {
    pub(crate) fn known(&self) -> Known {
        let Self { key, is_open, flaw, places, .. } = self.clone();
        Known { key, is_open, flaw, places }
    }
}

/// One line of its history.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
    pub(crate) at: Timestamp,
    pub(crate) what: String,
    pub(crate) who: String,
    pub(crate) detail: Option<String>,
}

fn stored(row: &Row) -> Result<StoredFinding, Error> {
    let why: Option<String> = row.get("closed_why")?;
    Ok(StoredFinding {
        key: row.get("key")?,
        is_open: row.get("open")?,
        flaw: json(row, "flaw")?,
        package: row.get("package")?,
        places: json(row, "places")?,
        bump: row.get("bump")?,
        since: row.get("since_deployment")?,
        opened: row.get("opened")?,
        closed: row.get("closed")?,
        closed_why: why.map(|why| if why == "gone" { Closed::Gone } else { Closed::TakenBack }),
    })
}

/// Of one package, open and closed.
pub(crate) async fn of_package(tx: &mut Tx, ecosystem: &Ecosystem, package: &str) -> Result<Vec<StoredFinding>, Error> {
    let sql = "SELECT * FROM security_finding WHERE ecosystem = $1 AND package = $2 ORDER BY key";
    tx.all(sql, args![ecosystem.name(), package]).await?.iter().map(stored).collect()
}

/// Open ones first, each newest first.
pub(crate) async fn list(db: &Db, limit: u64) -> Result<Vec<StoredFinding>, Error> {
    let sql = "SELECT * FROM security_finding ORDER BY open DESC, opened DESC, key LIMIT $1";
    db.all(sql, args![limit]).await?.iter().map(stored).collect()
}

pub(crate) async fn find(db: &Db, key: &str) -> Result<Option<StoredFinding>, Error> {
    let row = db.one("SELECT * FROM security_finding WHERE key = $1", args![key]).await?;
    row.as_ref().map(stored).transpose()
}

pub(crate) async fn put(tx: &mut Tx, new: &StoredFinding) -> Result<(), Error> {
    let why = new.closed_why.map(|why| match why {
        Closed::Gone => "gone",
        Closed::TakenBack => "taken_back",
    });
    tx.execute(
        "INSERT INTO security_finding (key, id, ecosystem, package, open, flaw, places, bump, since_deployment, opened, closed, closed_why)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (key) DO UPDATE SET id = $2, open = $5, flaw = $6, places = $7, bump = $8, since_deployment = $9,
             opened = $10, closed = $11, closed_why = $12",
        args![
            new.key.as_str(),
            new.flaw.id.as_str(),
            new.flaw.ecosystem.name(),
            new.package.as_str(),
            new.is_open,
            text(&new.flaw)?,
            text(&new.places)?,
            new.bump.as_deref(),
            new.since,
            new.opened,
            new.closed,
            why,
        ],
    )
    .await?;
    Ok(())
}

/// Adds a line to its history.
pub(crate) async fn tell(tx: &mut Tx, key: &str, event: &StoredEvent) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_finding_event (key, position, at, what, who, detail)
         SELECT $1, COALESCE(MAX(position), 0) + 1, $2, $3, $4, $5 FROM security_finding_event WHERE key = $1",
        args![key, event.at, event.what.as_str(), event.who.as_str(), event.detail.as_deref()],
    )
    .await?;
    Ok(())
}

/// The newest lines, oldest first.
pub(crate) async fn history(db: &Db, key: &str) -> Result<Vec<StoredEvent>, Error> {
    let sql = "SELECT * FROM security_finding_event WHERE key = $1 ORDER BY position DESC LIMIT 200";
    let rows = db.all(sql, args![key]).await?;
    let event = |row: &Row| {
        Ok(StoredEvent { at: row.get("at")?, what: row.get("what")?, who: row.get("who")?, detail: row.get("detail")? })
    };
    rows.iter().rev().map(event).collect()
}
