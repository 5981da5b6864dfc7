//! SQL of access, private to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::{Db, Error, Migrations, Row, Tx, args};
use utoipa::ToSchema;

use crate::rules::Role;
use crate::serving::Bearer;

/// The context's tables.
pub const MIGRATIONS: Migrations = Migrations {
    context: "access",
    scripts: &[
        ("0001_init", include_str!("../migrations/0001_init.sql")),
        ("0002_link_person", include_str!("../migrations/0002_link_person.sql")),
    ],
};

/// A token as it may be shown; the token itself is not known any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRow {
    pub id: String,
    pub role: Role,
    pub name: Option<String>,
    /// Who uses it, if that is one person.
    pub person: Option<String>,
    /// The deployment whose process was given it.
    pub deployment: Option<u64>,
    pub created: String,
    /// To the minute.
    pub last_used: Option<String>,
    pub revoked: Option<String>,
}

fn token(row: &Row) -> Result<TokenRow, Error> {
    let time = |column: &str| Ok::<_, Error>(row.get::<Option<Timestamp>>(column)?.map(|t| t.to_string()));
    Ok(TokenRow {
        id: row.get("id")?,
        role: Role::parse(&row.get::<String>("role")?).unwrap_or(Role::Client),
        name: row.get("name")?,
        person: row.get("person")?,
        deployment: row.get("deployment")?,
        created: row.get::<Timestamp>("created")?.to_string(),
        last_used: time("last_used")?,
        revoked: time("revoked")?,
    })
}

/// What is stored of a new token.
#[derive(Debug)]
pub(crate) struct Inserted<'a> {
    pub(crate) id: &'a str,
    pub(crate) hash: &'a str,
    pub(crate) role: Role,
    pub(crate) name: Option<&'a str>,
    pub(crate) person: Option<&'a str>,
    pub(crate) deployment: Option<u64>,
}

pub(crate) async fn insert(tx: &mut Tx, new: &Inserted<'_>, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO access_token (id, hash, role, name, person, deployment, created) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![new.id, new.hash, new.role.text(), new.name, new.person, new.deployment, now],
    )
    .await?;
    Ok(())
}

/// Tokens that are in force first, then the revoked ones, newest first; those of deployments are left out.
pub(crate) async fn list(db: &Db, limit: usize) -> Result<Vec<TokenRow>, Error> {
    let rows = db
        .all(
            "SELECT * FROM access_token WHERE deployment IS NULL
             ORDER BY CASE WHEN revoked IS NULL THEN 0 ELSE 1 END, created DESC LIMIT $1",
            args![limit as u64],
        )
        .await?;
    rows.iter().map(token).collect()
}

/// Hash and bearer of every token in force.
pub(crate) async fn in_force(db: &Db) -> Result<BTreeMap<String, Bearer>, Error> {
    let rows = db.all("SELECT hash, id, role, deployment FROM access_token WHERE revoked IS NULL", args![]).await?;
    let bearer = |row: &Row| {
        let role = Role::parse(&row.get::<String>("role")?).unwrap_or(Role::Client);
        Ok((row.get("hash")?, Bearer { id: row.get("id")?, role, deployment: row.get("deployment")? }))
    };
    rows.iter().map(bearer).collect()
}

pub(crate) async fn by_hash(db: &Db, hash: &str) -> Result<Option<TokenRow>, Error> {
    let row = db.one("SELECT * FROM access_token WHERE hash = $1 AND revoked IS NULL", args![hash]).await?;
    row.as_ref().map(token).transpose()
}

pub(crate) async fn touch(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE access_token SET last_used = $2 WHERE id = $1", args![id, now]).await?;
    Ok(())
}

pub(crate) async fn revoke(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, Error> {
    let rows =
        tx.execute("UPDATE access_token SET revoked = $2 WHERE id = $1 AND revoked IS NULL", args![id, now]).await?;
    Ok(rows > 0)
}

pub(crate) async fn revoke_deployment(tx: &mut Tx, deployment: u64, now: Timestamp) -> Result<u64, Error> {
    tx.execute("UPDATE access_token SET revoked = $2 WHERE deployment = $1 AND revoked IS NULL", args![deployment, now])
        .await
}

pub(crate) async fn insert_link(
    tx: &mut Tx,
    hash: &str,
    person: Option<&str>,
    expires: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO access_link (hash, person, expires) VALUES ($1, $2, $3)";
    tx.execute(sql, args![hash, person, expires]).await?;
    Ok(())
}

/// Uses a link up and says whose it is, if it is somebody's; `None` if it is unknown, too old or was used.
pub(crate) async fn use_link(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<Option<String>>, Error> {
    let sql = "UPDATE access_link SET used = $2 WHERE hash = $1 AND used IS NULL AND expires > $2 RETURNING person";
    tx.one(sql, args![hash, now]).await?.map(|row| row.get("person")).transpose()
}

pub(crate) async fn insert_session(
    tx: &mut Tx,
    hash: &str,
    csrf: &str,
    person: Option<&str>,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO access_session (hash, csrf, person, created, expires) VALUES ($1, $2, $3, $4, $5)",
        args![hash, csrf, person, now, expires],
    )
    .await?;
    Ok(())
}

/// (CSRF token, person) of a session in force.
pub(crate) async fn session(db: &Db, hash: &str, now: Timestamp) -> Result<Option<(String, Option<String>)>, Error> {
    let row = db
        .one(
            "SELECT csrf, person FROM access_session WHERE hash = $1 AND ended IS NULL AND expires > $2",
            args![hash, now],
        )
        .await?;
    row.map(|row| Ok((row.get("csrf")?, row.get("person")?))).transpose()
}

pub(crate) async fn end_session(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE access_session SET ended = $2 WHERE hash = $1 AND ended IS NULL", args![hash, now]).await?;
    Ok(())
}
