//! SQL of journeys, private to them.

use jiff::Timestamp;
use storage::{Db, Error, Migrations, Row, Tx, args};

use crate::facade::Stage;
use crate::model::Definition;

/// The context's tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "journeys", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };

/// A definition in force.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) definition: Definition,
    pub(crate) revision: u64,
    pub(crate) stage: Stage,
    pub(crate) file: String,
    pub(crate) commit: String,
    pub(crate) at: Timestamp,
    pub(crate) retired: Option<Timestamp>,
}

const STORED: &str = "SELECT j.stage, j.retired, r.revision, r.definition, r.file, r.commit_sha, r.at
     FROM journeys_journey j JOIN journeys_revision r ON r.journey = j.journey AND r.revision = j.revision
     ORDER BY j.journey";

fn stored(row: &Row) -> Result<Stored, Error> {
    let definition = serde_json::from_str(&row.get::<String>("definition")?);
    Ok(Stored {
        definition: definition.map_err(|error| Error::decode("definition", &error))?,
        revision: row.get("revision")?,
        stage: Stage::of(&row.get::<String>("stage")?),
        file: row.get("file")?,
        commit: row.get("commit_sha")?,
        at: row.get("at")?,
        retired: row.get("retired")?,
    })
}

/// All that were ever declared, by name; also the retired ones.
pub(crate) async fn all(db: &Db) -> Result<Vec<Stored>, Error> {
    db.all(STORED, args![]).await?.iter().map(stored).collect()
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<Vec<Stored>, Error> {
    tx.all(STORED, args![]).await?.iter().map(stored).collect()
}

/// One journey, also if it is retired.
pub(crate) async fn one(db: &Db, journey: &str) -> Result<Option<Stored>, Error> {
    let row = db
        .one(
            "SELECT j.stage, j.retired, r.revision, r.definition, r.file, r.commit_sha, r.at
             FROM journeys_journey j JOIN journeys_revision r ON r.journey = j.journey AND r.revision = j.revision
             WHERE j.journey = $1",
            args![journey],
        )
        .await?;
    row.as_ref().map(stored).transpose()
}

/// (revision, commit, when), newest first.
pub(crate) async fn revisions(db: &Db, journey: &str, limit: usize) -> Result<Vec<(u64, String, Timestamp)>, Error> {
    let rows = db
        .all(
            "SELECT revision, commit_sha, at FROM journeys_revision WHERE journey = $1 ORDER BY revision DESC LIMIT $2",
            args![journey, limit as u64],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("revision")?, row.get("commit_sha")?, row.get("at")?))).collect()
}

/// Puts a definition in force under its next revision.
pub(crate) async fn put(tx: &mut Tx, new: &Stored) -> Result<(), Error> {
    let definition = serde_json::to_string(&new.definition).map_err(|error| Error::decode("definition", &error))?;
    let journey = new.definition.journey.as_str();
    tx.execute(
        "INSERT INTO journeys_revision (journey, revision, definition, file, commit_sha, at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![journey, new.revision, definition, new.file.as_str(), new.commit.as_str(), new.at],
    )
    .await?;
    tx.execute(
        "INSERT INTO journeys_journey (journey, revision, stage, retired) VALUES ($1, $2, $3, NULL)
         ON CONFLICT (journey) DO UPDATE SET revision = $2, stage = $3, retired = NULL",
        args![journey, new.revision, new.stage.text()],
    )
    .await?;
    Ok(())
}

/// The same definition is live from now on.
pub(crate) async fn set_live(tx: &mut Tx, journey: &str) -> Result<(), Error> {
    tx.execute("UPDATE journeys_journey SET stage = 'live', retired = NULL WHERE journey = $1", args![journey]).await?;
    Ok(())
}

/// Trunk does not declare it any more.
pub(crate) async fn retire(tx: &mut Tx, journey: &str, at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE journeys_journey SET retired = $2 WHERE journey = $1", args![journey, at]).await?;
    Ok(())
}
