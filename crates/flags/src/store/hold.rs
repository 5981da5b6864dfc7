//! SQL of holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use storage::{Db, Error, Row, Tx, args};

use crate::hold::Hold;

const ALL: &str = "SELECT * FROM flags_hold ORDER BY key";

fn hold(row: &Row) -> Result<(String, Hold), Error> {
    let frozen: Option<String> = row.get("frozen")?;
    let frozen = frozen.map(|text| serde_json::from_str(&text)).transpose();
    Ok((
        row.get("key")?,
        Hold {
            since: row.get::<Timestamp>("since")?,
            why: row.get("why")?,
            hint: row.get("hint")?,
            frozen: frozen.map_err(|error| Error::decode("frozen", &error))?,
        },
    ))
}

/// All that are held, by key.
pub(crate) async fn all(db: &Db) -> Result<BTreeMap<String, Hold>, Error> {
    db.all(ALL, args![]).await?.iter().map(hold).collect()
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<BTreeMap<String, Hold>, Error> {
    tx.all(ALL, args![]).await?.iter().map(hold).collect()
}

pub(crate) async fn put(tx: &mut Tx, key: &str, new: &Hold) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO flags_hold (key, since, why, hint, frozen) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (key) DO UPDATE SET since = $2, why = $3, hint = $4, frozen = $5",
        args![key, new.since, new.why.as_str(), new.hint.as_str(), new.frozen.clone()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, key: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM flags_hold WHERE key = $1", args![key]).await?;
    Ok(())
}
