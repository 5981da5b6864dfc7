//! Deployments, their journal, and the holds that rollbacks leave.

use jiff::Timestamp;
use serde::Serialize;
use storage::{Db, Error, Row, Tx, args};

use crate::config::Service;
use crate::model::deployment::Deployment;
use crate::model::trunk::Hold;
use crate::store::{decode, encode};

/// So many deployments of newer changes are looked at.
const NEWER_MAX: u64 = 1_000;

/// A deployment with what it was made of.
#[derive(Debug, Clone)]
pub(crate) struct StoredDeployment {
    pub(crate) state: Deployment,
    pub(crate) repository: String,
    /// The service as declared by its commit.
    pub(crate) config: Service,
    /// On what it waits, or what happens next.
    pub(crate) waits_for: String,
}

/// What kind of line a journal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    Decided,
    Intended,
    Observed,
}

impl Entry {
    const fn text(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Intended => "intended",
            Self::Observed => "observed",
        }
    }
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct JournalLine {
    pub(crate) at: String,
    /// `decided`, `intended` or `observed`
    pub(crate) kind: String,
    pub(crate) what: String,
    pub(crate) detail: Option<String>,
}

fn deployment(row: &Row) -> Result<StoredDeployment, Error> {
    Ok(StoredDeployment {
        state: decode("state", &row.get::<String>("state")?)?,
        repository: row.get("repository")?,
        config: decode("config", &row.get::<String>("config")?)?,
        waits_for: row.get("waits_for")?,
    })
}

fn all(rows: &[Row]) -> Result<Vec<StoredDeployment>, Error> {
    rows.iter().map(deployment).collect()
}

