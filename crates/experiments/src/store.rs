//! SQL of experiments, private to them.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::{Db, Error, Migrations, Row, Tx, args};

use crate::facade::Stage;
use crate::model::{Assessment, Decision, Definition, Evidence};

/// The context's tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "experiments", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };

/// Looks that are kept of one experiment, the newest; the one that decided stays whatever its age.
const LOOKS_KEPT: u64 = 1_000;

/// An experiment as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// The newest that trunk declares.
    pub(crate) definition: Definition,
    /// Fixed when it began.
    pub(crate) running: Option<Definition>,
    pub(crate) file: String,
    pub(crate) commit: String,
    pub(crate) declared: Timestamp,
    pub(crate) retired: Option<Timestamp>,
    pub(crate) stage: Stage,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) ended_by: Option<String>,
    pub(crate) ended_why: Option<String>,
    /// The final one.
    pub(crate) decision: Option<Decision>,
    pub(crate) looks: u64,
    pub(crate) srm_p: f64,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) assessment: Option<Assessment>,
}

impl Stored {
    /// Just declared.
    pub(crate) fn draft(definition: Definition, file: String, commit: String, declared: Timestamp) -> Self {
        Self {
            definition,
            running: None,
            file,
            commit,
            declared,
            retired: None,
            stage: Stage::Draft,
            started: None,
            ended: None,
            ended_by: None,
            ended_why: None,
            decision: None,
            looks: 0,
            srm_p: 1.0,
            evidence: None,
            assessment: None,
        }
    }
}

/// A look as it was stored.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) at: Timestamp,
    pub(crate) definition: Definition,
    pub(crate) evidence: Evidence,
    pub(crate) assessment: Assessment,
}

fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, Error> {
    serde_json::from_str(&row.get::<String>(column)?).map_err(|error| Error::decode(column, &error))
}

fn maybe_json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>, Error> {
    let text = row.get::<Option<String>>(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| Error::decode(column, &error))).transpose()
}

fn text<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::decode("JSON", &error))
}

fn stored(row: &Row) -> Result<Stored, Error> {
    Ok(Stored {
        definition: json(row, "definition")?,
        running: maybe_json(row, "running")?,
        file: row.get("file")?,
        commit: row.get("commit_sha")?,
        declared: row.get("declared")?,
        retired: row.get("retired")?,
        stage: Stage::of(&row.get::<String>("state")?),
        started: row.get("started")?,
        ended: row.get("ended")?,
        ended_by: row.get("ended_by")?,
        ended_why: row.get("ended_why")?,
        decision: maybe_json(row, "decision")?,
        looks: row.get("looks")?,
        srm_p: row.get("srm_p")?,
        evidence: maybe_json(row, "evidence")?,
        assessment: maybe_json(row, "assessment")?,
    })
}

const ALL: &str = "SELECT * FROM experiments_experiment ORDER BY experiment";
const ONE: &str = "SELECT * FROM experiments_experiment WHERE experiment = $1";

/// All that were ever declared, by name.
pub(crate) async fn all(db: &Db) -> Result<Vec<Stored>, Error> {
    db.all(ALL, args![]).await?.iter().map(stored).collect()
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<Vec<Stored>, Error> {
    tx.all(ALL, args![]).await?.iter().map(stored).collect()
}

pub(crate) async fn one(db: &Db, experiment: &str) -> Result<Option<Stored>, Error> {
    db.one(ONE, args![experiment]).await?.as_ref().map(stored).transpose()
}

pub(crate) async fn one_in(tx: &mut Tx, experiment: &str) -> Result<Option<Stored>, Error> {
    tx.one(ONE, args![experiment]).await?.as_ref().map(stored).transpose()
}

/// Writes it as it stands now.
pub(crate) async fn put(tx: &mut Tx, new: &Stored) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO experiments_experiment (experiment, definition, running, file, commit_sha, declared, retired, state, started,
             ended, ended_by, ended_why, looks, srm_p, evidence, assessment, decision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (experiment) DO UPDATE SET definition = $2, running = $3, file = $4, commit_sha = $5, declared = $6,
             retired = $7, state = $8, started = $9, ended = $10, ended_by = $11, ended_why = $12, looks = $13, srm_p = $14,
             evidence = $15, assessment = $16, decision = $17",
        args![
            new.definition.experiment.as_str(),
            text(&new.definition)?,
            new.running.as_ref().map(text).transpose()?,
            new.file.as_str(),
            new.commit.as_str(),
            new.declared,
            new.retired,
            new.stage.text(),
            new.started,
            new.ended,
            new.ended_by.as_deref(),
            new.ended_why.as_deref(),
            new.looks,
            new.srm_p,
            new.evidence.as_ref().map(text).transpose()?,
            new.assessment.as_ref().map(text).transpose()?,
            new.decision.as_ref().map(text).transpose()?,
        ],
    )
    .await?;
    Ok(())
}

/// Keeps a look with all that it saw, and the newest thousand of an experiment.
pub(crate) async fn keep_look(tx: &mut Tx, look: &Look) -> Result<(), Error> {
    let experiment = look.definition.experiment.as_str();
    let number = look.evidence.look;
    let (definition, evidence) = (text(&look.definition)?, text(&look.evidence)?);
    tx.execute(
        "INSERT INTO experiments_look (experiment, look, at, definition, evidence, assessment) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (experiment, look) DO UPDATE SET at = $3, definition = $4, evidence = $5, assessment = $6",
        args![experiment, number, look.at, definition, evidence, text(&look.assessment)?],
    )
    .await?;
    tx.execute(
        "DELETE FROM experiments_look WHERE experiment = $1 AND look <= $2",
        args![experiment, number.saturating_sub(LOOKS_KEPT)],
    )
    .await?;
    Ok(())
}

/// No look of an earlier run is left.
pub(crate) async fn forget_looks(tx: &mut Tx, experiment: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM experiments_look WHERE experiment = $1", args![experiment]).await?;
    Ok(())
}

/// The newest looks, newest first.
pub(crate) async fn looks(db: &Db, experiment: &str, limit: u64) -> Result<Vec<Look>, Error> {
    let sql = "SELECT * FROM experiments_look WHERE experiment = $1 ORDER BY look DESC LIMIT $2";
    let rows = db.all(sql, args![experiment, limit]).await?;
    let look = |row: &Row| {
        Ok(Look {
            at: row.get("at")?,
            definition: json(row, "definition")?,
            evidence: json(row, "evidence")?,
            assessment: json(row, "assessment")?,
        })
    };
    rows.iter().map(look).collect()
}
