//! Write-ahead log and event segments: the columnar store under the event log. Knows no domain word.

pub mod wal;
