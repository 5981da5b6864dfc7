//! All Rust tests, by cargo-nextest where it is installed, else by `cargo test`.

mod libtest;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::junit::{self, Report};
use super::machine::Machine;
use super::tally::{Count, Tally};
use crate::cargo::cargo;
use crate::{console, process, workspace};

/// Everything at once, tests and the binaries that they start: parts of the workspace have other features of shared crates, and
/// those would be built twice.
pub(crate) fn build() -> Result<()> {
    console::install()?;
    console::build()?;
    let built = process::succeeds(&mut cargo(["build", "--workspace", "--bins", "--tests"]))?;
    ensure!(built, "the workspace was not built");
    Ok(())
}

/// Whether there is something to test.
pub(super) fn built(tally: &mut Tally) -> bool {
    let built = build();
    let is_built = built.is_ok();
    tally.add_result("Rust: build", built.map(|()| Count::one(true)));
    is_built
}

/// Unit and facade tests of every crate but the stories.
pub(super) fn crates(machine: &Machine, tally: &mut Tally) {
    suite("Rust tests", &Selection::crates(), machine, tally);
}

/// The stories, on the binary that was built.
pub(super) fn acceptance(machine: &Machine, tally: &mut Tally) {
    suite("acceptance", &Selection::acceptance(), machine, tally);
}

pub(super) fn named(machine: &Machine, name: &str, tally: &mut Tally) {
    suite(
        "Rust tests",
        &Selection { nextest: vec![name.to_owned()], libtest: vec![name.to_owned()], ..Selection::default() },
        machine,
        tally,
    );
}

/// Every story with every seed.
pub(crate) fn soak(machine: &Machine, filter: Option<&str>, tally: &mut Tally) {
    let mut selection = Selection::acceptance();
    selection.nextest.extend(["--run-ignored".to_owned(), "all".to_owned()]);
    selection.libtest.push("--include-ignored".to_owned());
    selection.profile = Some("soak");
    selection.nextest.extend(filter.map(str::to_owned));
    selection.libtest.extend(filter.map(str::to_owned));
    suite("soak", &selection, machine, tally);
}

/// Which tests, in the words of either runner.
#[derive(Debug, Default)]
struct Selection {
    profile: Option<&'static str>,
    nextest: Vec<String>,
    cargo: Vec<String>,
    libtest: Vec<String>,
}

impl Selection {
    fn crates() -> Self {
        Self {
            nextest: words("-E not(package(acceptance)&kind(test))"),
            cargo: words("--workspace --exclude acceptance"),
            ..Self::default()
        }
    }

    fn acceptance() -> Self {
        Self {
            nextest: words("-E package(acceptance)&kind(test)"),
            cargo: words("--package acceptance"),
            ..Self::default()
        }
    }
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn suite(name: &str, selection: &Selection, machine: &Machine, tally: &mut Tally) {
    let report = if machine.has_nextest { nextest(selection, machine) } else { libtest::run(selection, machine) };
    let report = report.map(|report| {
        report.skipped.into_iter().for_each(|line| tally.note(line));
        report.count
    });
    tally.add_result(name, report);
}

fn nextest(selection: &Selection, machine: &Machine) -> Result<Report> {
    let profile = selection.profile.unwrap_or(if machine.requires_all { "ci" } else { "default" });
    let report = workspace::root().join("target/nextest").join(profile).join("junit.xml");
    // The report of another run must not be taken for this one's.
    let _ = std::fs::remove_file(&report);
    let mut command = cargo(["nextest", "run", "--workspace", "--no-fail-fast", "--profile", profile]);
    describe(command.args(&selection.nextest), selection, machine)?;
    let succeeded = process::succeeds(&mut command)?;
    let read = junit::read(&report);
    let skipped = read.as_ref().map(|report| report.skipped.clone()).unwrap_or_default();
    Ok(Report { count: Count::believing(read.map(|report| report.count), succeeded), skipped })
}

/// What tests find in their environment.
fn describe(command: &mut Command, selection: &Selection, machine: &Machine) -> Result<()> {
    machine.describe(command);
    command.env("TRUNKLINE", binary()?).stdin(Stdio::null());
    if selection.profile == Some("soak") {
        command.env("TRUNKLINE_SOAK", "1");
    }
    Ok(())
}

/// The binary that the stories are played on.
pub(crate) fn binary() -> Result<PathBuf> {
    let target = workspace::members()?.target_directory;
    let binary = Path::new(target.as_str()).join("debug/trunkline");
    ensure!(binary.is_file(), "{} is not there", binary.display());
    binary.canonicalize().context("the binary's path is not known")
}
