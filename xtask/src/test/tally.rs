//! How many tests passed and failed, over all suites.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{heading, red, say};

/// The result of one suite.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl Count {
    /// A check that has no parts.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// What a report says, set against the exit code: a suite that ends badly has failed, whatever its report counts.
    pub(crate) fn believing(report: Result<Self>, succeeded: bool) -> Self {
        let count = report.unwrap_or_else(|error| {
            say(format!("{} no report: {error:#}", red("error:")));
            Self { passed: 0, failed: 1 }
        });
        let is_unexplained = !succeeded && count.failed == 0;
        Self { failed: count.failed + u64::from(is_unexplained), ..count }
    }
}

#[derive(Debug)]
pub(crate) struct Tally {
    total: Count,
    failed: Vec<String>,
    skipped: BTreeSet<String>,
    requires_all: bool,
}

impl Tally {
    pub(crate) fn new(requires_all: bool) -> Self {
        Self { total: Count::default(), failed: Vec::new(), skipped: BTreeSet::new(), requires_all }
    }

    /// Whether a suite that is skipped is a failure.
    pub(crate) fn requires_all(&self) -> bool {
        self.requires_all
    }

    pub(crate) fn add(&mut self, suite: &str, count: Count) {
        self.total.add(count);
        if count.failed > 0 {
            self.failed.push(format!("{suite}: {} failed", count.failed));
        }
    }

    /// A suite, or a check without parts, that could not even be started is one failure.
    pub(crate) fn add_result(&mut self, suite: &str, result: Result<Count>) {
        let count = result.unwrap_or_else(|error| {
            say(format!("{} {suite}: {error:#}", red("error:")));
            Count::one(false)
        });
        self.add(suite, count);
    }

    /// A whole suite that cannot run here; said at the end.
    pub(crate) fn skip(&mut self, suite: &str, why: &str) {
        self.note(format!("skipped: {suite}: {why}"));
        if self.requires_all {
            self.add(suite, Count::one(false));
        }
    }

    /// A test's own word that it left something out. It has failed by itself where nothing may be left out.
    pub(crate) fn note(&mut self, line: String) {
        self.skipped.insert(line);
    }

    /// Says it all; the last line is the count.
    pub(crate) fn conclude(self) -> ExitCode {
        heading("result");
        for line in self.failed.iter().chain(&self.skipped) {
            say(line);
        }
        anstream::println!("{} passed, {} failed", self.total.passed, self.total.failed);
        if self.total.failed == 0 && self.total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_end_without_a_failed_test_is_a_failure() {
        let good = Count { passed: 3, failed: 0 };
        assert_eq!(Count::believing(Ok(good), true), good);
        assert_eq!(Count::believing(Ok(good), false), Count { passed: 3, failed: 1 });
        assert_eq!(Count::believing(Err(anyhow::anyhow!("no file")), true), Count { passed: 0, failed: 1 });
    }

    #[test]
    fn what_is_skipped_fails_where_all_is_required() {
        let mut lenient = Tally::new(false);
        lenient.skip("browser tests", "no Chromium");
        assert_eq!(lenient.total.failed, 0);
        let mut strict = Tally::new(true);
        strict.skip("browser tests", "no Chromium");
        assert_eq!(strict.total.failed, 1);
    }
}
