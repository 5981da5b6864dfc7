//! The store under the event log: a write-ahead log, columnar segments, sets of ids; and rows of
//! other people's Parquet files. Knows no domain word.

pub mod ids;
pub mod rows;
pub mod segment;
pub mod wal;
