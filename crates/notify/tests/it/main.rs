//! Notifications at the level of their facade, with a receiver that listens on a real port.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod kills;
mod receiver;
mod sending;
