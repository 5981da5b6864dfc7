//! Secrets at rest: sealed values, readable only with the root key.

use jiff::Timestamp;
use storage::{Db, Error, Tx, args};

/// What may be shown of a secret.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct SecretName {
    pub service: String,
    pub name: String,
    /// RFC 3339
    pub updated: String,
    pub by: String,
}

pub(crate) async fn put(
    tx: &mut Tx,
    (service, name): (&str, &str),
    sealed: Vec<u8>,
    by: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_secret (service, name, sealed, updated, updated_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (service, name) DO UPDATE SET sealed = excluded.sealed, updated = excluded.updated, updated_by = excluded.updated_by",
        args![service, name, sealed, now, by],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, service: &str, name: &str) -> Result<bool, Error> {
    let rows = tx.execute("DELETE FROM delivery_secret WHERE service = $1 AND name = $2", args![service, name]).await?;
    Ok(rows > 0)
}

pub(crate) async fn names(db: &Db) -> Result<Vec<SecretName>, Error> {
    let rows = db
        .all("SELECT service, name, updated, updated_by FROM delivery_secret ORDER BY service, name", args![])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(SecretName {
                service: row.get("service")?,
                name: row.get("name")?,
                updated: row.get::<Timestamp>("updated")?.to_string(),
                by: row.get("updated_by")?,
            })
        })
        .collect()
}

/// (name, sealed value) of a service.
pub(crate) async fn sealed(db: &Db, service: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let rows = db.all("SELECT name, sealed FROM delivery_secret WHERE service = $1", args![service]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("sealed")?))).collect()
}
