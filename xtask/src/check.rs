//! `cargo xtask check`: what must hold before a commit, tests apart.

use std::process::ExitCode;

use anyhow::{Result, bail, ensure};

use crate::cargo::{self, cargo};
use crate::process::{heading, red, say, succeeds};
use crate::{console, graph, openapi, requirements, tidy};

type Check = (&'static str, fn() -> Result<()>);

const CHECKS: [Check; 7] = [
    ("format", || all_well(succeeds(&mut cargo(["fmt", "--all", "--check"]))?)),
    ("tidy", tidy::check),
    ("graph", graph::check),
    ("console types", types),
    ("lints", lints),
    ("API document", openapi::check),
    ("licences and sources", deny),
];

/// Goes through all of them, whatever fails on the way.
pub(crate) fn run() -> Result<ExitCode> {
    requirements::check()?;
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        heading(name);
        if let Err(error) = check() {
            say(format!("{} {name}: {error:#}", red("error:")));
            failed.push(name);
        }
    }
    if failed.is_empty() {
        say(format!("\nall {} checks hold", CHECKS.len()));
        return Ok(ExitCode::SUCCESS);
    }
    bail!("{} of {} checks do not hold: {}", failed.len(), CHECKS.len(), failed.join(", "))
}

fn all_well(succeeded: bool) -> Result<()> {
    ensure!(succeeded, "see above");
    Ok(())
}

fn lints() -> Result<()> {
    all_well(succeeds(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--keep-going",
        "--",
        "-D",
        "warnings",
    ]))?)
}

fn types() -> Result<()> {
    console::install()?;
    all_well(succeeds(&mut console::npm(["run", "check"]))?)
}

fn deny() -> Result<()> {
    if !cargo::has("deny") {
        say("skipped: cargo-deny is not installed. hint: `cargo install --locked cargo-deny`");
        return Ok(());
    }
    all_well(succeeds(&mut cargo(["deny", "--workspace", "check", "--hide-inclusion-graph"]))?)
}
