//! Runs that are over and were followed by another.

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, args};

use super::{Stored, json, maybe_json, text};
use crate::facade::Stage;
use crate::model::{Assessment, Decision, Definition, Evidence};

/// A run as it ended.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) number: u64,
    pub(crate) definition: Definition,
    pub(crate) stage: Stage,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) ended_by: Option<String>,
    pub(crate) ended_why: Option<String>,
    pub(crate) decision: Option<Decision>,
    pub(crate) looks: u64,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) assessment: Option<Assessment>,
}

impl Stored {
    /// The newest run as it stands; nothing before it first began.
    pub(crate) fn newest_run(&self) -> Option<Run> {
        Some(Run {
            number: self.run,
            definition: self.running.clone()?,
            stage: self.stage,
            started: self.started?,
            ended: self.ended,
            ended_by: self.ended_by.clone(),
            ended_why: self.ended_why.clone(),
            decision: self.decision,
            looks: self.looks,
            evidence: self.evidence.clone(),
            assessment: self.assessment.clone(),
        })
    }
}

/// Keeps a run that is over, before the next one takes its place.
pub(crate) async fn keep_run(tx: &mut Tx, over: &Run) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO experiments_run (experiment, run, definition, state, started, ended, ended_by, ended_why, decision, looks,
             evidence, assessment)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            over.definition.experiment.as_str(),
            over.number,
            text(&over.definition)?,
            over.stage.text(),
            over.started,
            over.ended,
            over.ended_by.as_deref(),
            over.ended_why.as_deref(),
            over.decision.as_ref().map(text).transpose()?,
            over.looks,
            over.evidence.as_ref().map(text).transpose()?,
            over.assessment.as_ref().map(text).transpose()?,
        ],
    )
    .await?;
    Ok(())
}

fn kept(row: &Row) -> Result<Run, Error> {
    Ok(Run {
        number: row.get("run")?,
        definition: json(row, "definition")?,
        stage: Stage::of(&row.get::<String>("state")?),
        started: row.get("started")?,
        ended: row.get("ended")?,
        ended_by: row.get("ended_by")?,
        ended_why: row.get("ended_why")?,
        decision: maybe_json(row, "decision")?,
        looks: row.get("looks")?,
        evidence: maybe_json(row, "evidence")?,
        assessment: maybe_json(row, "assessment")?,
    })
}

/// The newest that are over, newest first.
pub(crate) async fn runs(db: &Db, experiment: &str, limit: u64) -> Result<Vec<Run>, Error> {
    let sql = "SELECT * FROM experiments_run WHERE experiment = $1 ORDER BY run DESC LIMIT $2";
    db.all(sql, args![experiment, limit]).await?.iter().map(kept).collect()
}

pub(crate) async fn run(db: &Db, experiment: &str, run: u64) -> Result<Option<Run>, Error> {
    let sql = "SELECT * FROM experiments_run WHERE experiment = $1 AND run = $2";
    db.one(sql, args![experiment, run]).await?.as_ref().map(kept).transpose()
}
