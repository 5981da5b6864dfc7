//! Single values: counters, the freeze, the generation of routes.

use storage::{Db, Error, Tx, args};

pub(crate) const FREEZE: &str = "freeze";
pub(crate) const GENERATION: &str = "generation";
pub(crate) const ROUTES: &str = "routes";
const NUMBER: &str = "deployment_number";
const POSITION: &str = "change_position";

pub(crate) async fn get(db: &Db, name: &str) -> Result<Option<String>, Error> {
    let row = db.one("SELECT value FROM delivery_setting WHERE name = $1", args![name]).await?;
    row.map(|row| row.get("value")).transpose()
}

pub(crate) async fn put(tx: &mut Tx, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        args![name, value],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, name: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM delivery_setting WHERE name = $1", args![name]).await?;
    Ok(())
}

/// The next deployment number: 1, 2, 3 …
pub(crate) async fn next_number(tx: &mut Tx) -> Result<u64, Error> {
    count(tx, NUMBER).await
}

/// The next place on trunk.
pub(crate) async fn next_position(tx: &mut Tx) -> Result<u64, Error> {
    count(tx, POSITION).await
}

/// The next generation of routes.
pub(crate) async fn next_generation(tx: &mut Tx) -> Result<u64, Error> {
    count(tx, GENERATION).await
}

async fn count(tx: &mut Tx, name: &str) -> Result<u64, Error> {
    let row = tx.one("SELECT value FROM delivery_setting WHERE name = $1", args![name]).await?;
    let last = match row {
        Some(row) => row.get::<String>("value")?.parse().unwrap_or(0),
        None => 0_u64,
    };
    put(tx, name, &(last + 1).to_string()).await?;
    Ok(last + 1)
}
