//! Repositories and the services that belong to them.

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, args};

use crate::config::Service;
use crate::store::{decode, encode};

/// A repository whose trunk is watched.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) branch: Option<String>,
    pub(crate) head: Option<String>,
    pub(crate) last_error: Option<String>,
}

/// A service of the product as last declared by a change that was deployed or verified.
#[derive(Debug, Clone)]
pub(crate) struct StoredService {
    pub(crate) name: String,
    pub(crate) repository: String,
    pub(crate) config: Service,
    pub(crate) live: Option<u64>,
    pub(crate) warm: Option<u64>,
    pub(crate) warm_until: Option<Timestamp>,
}

fn repository(row: &Row) -> Result<Repository, Error> {
    Ok(Repository {
        name: row.get("name")?,
        url: row.get("url")?,
        branch: row.get("branch")?,
        head: row.get("head")?,
        last_error: row.get("last_error")?,
    })
}

pub(crate) async fn repositories(db: &Db) -> Result<Vec<Repository>, Error> {
    let rows = db.all("SELECT * FROM delivery_repository ORDER BY added, name", args![]).await?;
    rows.iter().map(repository).collect()
}

/// Since when its trunk is watched.
pub(crate) async fn added(db: &Db, name: &str) -> Result<Timestamp, Error> {
    let row = db.one("SELECT added FROM delivery_repository WHERE name = $1", args![name]).await?;
    row.map_or(Ok(Timestamp::UNIX_EPOCH), |row| row.get("added"))
}

pub(crate) async fn add(
    tx: &mut Tx,
    name: &str,
    url: &str,
    branch: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "INSERT INTO delivery_repository (name, url, branch, added) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING",
            args![name, url, branch, now],
        )
        .await?;
    Ok(rows > 0)
}

/// A branch that is not named stays.
pub(crate) async fn point_to(tx: &mut Tx, name: &str, url: &str, branch: Option<&str>) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_repository SET url = $2, branch = COALESCE($3, branch) WHERE name = $1",
        args![name, url, branch],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_head(tx: &mut Tx, name: &str, branch: &str, head: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery_repository SET branch = $2, head = $3, last_error = NULL WHERE name = $1",
        args![name, branch, head],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_error(tx: &mut Tx, name: &str, error: Option<&str>) -> Result<(), Error> {
    tx.execute("UPDATE delivery_repository SET last_error = $2 WHERE name = $1", args![name, error]).await?;
    Ok(())
}

fn service(row: &Row) -> Result<StoredService, Error> {
    Ok(StoredService {
        name: row.get("name")?,
        repository: row.get("repository")?,
        config: decode("config", &row.get::<String>("config")?)?,
        live: row.get("live")?,
        warm: row.get("warm")?,
        warm_until: row.get("warm_until")?,
    })
}

pub(crate) async fn services(db: &Db) -> Result<Vec<StoredService>, Error> {
    let rows = db.all("SELECT * FROM delivery_service ORDER BY position, name", args![]).await?;
    rows.iter().map(service).collect()
}

pub(crate) async fn find_service(db: &Db, name: &str) -> Result<Option<StoredService>, Error> {
    db.one("SELECT * FROM delivery_service WHERE name = $1", args![name]).await?.as_ref().map(service).transpose()
}

/// Makes the declared service known, or brings its declaration up to date.
pub(crate) async fn declare(
    tx: &mut Tx,
    repository: &str,
    position: u64,
    name: &str,
    config: &Service,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_service (name, repository, position, config) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position, config = excluded.config",
        args![name, repository, position, encode(config)],
    )
    .await?;
    Ok(())
}

/// Records which deployment is live, and which is kept warm and until when.
pub(crate) async fn set_live(tx: &mut Tx, name: &str, live: u64, warm: Option<(u64, Timestamp)>) -> Result<(), Error> {
    let (warm, until) = warm.unzip();
    tx.execute(
        "UPDATE delivery_service SET live = $2, warm = $3, warm_until = $4 WHERE name = $1",
        args![name, live, warm, until],
    )
    .await?;
    Ok(())
}

pub(crate) async fn cool_down(tx: &mut Tx, name: &str) -> Result<(), Error> {
    tx.execute("UPDATE delivery_service SET warm = NULL, warm_until = NULL WHERE name = $1", args![name]).await?;
    Ok(())
}
