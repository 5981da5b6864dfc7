//! Counts in JUnit reports, as cargo-nextest and Node.js write them. Both escape text, so marks are counted as they stand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::tally::Count;

/// What one report says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub count: Count,
    /// Lines by which tests said that they left something out.
    pub skipped: BTreeSet<String>,
}

pub(super) fn read(path: &Path) -> Result<Report> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Report {
    let mut count = Count::default();
    for case in text.split("<testcase").skip(1) {
        let has = |mark: &str| case.contains(mark);
        match (has("<failure") || has("<error"), has("<skipped")) {
            (true, _) => count.failed += 1,
            (false, false) => count.passed += 1,
            (false, true) => {}
        }
    }
    Report { count, skipped: text.lines().filter_map(skipped).collect() }
}

/// The line, if it begins as those do that say what a test left out; the first one of a test stands behind a mark.
pub(super) fn skipped(line: &str) -> Option<String> {
    let line = line.rsplit_once("<system-err>").map_or(line, |(_, text)| text);
    let line = line.split_once("</system-err>").map_or(line, |(text, _)| text).trim();
    let plain = line
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&amp;", "&");
    (plain.starts_with("skipped: ") || plain.starts_with("skipped on ")).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_cases() {
        let report = r#"<testsuites><testsuite name="a" tests="4">
            <testcase name="one" time="0.1"/>
            <testcase name="two"><failure type="test failure">&lt;failure</failure></testcase>
            <testcase name="three"><skipped/></testcase>
            <testcase name="four"><system-err>skipped: nginx: it&apos;s not here</system-err></testcase>
        </testsuite></testsuites>"#;
        let report = parse(report);
        assert_eq!(report.count, Count { passed: 2, failed: 1 });
        assert_eq!(report.skipped.into_iter().collect::<Vec<_>>(), ["skipped: nginx: it's not here"]);
    }

    #[test]
    fn other_lines_do_not_say_that_something_was_skipped() {
        assert_eq!(skipped("a step was skipped: it"), None);
        assert_eq!(skipped("  skipped on PostgreSQL: not set ").as_deref(), Some("skipped on PostgreSQL: not set"));
    }
}
