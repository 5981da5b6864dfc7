//! SQL of delivery, private to it: rows in, values out. One text for SQLite and PostgreSQL.

pub(crate) mod change;
pub(crate) mod deployment;
pub(crate) mod evidence;
pub(crate) mod repository;
pub(crate) mod run;
pub(crate) mod secret;
pub(crate) mod setting;

use kernel::{Kind, Problem};
use storage::Migrations;

/// The context's tables.
pub const MIGRATIONS: Migrations = Migrations {
    context: "delivery",
    scripts: &[
        ("0001_init", include_str!("../migrations/0001_init.sql")),
        ("0002_judgement", include_str!("../migrations/0002_judgement.sql")),
        ("0003_provenance", include_str!("../migrations/0003_provenance.sql")),
    ],
};

/// Reads a JSON column that we wrote ourselves.
pub(crate) fn decode<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T, storage::Error> {
    serde_json::from_str(text).map_err(|source| storage::Error::decode(column, &source))
}

/// Writes a value into a JSON column.
pub(crate) fn encode(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our own values have text keys and finite numbers")
}

/// A missing row, as the caller wants to hear it.
pub(crate) fn missing(what: impl std::fmt::Display) -> Problem {
    Problem::new(Kind::NotFound, format!("there is no {what}"))
}
