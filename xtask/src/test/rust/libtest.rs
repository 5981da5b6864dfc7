//! `cargo test`, for machines without cargo-nextest: its output is passed on and counted.

use std::io::{BufRead as _, BufReader, Read};
use std::process::Stdio;
use std::thread;

use anyhow::{Context as _, Result};

use super::{Selection, describe};
use crate::cargo::cargo;
use crate::process::say;
use crate::test::junit::{Report, skipped};
use crate::test::machine::Machine;
use crate::test::tally::Count;

/// Stories share the machine; the customers of two are enough.
const THREADS: &str = "2";

pub(super) fn run(selection: &Selection, machine: &Machine) -> Result<Report> {
    let mut command = cargo(["test", "--no-fail-fast", "--bins", "--lib", "--tests"]);
    let parts = if selection.cargo.is_empty() { vec!["--workspace".to_owned()] } else { selection.cargo.clone() };
    command.args(parts).args(["--", "--show-output", "--test-threads", THREADS]).args(&selection.libtest);
    describe(&mut command, selection, machine)?;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let talk = child.stderr.take().map(|stream| thread::spawn(|| read(stream)));
    let mut report = child.stdout.take().map(read).unwrap_or_default();
    if let Some(talk) = talk.and_then(|talk| talk.join().ok()) {
        report.skipped.extend(talk.skipped);
    }
    let succeeded = child.wait().context("cannot wait for cargo test")?.success();
    report.count = Count::believing(Ok(report.count), succeeded);
    Ok(report)
}

/// Passes on what is of interest: all but what passing tests said.
fn read(stream: impl Read) -> Report {
    let mut report = Report::default();
    let mut is_success = false;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        report.skipped.extend(skipped(&line));
        report.count.add(result(&line));
        is_success = line == "successes:" || (is_success && line != "failures:" && !line.starts_with("test result:"));
        if !is_success {
            say(&line);
        }
    }
    report
}

/// What `test result: ok. 12 passed; 1 failed; 0 ignored; ...` counts.
fn result(line: &str) -> Count {
    let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
        return Count::default();
    };
    let number = |what: &str| {
        let part = counts.split("; ").find_map(|part| part.strip_suffix(what));
        part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    Count { passed: number("passed"), failed: number("failed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_binary() {
        let output = "running 2 tests\nsuccesses:\n---- a stdout ----\nskipped: nginx: not here\ntest result: ok. 12 passed; 0 failed; 1 ignored\n\
                      test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured\n";
        let report = read(output.as_bytes());
        assert_eq!(report.count, Count { passed: 15, failed: 2 });
        assert_eq!(report.skipped.len(), 1);
    }
}
