//! What looks saw and said.

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, args};

use super::{Stored, json, text};
use crate::model::keeping::{Mark, stays};
use crate::model::{Assessment, Decision, Definition, Evidence};

/// A look as it was stored.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) at: Timestamp,
    pub(crate) definition: Definition,
    pub(crate) evidence: Evidence,
    pub(crate) assessment: Assessment,
}

/// What a look said, without what it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) look: u64,
    pub(crate) at: Timestamp,
    pub(crate) decision: Decision,
}

/// Keeps a look of a run with all that it saw, and lets go of those that need not stay beside it. `after` is the experiment with
/// this look counted; `change` numbers it if it changed anything.
pub(crate) async fn keep_look(tx: &mut Tx, after: &Stored, look: &Look, change: Option<u64>) -> Result<(), Error> {
    let experiment = look.definition.experiment.as_str();
    let is_decision = look.assessment.decision != Decision::KeepRunning;
    let (definition, evidence) = (text(&look.definition)?, text(&look.evidence)?);
    tx.execute(
        "INSERT INTO experiments_look (experiment, run, look, change, is_decision, at, definition, evidence, assessment)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            experiment,
            after.run,
            look.evidence.look,
            change,
            is_decision,
            look.at,
            definition,
            evidence,
            text(&look.assessment)?
        ],
    )
    .await?;
    for mark in marks(tx, experiment, after.run).await? {
        if !stays(mark, after.reach()) {
            tx.execute(
                "DELETE FROM experiments_look WHERE experiment = $1 AND run = $2 AND look = $3",
                args![experiment, after.run, mark.look],
            )
            .await?;
        }
    }
    Ok(())
}

async fn marks(tx: &mut Tx, experiment: &str, run: u64) -> Result<Vec<Mark>, Error> {
    let sql = "SELECT look, change, is_decision FROM experiments_look WHERE experiment = $1 AND run = $2";
    let mark = |row: &Row| {
        Ok(Mark { look: row.get("look")?, change: row.get("change")?, is_decision: row.get("is_decision")? })
    };
    tx.all(sql, args![experiment, run]).await?.iter().map(mark).collect()
}

/// Those that are kept of a run, oldest first.
pub(crate) async fn looks(db: &Db, experiment: &str, run: u64) -> Result<Vec<Look>, Error> {
    let sql = "SELECT * FROM experiments_look WHERE experiment = $1 AND run = $2 ORDER BY look";
    let look = |row: &Row| {
        Ok(Look {
            at: row.get("at")?,
            definition: json(row, "definition")?,
            evidence: json(row, "evidence")?,
            assessment: json(row, "assessment")?,
        })
    };
    db.all(sql, args![experiment, run]).await?.iter().map(look).collect()
}

/// What those that are kept of a run said, oldest first.
pub(crate) async fn said(db: &Db, experiment: &str, run: u64) -> Result<Vec<Said>, Error> {
    #[derive(serde::Deserialize)]
    struct Assessed {
        decision: Decision,
    }
    let sql = "SELECT look, at, assessment FROM experiments_look WHERE experiment = $1 AND run = $2 ORDER BY look";
    let said = |row: &Row| {
        let Assessed { decision } = json(row, "assessment")?;
        Ok(Said { look: row.get("look")?, at: row.get("at")?, decision })
    };
    db.all(sql, args![experiment, run]).await?.iter().map(said).collect()
}
