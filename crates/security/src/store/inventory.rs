//! What deployments are made of, which of them are live, and which packages are to be looked at again.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use storage::{Db, Error, Row, Tx, args};

use super::{json, put, rows, text};
use crate::model::{Ecosystem, Inventory, Origin};

/// A deployment and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct StoredInventory {
    pub(crate) deployment: u64,
    pub(crate) service: String,
    pub(crate) repository: String,
    pub(crate) commit: String,
    pub(crate) digest: String,
    pub(crate) since: Timestamp,
    pub(crate) bill: Option<String>,
    /// Why nothing is known.
    pub(crate) why: Option<String>,
    pub(crate) is_live: bool,
}

fn stored(row: &Row) -> Result<StoredInventory, Error> {
    Ok(StoredInventory {
        deployment: row.get("deployment")?,
        service: row.get("service")?,
        repository: row.get("repository")?,
        commit: row.get("commit_sha")?,
        digest: row.get("digest")?,
        since: row.get("since")?,
        bill: row.get("bill")?,
        why: row.get("why")?,
        is_live: row.get("live")?,
    })
}

pub(crate) async fn find(db: &Db, deployment: u64) -> Result<Option<StoredInventory>, Error> {
    let row = db.one("SELECT * FROM security_inventory WHERE deployment = $1", args![deployment]).await?;
    row.as_ref().map(stored).transpose()
}

pub(crate) async fn known(db: &Db) -> Result<BTreeSet<u64>, Error> {
    let rows = db.all("SELECT deployment FROM security_inventory WHERE bill IS NOT NULL", args![]).await?;
    rows.iter().map(|row| row.get("deployment")).collect()
}

const LIVE: &str = "SELECT * FROM security_inventory WHERE live = $1 ORDER BY deployment";

pub(crate) async fn live(db: &Db) -> Result<Vec<StoredInventory>, Error> {
    db.all(LIVE, args![true]).await?.iter().map(stored).collect()
}

/// Of which ecosystems something is live.
pub(crate) async fn live_ecosystems(db: &Db) -> Result<BTreeSet<Ecosystem>, Error> {
    let sql = "SELECT DISTINCT c.ecosystem FROM security_component c JOIN security_inventory i ON i.bill = c.bill WHERE i.live = $1";
    let rows = db.all(sql, args![true]).await?;
    rows.iter().map(|row| Ok(Ecosystem::named(&row.get::<String>("ecosystem")?))).collect()
}

const OF_SERVICE: &str = "SELECT * FROM security_inventory WHERE service = $1 AND deployment <= $2
    ORDER BY deployment DESC LIMIT 500";

/// Those of a service up to one, newest first.
pub(crate) async fn of_service(db: &Db, service: &str, up_to: u64) -> Result<Vec<StoredInventory>, Error> {
    db.all(OF_SERVICE, args![service, up_to]).await?.iter().map(stored).collect()
}

pub(crate) async fn of_service_in(tx: &mut Tx, service: &str, up_to: u64) -> Result<Vec<StoredInventory>, Error> {
    tx.all(OF_SERVICE, args![service, up_to]).await?.iter().map(stored).collect()
}

macro_rules! insert_component {
    () => {
        "INSERT INTO security_component (bill, ecosystem, package, name, version, source) VALUES {}
         ON CONFLICT (bill, ecosystem, package, version, source) DO NOTHING"
    };
}
static COMPONENTS: LazyLock<String> = LazyLock::new(|| format!(insert_component!(), rows(6)));
static COMPONENT: LazyLock<String> = LazyLock::new(|| format!(insert_component!(), "($1, $2, $3, $4, $5, $6)"));

/// Keeps an inventory once; its number.
pub(crate) async fn put_bill(tx: &mut Tx, inventory: &Inventory) -> Result<String, Error> {
    let body = text(inventory)?;
    let id = hex::encode(Sha256::digest(&body));
    let sql = "INSERT INTO security_bill (id, inventory) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    if tx.execute(sql, args![id.as_str(), body]).await? == 0 {
        return Ok(id);
    }
    let registered = inventory.packages().filter(|(_, package)| package.origin == Origin::Registry);
    let components = registered.map(|(source, package)| {
        let normal = package.ecosystem.normal(&package.name).into_owned();
        let (ecosystem, name, version) = (package.ecosystem.name(), package.name.as_str(), package.version.as_str());
        args![id.as_str(), ecosystem, normal, name, version, source]
    });
    put(tx, &COMPONENTS, &COMPONENT, components.collect()).await?;
    Ok(id)
}

