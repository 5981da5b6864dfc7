//! The console's own tests: types, unit tests, and pages in a browser over recorded answers.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::machine::Machine;
use super::tally::{Count, Tally};
use crate::console::{self, npm};
use crate::process;

pub(super) fn units(tally: &mut Tally) {
    tally.add_result("console: types", types());
    tally.add_result("console: unit tests", unit_tests());
}

fn types() -> Result<Count> {
    console::install()?;
    Ok(Count::one(process::succeeds(&mut npm(["run", "check"]))?))
}

fn unit_tests() -> Result<Count> {
    console::install()?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let report = folder.path().join("vitest.json");
    let mut vitest = npm(["run", "unit", "--", "--reporter=default", "--reporter=json"]);
    vitest.arg(format!("--outputFile.json={}", report.display()));
    let succeeded = process::succeeds(&mut vitest)?;
    Ok(Count::believing(read(&report).and_then(|report| vitest_count(&report)), succeeded))
}

/// Builds `ui/dist`, which the binary needs too, and looks at every page.
pub(super) fn browser(machine: &Machine, tally: &mut Tally) {
    let built = console::install().and_then(|()| console::build());
    let is_built = built.is_ok();
    tally.add_result("console: build", built.map(|()| Count::one(true)));
    if machine.chromium.is_none() {
        return tally.skip("browser tests", "no Chromium, and it could not be installed");
    }
    if is_built {
        tally.add_result("console: browser tests", browser_tests(machine));
    }
}

fn browser_tests(machine: &Machine) -> Result<Count> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let report = folder.path().join("playwright.json");
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).context("no free port")?.port();
    let mut playwright = npm(["run", "browser", "--", "--reporter=line,json"]);
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report).env("TRUNKLINE_FIXTURE_PORT", port.to_string());
    machine.describe(&mut playwright);
    let succeeded = process::succeeds(&mut playwright)?;
    Ok(Count::believing(read(&report).and_then(|report| playwright_count(&report)), succeeded))
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).context("the report is not JSON")
}

fn vitest_count(report: &Value) -> Result<Count> {
    Ok(Count { passed: number(report, "/numPassedTests")?, failed: number(report, "/numFailedTests")? })
}

fn playwright_count(report: &Value) -> Result<Count> {
    let passed = number(report, "/stats/expected")? + number(report, "/stats/flaky")?;
    Ok(Count { passed, failed: number(report, "/stats/unexpected")? })
}

fn number(report: &Value, pointer: &str) -> Result<u64> {
    report.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("the report has no {pointer}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_reports() {
        let vitest = json!({"numPassedTests": 40, "numFailedTests": 2});
        assert_eq!(vitest_count(&vitest).unwrap(), Count { passed: 40, failed: 2 });
        let playwright = json!({"stats": {"expected": 30, "unexpected": 1, "flaky": 1, "skipped": 4}});
        assert_eq!(playwright_count(&playwright).unwrap(), Count { passed: 31, failed: 1 });
        assert!(playwright_count(&json!({})).is_err());
    }
}
