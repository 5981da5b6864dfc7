//! The store under the event log: a write-ahead log, columnar segments, sets of ids. Knows no domain word.

pub mod ids;
pub mod segment;
pub mod wal;
