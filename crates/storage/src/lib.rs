//! The control store: one SQL text on SQLite and PostgreSQL, migrations per context, the outbox, jobs and the audit log.
//!
//! Knows no domain word. Only this crate may hold engine-specific SQL.
//!
//! Invariants: one transaction touches one context; a fact is published and an audit row is written in the transaction
//! of the change that they speak of; positions of one publisher grow in commit order, so that whoever has read up to a
//! position misses nothing before it.

mod audit;
mod backup;
mod db;
mod error;
pub mod jobs;
mod migrate;
pub mod outbox;
mod value;

#[cfg(feature = "testing")]
pub mod testing;

pub use audit::{Audit, AuditError, AuditRow, audit_page};
pub use db::{Db, Engine, Tx};
pub use error::Error;
pub use migrate::Migrations;
pub use value::{Column, Row, Value};
