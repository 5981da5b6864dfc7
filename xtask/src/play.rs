//! `cargo xtask demo` and `cargo xtask up`: check, build, become Trunkline.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::{release, requirements};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Passed on to the command of trunkline
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    passed: Vec<OsString>,
}

/// Becomes `trunkline VERB ARGS`, in the folder where the caller stands.
pub(crate) fn play(verb: &str, args: &Args) -> Result<ExitCode> {
    requirements::check()?;
    let binary = release::build()?;
    let error = Command::new(&binary).arg(verb).args(&args.passed).exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}
