//! The crate from outside: an edge that takes and serves, a control plane that joins, over one event log.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bed;
mod deletion;
mod edge;
mod facade;
