//! Rollout as its callers see it: a real repository, real deployments behind a real edge, real definitions.
//!
//! The instances are this very binary, started again for an ignored test. The shim is `trunkline-exec`; `cargo build -p exec`
//! makes it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bed;
mod inventories;
mod product;
mod ramps;
mod repository;
mod services;
