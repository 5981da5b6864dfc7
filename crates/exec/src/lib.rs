//! Starts every foreign process: checks, builds, migrations, probes and the product itself.
//!
//! The caller describes a command in a [`Spec`] and hands it to a [`Launcher`]. Between the caller and the command stands the
//! *shim* (`trunkline exec`, [`main`]): a small process that owns the command's output, time limit and descendants. It redacts
//! secrets, bounds the log, and ends the whole tree of processes, those that became daemons too.
//!
//! Invariants:
//! - when a `WithParent` command is over, for whatever reason, nothing that it started still runs;
//! - a `Detached` command is alive exactly as long as its lock is held, and its caller may come and go;
//! - a command sees the environment in its `Spec` and nothing else; no secret is ever an argument of a process;
//! - this crate knows processes, files and limits; it knows no run, no deployment and no service.

pub mod detached;
pub mod environment;
mod error;
pub mod isolation;
mod launcher;
mod log;
mod outcome;
mod process;
mod redact;
mod shim;
mod spec;

pub use error::Error;
pub use isolation::Level;
pub use launcher::Launcher;
pub use log::tail::tail;
pub use outcome::{End, Outcome};
pub use redact::SECRET_BYTES_MIN;
pub use shim::main;
pub use spec::{Isolation, Life, LogMode, Priority, Spec};
