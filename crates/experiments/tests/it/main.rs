//! The crate from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod facade;
mod golden;
mod migrated;
mod simulated;
mod through_events;