pub(crate) async fn bill(db: &Db, id: &str) -> Result<Option<Inventory>, Error> {
    let row = db.one("SELECT inventory FROM security_bill WHERE id = $1", args![id]).await?;
    row.map(|row| json(&row, "inventory")).transpose()
}

/// Writes it down. Whether it is live stays as it was.
pub(crate) async fn put_inventory(tx: &mut Tx, new: &StoredInventory) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_inventory (deployment, service, repository, commit_sha, digest, since, bill, why, live)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (deployment) DO UPDATE SET bill = $7, why = $8",
        args![
            new.deployment,
            new.service.as_str(),
            new.repository.as_str(),
            new.commit.as_str(),
            new.digest.as_str(),
            new.since,
            new.bill.as_deref(),
            new.why.as_deref(),
            new.is_live,
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_live(tx: &mut Tx, deployment: u64, is_live: bool) -> Result<(), Error> {
    let sql = "UPDATE security_inventory SET live = $2 WHERE deployment = $1";
    tx.execute(sql, args![deployment, is_live]).await?;
    Ok(())
}

/// The findings of all packages of a deployment are to be worked out again.
pub(crate) async fn mark(tx: &mut Tx, deployment: u64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_delta (ecosystem, package)
         SELECT DISTINCT c.ecosystem, c.package FROM security_component c
         JOIN security_inventory i ON i.bill = c.bill
         WHERE i.deployment = $1 ON CONFLICT (ecosystem, package) DO NOTHING",
        args![deployment],
    )
    .await?;
    Ok(())
}

/// Packages to be looked at again.
pub(crate) async fn marked(tx: &mut Tx, limit: u64) -> Result<Vec<(Ecosystem, String)>, Error> {
    let sql = "SELECT ecosystem, package FROM security_delta ORDER BY ecosystem, package LIMIT $1";
    let rows = tx.all(sql, args![limit]).await?;
    rows.iter().map(|row| Ok((Ecosystem::named(&row.get::<String>("ecosystem")?), row.get("package")?))).collect()
}

pub(crate) async fn unmark(tx: &mut Tx, ecosystem: &Ecosystem, package: &str) -> Result<(), Error> {
    let sql = "DELETE FROM security_delta WHERE ecosystem = $1 AND package = $2";
    tx.execute(sql, args![ecosystem.name(), package]).await?;
    Ok(())
}

/// A package where it runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) source: String,
    pub(crate) service: String,
    pub(crate) deployment: u64,
}

/// Where a package is live.
pub(crate) async fn running(tx: &mut Tx, ecosystem: &Ecosystem, package: &str) -> Result<Vec<Running>, Error> {
    let rows = tx
        .all(
            "SELECT c.name, c.version, c.source, i.service, i.deployment FROM security_component c
             JOIN security_inventory i ON i.bill = c.bill
             WHERE c.ecosystem = $1 AND c.package = $2 AND i.live = $3
             ORDER BY c.version, i.service, i.deployment, c.source",
            args![ecosystem.name(), package, true],
        )
        .await?;
    let running = |row: &Row| {
        Ok(Running {
            name: row.get("name")?,
            version: row.get("version")?,
            source: row.get("source")?,
            service: row.get("service")?,
            deployment: row.get("deployment")?,
        })
    };
    rows.iter().map(running).collect()
}

/// (bill, version) wherever a package is.
pub(crate) async fn bills_with(db: &Db, ecosystem: &Ecosystem, package: &str) -> Result<Vec<(String, String)>, Error> {
    let sql = "SELECT DISTINCT bill, version FROM security_component WHERE ecosystem = $1 AND package = $2";
    let rows = db.all(sql, args![ecosystem.name(), package]).await?;
    rows.iter().map(|row| Ok((row.get("bill")?, row.get("version")?))).collect()
}

/// As [`bills_with`], of one version.
pub(crate) async fn bills_with_version(
    tx: &mut Tx,
    ecosystem: &Ecosystem,
    package: &str,
    version: &str,
) -> Result<BTreeSet<String>, Error> {
    let sql = "SELECT DISTINCT bill FROM security_component WHERE ecosystem = $1 AND package = $2 AND version = $3";
    let rows = tx.all(sql, args![ecosystem.name(), package, version]).await?;
    rows.iter().map(|row| row.get("bill")).collect()
}
