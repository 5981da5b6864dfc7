//! `cargo xtask openapi`: the API's document, as the binary gives it, in `api/openapi.json`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::cargo::cargo;
use crate::process::{output, say, succeeds};
use crate::{test, workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only compare; fail when the file is not up to date
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let built = succeeds(&mut cargo(["build", "--quiet", "--package", "trunkline"]))?;
    ensure!(built, "trunkline was not built");
    if args.check { compare() } else { write() }.map(|()| ExitCode::SUCCESS)
}

/// As `--check`, on the same build as the tests.
pub(crate) fn check() -> Result<()> {
    test::build_workspace()?;
    compare()
}

fn write() -> Result<()> {
    let text = document()?;
    fs::write(file(), text).context("cannot write api/openapi.json")?;
    say("wrote api/openapi.json");
    Ok(())
}

fn compare() -> Result<()> {
    let (wanted, found) = (document()?, fs::read_to_string(file()).unwrap_or_default());
    let line = wanted.lines().zip(found.lines()).position(|(wanted, found)| wanted != found);
    let place = line.unwrap_or_else(|| wanted.lines().count().min(found.lines().count())) + 1;
    ensure!(wanted == found, "api/openapi.json:{place}: is not what the routes say. hint: `cargo xtask openapi`");
    say("api/openapi.json is what the routes say");
    Ok(())
}

fn document() -> Result<String> {
    let said = output(Command::new(test::binary()?).arg("openapi"))?;
    let document: Value = serde_json::from_slice(&said.stdout).context("`trunkline openapi` gave no JSON")?;
    Ok(format!("{document:#}\n"))
}

fn file() -> PathBuf {
    workspace::root().join("api/openapi.json")
}
