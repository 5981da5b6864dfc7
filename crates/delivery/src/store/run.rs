//! Pipeline runs, their steps, and what they built.

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, args};

use crate::gate::Judgement;
use crate::store::{decode, encode};
use crate::verify::infrastructure::Plan;
use crate::verify::{Artifact, Cases, StepKind, StepState};

#[derive(Debug, Clone)]
pub(crate) struct StoredRun {
    pub(crate) id: String,
    pub(crate) sha: String,
    pub(crate) state: String,
    pub(crate) why: Option<String>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(crate) struct StoredStep {
    pub(crate) name: String,
    pub(crate) kind: StepKind,
    pub(crate) state: StepState,
    pub(crate) command: String,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) summary: Option<String>,
    pub(crate) cases: Option<Cases>,
    pub(crate) judgement: Option<Judgement>,
    pub(crate) log: String,
    pub(crate) log_truncated: bool,
}

fn run(row: &Row) -> Result<StoredRun, Error> {
    Ok(StoredRun {
        id: row.get("id")?,
        sha: row.get("sha")?,
        state: row.get("state")?,
        why: row.get("why")?,
        started: row.get("started")?,
        ended: row.get("ended")?,
    })
}

fn step(row: &Row) -> Result<StoredStep, Error> {
    let cases: Option<String> = row.get("cases")?;
    let judgement: Option<String> = row.get("judgement")?;
    Ok(StoredStep {
        name: row.get("name")?,
        kind: decode("kind", &row.get::<String>("kind")?)?,
        state: decode("state", &row.get::<String>("state")?)?,
        command: row.get("command")?,
        started: row.get("started")?,
        ended: row.get("ended")?,
        summary: row.get("summary")?,
        cases: cases.map(|text| decode("cases", &text)).transpose()?,
        judgement: judgement.map(|text| decode("judgement", &text)).transpose()?,
        log: row.get("log")?,
        log_truncated: row.get("log_truncated")?,
    })
}

pub(crate) async fn begin(tx: &mut Tx, id: &str, repository: &str, sha: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_run (id, repository, sha, state, created, started) VALUES ($1, $2, $3, 'running', $4, $4)",
        args![id, repository, sha, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn finish(tx: &mut Tx, id: &str, state: &str, why: Option<&str>, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE delivery_run SET state = $2, why = $3, ended = $4 WHERE id = $1", args![id, state, why, now])
        .await?;
    Ok(())
}

/// Ends the steps that the end of their run left open.
pub(crate) async fn close_steps(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_step SET state = $2, ended = $3 WHERE run = $1 AND state IN ($4, $5)",
        args![id, encode(&StepState::Cancelled), now, encode(&StepState::Queued), encode(&StepState::Running)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(db: &Db, id: &str) -> Result<Option<StoredRun>, Error> {
    db.one("SELECT * FROM delivery_run WHERE id = $1", args![id]).await?.as_ref().map(run).transpose()
}

/// Runs that a crash of the control plane left open.
pub(crate) async fn open(db: &Db) -> Result<Vec<StoredRun>, Error> {
    let rows = db.all("SELECT * FROM delivery_run WHERE state = 'running'", args![]).await?;
    rows.iter().map(run).collect()
}

pub(crate) async fn steps(db: &Db, id: &str) -> Result<Vec<StoredStep>, Error> {
    let rows = db.all("SELECT * FROM delivery_step WHERE run = $1 ORDER BY position", args![id]).await?;
    rows.iter().map(step).collect()
}

/// Writes a step as it now is.
pub(crate) async fn put_step(tx: &mut Tx, id: &str, position: u64, step: &StoredStep) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_step (run, name, position, kind, state, command, started, ended, summary, cases, log, log_truncated, judgement)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (run, name) DO UPDATE SET state = excluded.state, started = excluded.started, ended = excluded.ended,
            summary = excluded.summary, cases = excluded.cases, log_truncated = excluded.log_truncated,
            judgement = excluded.judgement",
        args![
            id,
            step.name.as_str(),
            position,
            encode(&step.kind),
            encode(&step.state),
            step.command.as_str(),
            step.started,
            step.ended,
            step.summary.clone(),
            step.cases.as_ref().map(encode),
            step.log.as_str(),
            step.log_truncated,
            step.judgement.as_ref().map(encode)
        ],
    )
    .await?;
    Ok(())
}

/// What a run built for a service.
pub(crate) async fn put_artifact(
    tx: &mut Tx,
    repository: &str,
    sha: &str,
    service: &str,
    artifact: &Artifact,
    provenance: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_artifact (repository, sha, service, digest, files, bytes, provenance) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (repository, sha, service) DO UPDATE SET digest = excluded.digest, files = excluded.files,
            bytes = excluded.bytes, provenance = excluded.provenance",
        args![repository, sha, service, artifact.digest.as_str(), artifact.files, artifact.bytes, provenance],
    )
    .await?;
    Ok(())
}

/// (service, artifact) pairs of a change.
pub(crate) async fn artifacts(db: &Db, repository: &str, sha: &str) -> Result<Vec<(String, Artifact)>, Error> {
    let rows = db
        .all(
            "SELECT service, digest, files, bytes FROM delivery_artifact WHERE repository = $1 AND sha = $2 ORDER BY service",
            args![repository, sha],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let artifact = Artifact { digest: row.get("digest")?, files: row.get("files")?, bytes: row.get("bytes")? };
            Ok((row.get("service")?, artifact))
        })
        .collect()
}

/// The signed envelope of what a change built for a service.
pub(crate) async fn provenance(db: &Db, repository: &str, sha: &str, service: &str) -> Result<Option<String>, Error> {
    let row = db
        .one(
            "SELECT provenance FROM delivery_artifact WHERE repository = $1 AND sha = $2 AND service = $3",
            args![repository, sha, service],
        )
        .await?;
    row.map_or(Ok(None), |row| row.get("provenance"))
}

/// When the commits of a repository were verified: the end of their newest passed runs, oldest first.
pub(crate) async fn verified(db: &Db, repository: &str, limit: u64) -> Result<Vec<(String, Timestamp)>, Error> {
    let rows = db
        .all(
            "SELECT sha, ended FROM delivery_run WHERE repository = $1 AND state = 'passed' AND ended IS NOT NULL
             ORDER BY ended DESC LIMIT $2",
            args![repository, limit],
        )
        .await?;
    rows.iter().rev().map(|row| Ok((row.get("sha")?, row.get("ended")?))).collect()
}

/// The saved infrastructure plan of a change.
pub(crate) async fn put_plan(tx: &mut Tx, repository: &str, sha: &str, plan: &Plan) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_plan (repository, sha, plan) VALUES ($1, $2, $3)
         ON CONFLICT (repository, sha) DO UPDATE SET plan = excluded.plan",
        args![repository, sha, encode(plan)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn plan(db: &Db, repository: &str, sha: &str) -> Result<Option<Plan>, Error> {
    let row =
        db.one("SELECT plan FROM delivery_plan WHERE repository = $1 AND sha = $2", args![repository, sha]).await?;
    row.map(|row| decode("plan", &row.get::<String>("plan")?)).transpose()
}
