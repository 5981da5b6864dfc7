//! Changes: the commits of trunk, in trunk order, and how their verification stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::{Db, Error, Row, Tx, args};

use crate::config::Product;
use crate::git::{Commit, FileStat};
use crate::model::trunk::Verification;
use crate::store::{decode, encode};
use crate::verify::RedGreen;

/// How the verification of a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Queued,
    Running,
    Passed,
    Failed,
    Cancelled,
    /// Newer ones landed before its run began.
    Superseded,
    /// Was there before the trunk was watched.
    Known,
}

impl State {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::Known => "known",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            "superseded" => Self::Superseded,
            _ => Self::Known,
        }
    }

    /// As far as shipping is concerned.
    pub(crate) const fn verification(self) -> Verification {
        match self {
            Self::Queued | Self::Running => Verification::Pending,
            Self::Passed => Verification::Passed,
            Self::Failed | Self::Cancelled => Verification::Failed,
            Self::Superseded | Self::Known => Verification::Superseded,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StoredChange {
    pub(crate) repository: String,
    pub(crate) sha: String,
    pub(crate) position: u64,
    pub(crate) parent: Option<String>,
    pub(crate) author: String,
    pub(crate) subject: String,
    pub(crate) at: Timestamp,
    pub(crate) landed: Timestamp,
    pub(crate) files: Vec<FileStat>,
    pub(crate) fixes: Vec<String>,
    pub(crate) reverts: Vec<String>,
    pub(crate) state: State,
    pub(crate) why: Option<String>,
    /// Why it must not ship although it passed.
    pub(crate) held: Option<String>,
    pub(crate) run: Option<String>,
    pub(crate) config: Option<Product>,
    pub(crate) red_green: Option<RedGreen>,
    /// A rewrite of trunk may have dropped it.
    pub(crate) on_trunk: bool,
}

impl StoredChange {
    pub(crate) fn short(&self) -> &str {
        short(&self.sha)
    }

    /// What it says it mends or undoes.
    pub(crate) fn mends(&self) -> Vec<String> {
        self.fixes.iter().chain(&self.reverts).cloned().collect()
    }
}

/// The first seven characters.
pub(crate) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

fn change(row: &Row) -> Result<StoredChange, Error> {
    let json = |column: &str| row.get::<Option<String>>(column);
    Ok(StoredChange {
        repository: row.get("repository")?,
        sha: row.get("sha")?,
        position: row.get("position")?,
        parent: row.get("parent")?,
        author: row.get("author")?,
        subject: row.get("subject")?,
        at: row.get("at")?,
        landed: row.get("landed")?,
        files: decode("files", &row.get::<String>("files")?)?,
        fixes: decode("fixes", &row.get::<String>("fixes")?)?,
        reverts: decode("reverts", &row.get::<String>("reverts")?)?,
        state: State::parse(&row.get::<String>("verification")?),
        why: row.get("why")?,
        held: row.get("held")?,
        run: row.get("run")?,
        config: json("config")?.map(|text| decode("config", &text)).transpose()?,
        red_green: json("red_green")?.map(|text| decode("red_green", &text)).transpose()?,
        on_trunk: row.get("on_trunk")?,
    })
}

fn all(rows: &[Row]) -> Result<Vec<StoredChange>, Error> {
    rows.iter().map(change).collect()
}

/// A commit that has landed on trunk, with what was read of it.
#[derive(Debug)]
pub(crate) struct Landed<'a> {
    pub(crate) repository: &'a str,
    pub(crate) commit: &'a Commit,
    pub(crate) files: &'a [FileStat],
    pub(crate) state: State,
}

/// Appends a commit to trunk. One that is known already (a trunk that was rewritten and came back) takes its new place.
pub(crate) async fn land(tx: &mut Tx, landed: &Landed<'_>, position: u64, now: Timestamp) -> Result<(), Error> {
    let commit = landed.commit;
    tx.execute(
        "INSERT INTO delivery_change (repository, sha, position, parent, author, email, subject, body, at, landed, files,
            fixes, reverts, verification, on_trunk)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, TRUE)
         ON CONFLICT (repository, sha) DO UPDATE SET position = excluded.position, on_trunk = TRUE, why = NULL,
            verification = CASE WHEN delivery_change.verification IN ('cancelled', 'superseded') THEN excluded.verification
                           ELSE delivery_change.verification END",
        args![
            landed.repository,
            commit.sha.as_str(),
            position,
            commit.parents.first().cloned(),
            commit.author.as_str(),
            commit.email.as_str(),
            commit.subject.as_str(),
            commit.body.as_str(),
            commit.at,
            now,
            encode(&landed.files),
            encode(&commit.fixes()),
            encode(&commit.reverts()),
            landed.state.text()
        ],
    )
    .await?;
    Ok(())
}

