//! Calling cargo from a program that cargo started.

use std::process::Command;

use crate::workspace;

/// Variables that `cargo run` sets for us. Build scripts that look at them (ring's does) would run again for every change
/// between a build from here and one from the shell.
fn is_ours(name: &str) -> bool {
    const NAMES: [&str; 5] =
        ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_MANIFEST_PATH", "LD_LIBRARY_PATH"];
    NAMES.contains(&name) || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_DIR")
}

/// `cargo ARGS` in the workspace, as if it was called from a shell.
pub(crate) fn cargo<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_ours)) {
        command.env_remove(name);
    }
    command.args(args).current_dir(workspace::root());
    command
}

/// Whether `cargo NAME` is installed.
pub(crate) fn has(name: &str) -> bool {
    crate::process::found(&format!("cargo-{name}")).is_some()
}
