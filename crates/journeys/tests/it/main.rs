//! Journeys at the level of their facade, on both engines, over an event log in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod bed;
mod deeds;
mod definitions;
mod looks;
mod reports;
