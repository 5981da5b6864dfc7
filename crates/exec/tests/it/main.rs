//! The shim as its callers use it: real processes, real kernels, real signals.

mod bench;
mod detached;
mod hostile;
mod life;
mod logs;
mod ordinary;
mod outcomes;
mod starting;