pub(crate) async fn insert(tx: &mut Tx, new: &StoredDeployment) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_deployment (number, service, repository, sha, phase, over, state, config, waits_for, forgiven)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, FALSE)",
        args![
            new.state.number,
            new.state.service.as_str(),
            new.repository.as_str(),
            new.state.commit.as_str(),
            new.state.stage.phase(),
            new.state.stage.is_over(),
            encode(&new.state),
            encode(&new.config),
            new.waits_for.as_str()
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, state: &Deployment, waits_for: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_deployment SET phase = $2, over = $3, state = $4, waits_for = $5 WHERE number = $1",
        args![state.number, state.stage.phase(), state.stage.is_over(), encode(state), waits_for],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(db: &Db, number: u64) -> Result<Option<StoredDeployment>, Error> {
    let row = db.one("SELECT * FROM delivery_deployment WHERE number = $1", args![number]).await?;
    row.as_ref().map(deployment).transpose()
}

/// Those that are not over, oldest first.
pub(crate) async fn open(db: &Db) -> Result<Vec<StoredDeployment>, Error> {
    all(&db.all("SELECT * FROM delivery_deployment WHERE NOT over ORDER BY number", args![]).await?)
}

/// Newest first, below `before`, of one service or all.
pub(crate) async fn page(
    db: &Db,
    service: Option<&str>,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<StoredDeployment>, Error> {
    let before = before.unwrap_or(i64::MAX.unsigned_abs());
    let rows = match service {
        Some(service) => {
            db.all(
                "SELECT * FROM delivery_deployment WHERE service = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
                args![service, before, limit as u64],
            )
            .await?
        }
        None => {
            db.all(
                "SELECT * FROM delivery_deployment WHERE number < $1 ORDER BY number DESC LIMIT $2",
                args![before, limit as u64],
            )
            .await?
        }
    };
    all(&rows)
}

/// Those that came as far as customers, newest first.
pub(crate) async fn exposed(db: &Db, limit: usize) -> Result<Vec<StoredDeployment>, Error> {
    let rows = db
        .all(
            "SELECT * FROM delivery_deployment
             WHERE phase IN ('canary', 'live', 'superseded', 'rolling_back', 'rolled_back') ORDER BY number DESC LIMIT $1",
            args![limit as u64],
        )
        .await?;
    all(&rows)
}

pub(crate) async fn of_change(db: &Db, repository: &str, sha: &str) -> Result<Vec<StoredDeployment>, Error> {
    let rows = db
        .all(
            "SELECT * FROM delivery_deployment WHERE repository = $1 AND sha = $2 ORDER BY number DESC",
            args![repository, sha],
        )
        .await?;
    all(&rows)
}

/// Of what the services of a repository have live, the commit that is newest on trunk; one that trunk dropped is older than all.
pub(crate) async fn newest_live(db: &Db, repository: &str) -> Result<Option<String>, Error> {
    let row = db
        .one(
            "SELECT d.sha FROM delivery_service s JOIN delivery_deployment d ON d.number = s.live
             JOIN delivery_change c ON c.repository = d.repository AND c.sha = d.sha
             WHERE d.repository = $1 ORDER BY c.on_trunk DESC, c.position DESC LIMIT 1",
            args![repository],
        )
        .await?;
    row.map(|row| row.get("sha")).transpose()
}

/// Of changes that stand on trunk after `position`, newest first.
pub(crate) async fn of_newer_changes(db: &Db, repository: &str, position: u64) -> Result<Vec<StoredDeployment>, Error> {
    let rows = db
        .all(
            "SELECT d.* FROM delivery_deployment d JOIN delivery_change c ON c.repository = d.repository AND c.sha = d.sha
             WHERE d.repository = $1 AND c.on_trunk AND c.position > $2 ORDER BY d.number DESC LIMIT $3",
            args![repository, position, NEWER_MAX],
        )
        .await?;
    all(&rows)
}

/// The commits of a service that were deployed or tried after deployment `after`, but for those that a person lets try again.
pub(crate) async fn attempted(db: &Db, service: &str, after: u64) -> Result<Vec<String>, Error> {
    let rows = db
        .all(
            "SELECT DISTINCT sha FROM delivery_deployment WHERE service = $1 AND number > $2 AND NOT forgiven",
            args![service, after],
        )
        .await?;
    rows.iter().map(|row| row.get("sha")).collect()
}

/// Lets the commits whose deployments failed or were taken back try again; says how many deployments that are.
pub(crate) async fn try_again(tx: &mut Tx, service: &str) -> Result<u64, Error> {
    tx.execute(
        "UPDATE delivery_deployment SET forgiven = TRUE
         WHERE service = $1 AND phase IN ('failed', 'rolled_back') AND NOT forgiven",
        args![service],
    )
    .await
}

/// A point in the life of a deployment.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) number: u64,
    /// `live`, `rolling back` or `rolled back`
    pub(crate) what: String,
    /// For the first time.
    pub(crate) at: Timestamp,
}

/// When the deployments of a service from `number` on went live, and were taken back.
pub(crate) async fn marks(db: &Db, service: &str, number: u64) -> Result<Vec<Mark>, Error> {
    let rows = db
        .all(
            "SELECT j.number, j.what, MIN(j.at) AS at FROM delivery_journal j JOIN delivery_deployment d ON d.number = j.number
             WHERE d.service = $1 AND d.number >= $2 AND j.what IN ('live', 'rolling back', 'rolled back')
             GROUP BY j.number, j.what",
            args![service, number],
        )
        .await?;
    rows.iter().map(|row| Ok(Mark { number: row.get("number")?, what: row.get("what")?, at: row.get("at")? })).collect()
}

/// The first deployment of the service after `number`.
pub(crate) async fn after(db: &Db, service: &str, number: u64) -> Result<Option<StoredDeployment>, Error> {
    let row = db
        .one(
            "SELECT * FROM delivery_deployment WHERE service = $1 AND number > $2 ORDER BY number LIMIT 1",
            args![service, number],
        )
        .await?;
    row.as_ref().map(deployment).transpose()
}

pub(crate) async fn journal(
    tx: &mut Tx,
    number: u64,
    now: Timestamp,
    kind: Entry,
    what: &str,
    detail: Option<&str>,
) -> Result<(), Error> {
    let row = tx
        .one("SELECT COALESCE(MAX(position), 0) AS last FROM delivery_journal WHERE number = $1", args![number])
        .await?;
    let last: u64 = row.map(|row| row.get("last")).transpose()?.unwrap_or(0);
    tx.execute(
        "INSERT INTO delivery_journal (number, position, at, kind, what, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        args![number, last + 1, now, kind.text(), what, detail.map(str::to_owned)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn journal_of(db: &Db, number: u64) -> Result<Vec<JournalLine>, Error> {
    let rows = db
        .all("SELECT at, kind, what, detail FROM delivery_journal WHERE number = $1 ORDER BY position", args![number])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(JournalLine {
                at: row.get::<Timestamp>("at")?.to_string(),
                kind: row.get("kind")?,
                what: row.get("what")?,
                detail: row.get("detail")?,
            })
        })
        .collect()
}

pub(crate) async fn hold(
    tx: &mut Tx,
    repository: &str,
    service: &str,
    hold: &Hold,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_hold (id, repository, service, sha, since, why, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![kernel::id::fresh(), repository, service, hold.sha.as_str(), hold.since.as_str(), hold.why.as_str(), now],
    )
    .await?;
    Ok(())
}

/// Holds of a service in force.
pub(crate) async fn holds(db: &Db, service: &str) -> Result<Vec<Hold>, Error> {
    let rows = db
        .all(
            "SELECT sha, since, why FROM delivery_hold WHERE service = $1 AND released IS NULL ORDER BY at",
            args![service],
        )
        .await?;
    rows.iter().map(|row| Ok(Hold { sha: row.get("sha")?, since: row.get("since")?, why: row.get("why")? })).collect()
}

/// Releases the holds of a service, or only those of one commit; says how many.
pub(crate) async fn release(
    tx: &mut Tx,
    service: &str,
    sha: Option<&str>,
    why: &str,
    now: Timestamp,
) -> Result<u64, Error> {
    match sha {
        Some(sha) => {
            tx.execute(
                "UPDATE delivery_hold SET released = $3, released_why = $4 WHERE service = $1 AND sha = $2 AND released IS NULL",
                args![service, sha, now, why],
            )
            .await
        }
        None => {
            tx.execute(
                "UPDATE delivery_hold SET released = $2, released_why = $3 WHERE service = $1 AND released IS NULL",
                args![service, now, why],
            )
            .await
        }
    }
}
