//! SQL of experiments, private to them.

mod looks;
mod runs;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::{Db, Error, Migrations, Row, Tx, args};

use crate::facade::Stage;
use crate::model::keeping::Reach;
use crate::model::{Assessment, Decision, Definition, Evidence};

pub(crate) use looks::{Look, Said, keep_look, looks, said};
pub(crate) use runs::{Run, keep_run, run, runs};

/// The context's tables.
pub const MIGRATIONS: Migrations = Migrations { context: "experiments", scripts: &SCRIPTS };

const SCRIPTS: [(&str, &str); 2] = [
    ("0001_init", include_str!("../migrations/0001_init.sql")),
    ("0002_runs", include_str!("../migrations/0002_runs.sql")),
];

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
    /// How often it began.
    pub(crate) run: u64,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) ended_by: Option<String>,
    pub(crate) ended_why: Option<String>,
    /// The final one.
    pub(crate) decision: Option<Decision>,
    pub(crate) looks: u64,
    /// Looks at which anything changed.
    pub(crate) changes: u64,
    pub(crate) srm_p: f64,
    /// The look that put it there.
    pub(crate) srm_look: u64,
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
            run: 0,
            started: None,
            ended: None,
            ended_by: None,
            ended_why: None,
            decision: None,
            looks: 0,
            changes: 0,
            srm_p: 1.0,
            srm_look: 0,
            evidence: None,
            assessment: None,
        }
    }

    pub(crate) fn reach(&self) -> Reach {
        Reach { looks: self.looks, changes: self.changes, srm_look: self.srm_look }
    }
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
        run: row.get("run")?,
        started: row.get("started")?,
        ended: row.get("ended")?,
        ended_by: row.get("ended_by")?,
        ended_why: row.get("ended_why")?,
        decision: maybe_json(row, "decision")?,
        looks: row.get("looks")?,
        changes: row.get("changes")?,
        srm_p: row.get("srm_p")?,
        srm_look: row.get("srm_look")?,
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
             ended, ended_by, ended_why, looks, srm_p, evidence, assessment, decision, run, changes, srm_look)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         ON CONFLICT (experiment) DO UPDATE SET definition = $2, running = $3, file = $4, commit_sha = $5, declared = $6,
             retired = $7, state = $8, started = $9, ended = $10, ended_by = $11, ended_why = $12, looks = $13, srm_p = $14,
             evidence = $15, assessment = $16, decision = $17, run = $18, changes = $19, srm_look = $20",
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
            new.run,
            new.changes,
            new.srm_look,
        ],
    )
    .await?;
    Ok(())
}
