//! The shim as its callers use it: real processes, real kernels, real signals.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bench;
mod detached;
mod hostile;
mod life;
mod logs;
mod ordinary;
mod outcomes;
mod starting;
