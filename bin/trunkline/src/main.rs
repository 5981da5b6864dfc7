//! Trunkline takes a product from trunk to customers and back. This binary composes the contexts and reads the command line.

mod cli;
mod console;
mod definitions;
mod out;
mod plane;
mod up;

use std::process::ExitCode;

/// What the edge does for a request is a few dozen small allocations; this one needs a third less for them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The shim that starts foreign code must be a process with one thread and no others' state.
    if std::env::args().nth(1).as_deref() == Some("exec") {
        return exec::main();
    }
    cli::main()
}
