//! The store on both engines: the same calls, the same answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod db;
mod jobs;
mod outbox;
