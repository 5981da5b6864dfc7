//! Ownership at the level of its facade: a product in a folder, its history, and patterns against git's own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod folder;
mod past;
mod patterns;
mod sample;
mod server;
mod shop;
