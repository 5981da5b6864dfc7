//! The edge as its callers use it: a real edge process, real instances, real connections.
//!
//! The edge and the instances are this very binary, started again for one of its ignored tests. The shim is
//! `trunkline-exec`; `cargo build -p exec` makes it.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails with it")]

mod admin;
mod bench;
mod extension;
mod http;
mod instances;
mod limits;
mod passing;
mod probes;
mod product;
mod restart;
mod retries;
mod routing;
mod snapshots;
mod starting;
mod switch;
mod system;
mod tiny;