/// Takes commits off trunk that a rewrite dropped.
pub(crate) async fn drop_from_trunk(tx: &mut Tx, repository: &str, sha: &str, why: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_change SET on_trunk = FALSE, why = $3,
            verification = CASE WHEN verification IN ('queued', 'running') THEN 'cancelled' ELSE verification END
         WHERE repository = $1 AND sha = $2",
        args![repository, sha, why],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(db: &Db, sha: &str) -> Result<Option<StoredChange>, Error> {
    db.one("SELECT * FROM delivery_change WHERE sha = $1", args![sha]).await?.as_ref().map(change).transpose()
}

/// Those whose id begins with `prefix`; at most two, enough to tell one from several.
pub(crate) async fn find_prefix(db: &Db, prefix: &str) -> Result<Vec<StoredChange>, Error> {
    let above = format!("{prefix}g");
    let rows = db
        .all(
            "SELECT * FROM delivery_change WHERE sha >= $1 AND sha < $2 ORDER BY position DESC LIMIT 2",
            args![prefix, above],
        )
        .await?;
    all(&rows)
}

/// The newest changes of all repositories below `before`.
pub(crate) async fn page(db: &Db, before: Option<u64>, limit: usize) -> Result<Vec<StoredChange>, Error> {
    let rows = db
        .all(
            "SELECT * FROM delivery_change WHERE position < $1 ORDER BY position DESC LIMIT $2",
            args![before.unwrap_or(i64::MAX.unsigned_abs()), limit as u64],
        )
        .await?;
    all(&rows)
}

/// The last part of a repository's trunk, oldest first.
pub(crate) async fn trunk(db: &Db, repository: &str, limit: u64) -> Result<Vec<StoredChange>, Error> {
    let rows = db
        .all(
            "SELECT * FROM delivery_change WHERE repository = $1 AND on_trunk ORDER BY position DESC LIMIT $2",
            args![repository, limit],
        )
        .await?;
    let mut changes = all(&rows)?;
    changes.reverse();
    Ok(changes)
}

/// Queued ones, newest first.
pub(crate) async fn queued(db: &Db, repository: &str) -> Result<Vec<StoredChange>, Error> {
    let rows = db
        .all(
            "SELECT * FROM delivery_change WHERE repository = $1 AND verification = 'queued' ORDER BY position DESC",
            args![repository],
        )
        .await?;
    all(&rows)
}

pub(crate) async fn set_state(
    tx: &mut Tx,
    repository: &str,
    sha: &str,
    state: State,
    why: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_change SET verification = $3, why = $4 WHERE repository = $1 AND sha = $2",
        args![repository, sha, state.text(), why],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_run(tx: &mut Tx, repository: &str, sha: &str, run: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_change SET run = $3, verification = 'running', why = NULL WHERE repository = $1 AND sha = $2",
        args![repository, sha, run],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_config(tx: &mut Tx, repository: &str, sha: &str, config: &Product) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_change SET config = $3 WHERE repository = $1 AND sha = $2",
        args![repository, sha, encode(config)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_red_green(tx: &mut Tx, repository: &str, sha: &str, proof: &RedGreen) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_change SET red_green = $3 WHERE repository = $1 AND sha = $2",
        args![repository, sha, encode(proof)],
    )
    .await?;
    Ok(())
}

/// Records why a change that passed must not ship.
pub(crate) async fn set_held(tx: &mut Tx, repository: &str, sha: &str, held: &str) -> Result<(), Error> {
    tx.execute("UPDATE delivery_change SET held = $3 WHERE repository = $1 AND sha = $2", args![repository, sha, held])
        .await?;
    Ok(())
}

/// The newest change of a repository waits again, if it was stopped by gates alone; gives its commit.
pub(crate) async fn judge_again(tx: &mut Tx, repository: &str) -> Result<Option<String>, Error> {
    let sql = "UPDATE delivery_change SET verification = 'queued', why = NULL, held = NULL
         WHERE repository = $1 AND verification = 'failed' AND why LIKE 'gate %'
         AND position = (SELECT MAX(position) FROM delivery_change WHERE repository = $1 AND on_trunk) RETURNING sha";
    tx.one(sql, args![repository]).await?.map(|row| row.get("sha")).transpose()
}

/// Has the newest change of trunk verified again if its run was cancelled or it is held; says how many that are.
pub(crate) async fn verify_again(tx: &mut Tx, repository: &str) -> Result<u64, Error> {
    tx.execute(
        "UPDATE delivery_change SET verification = 'queued', why = NULL, held = NULL
         WHERE repository = $1 AND (verification = 'cancelled' OR (verification = 'passed' AND held IS NOT NULL))
         AND position = (SELECT MAX(position) FROM delivery_change WHERE repository = $1 AND on_trunk)",
        args![repository],
    )
    .await
}
