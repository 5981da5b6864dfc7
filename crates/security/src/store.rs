//! SQL of security, private to it.

pub(crate) mod advisory;
pub(crate) mod carried;
pub(crate) mod finding;
pub(crate) mod inventory;

use std::fmt::Write as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::{Error, Migrations, Row, Tx, Value};

/// The context's tables.
pub const MIGRATIONS: Migrations = Migrations {
    context: "security",
    scripts: &[
        ("0001_init", include_str!("../migrations/0001_init.sql")),
        ("0002_feed_age", include_str!("../migrations/0002_feed_age.sql")),
    ],
};

/// So many rows go into one statement.
const BATCH: usize = 200;

/// `($1, $2), ($3, $4)`: a batch of rows.
fn rows(columns: usize) -> String {
    let mut text = String::new();
    for row in 0..BATCH {
        let comma = if row == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}({})", numbers(row * columns + 1, columns));
    }
    text
}

/// `$3, $4`: so many from there on.
fn numbers(from: usize, count: usize) -> String {
    let all: Vec<String> = (from..from + count).map(|number| format!("${number}")).collect();
    all.join(", ")
}

/// A list of a batch's length: what is missing at its end is a text that nothing is.
fn padded<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Value> {
    texts.chain(std::iter::repeat("")).take(BATCH).map(Value::from).collect()
}

/// Writes rows, as many as there are in one statement as long as there are enough.
async fn put(tx: &mut Tx, many: &'static str, one: &'static str, rows: Vec<Vec<Value>>) -> Result<(), Error> {
    let mut rows = rows.into_iter();
    while rows.len() >= BATCH {
        tx.execute(many, rows.by_ref().take(BATCH).flatten().collect()).await?;
    }
    for row in rows {
        tx.execute(one, row).await?;
    }
    Ok(())
}

fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, Error> {
    serde_json::from_str(&row.get::<String>(column)?).map_err(|error| Error::decode(column, &error))
}

fn text<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::decode("JSON", &error))
}
