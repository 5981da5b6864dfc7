//! Delivery as its callers see it: on real repositories, with real processes, on both engines of the control store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod delivery;
mod git;
mod verify;
mod words;
