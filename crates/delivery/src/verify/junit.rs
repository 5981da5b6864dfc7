//! Test reports in JUnit's XML, of whatever shape: node, pytest, nextest, surefire; nested suites; with bounds.

use std::fs;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use crate::verify::{Cases, Failure};

mod parse;

pub use parse::{Malformed, parse};

const FILE_BYTES_MAX: u64 = 32 << 20;
const FILES_MAX: usize = 500;
const CASES_MAX: usize = 200_000;
const FAILURES_SHOWN: usize = 50;
/// Files of the worktree that are looked through for reports.
const VISITED_MAX: usize = 1_000_000;

/// How a test case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    Passed,
    Failed,
    Skipped,
}

/// One test case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// With the suites around it: `checkout > adds up the prices`.
    pub name: String,
    pub class: Option<String>,
    /// The file it stands in, as the report says it.
    pub file: Option<String>,
    pub state: CaseState,
    /// Why it failed.
    pub message: String,
}

/// What the reports of one check say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub cases: Vec<Case>,
    /// What was wrong with the reports; the check's exit code decides in any case.
    pub warnings: Vec<String>,
}

impl Report {
    /// In numbers; `None` if there is no case.
    pub fn counted(&self) -> Option<Cases> {
        if self.cases.is_empty() {
            return None;
        }
        let count = |state| self.cases.iter().filter(|case| case.state == state).count() as u64;
        let failed = self.cases.iter().filter(|case| case.state == CaseState::Failed);
        let failures =
            failed.take(FAILURES_SHOWN).map(|case| Failure { name: case.name.clone(), message: case.message.clone() });
        Some(Cases {
            passed: count(CaseState::Passed),
            failed: count(CaseState::Failed),
            skipped: count(CaseState::Skipped),
            failures: failures.collect(),
        })
    }
}

/// Reads the reports below `folder` that match `glob`. Links are not followed. Blocking.
pub fn read(folder: &Path, glob: &str) -> Report {
    let mut report = Report::default();
    let files = match matching(folder, glob) {
        Ok(files) => files,
        Err(why) => {
            report.warnings.push(why);
            return report;
        }
    };
    if files.is_empty() {
        report.warnings.push(format!("no test report matches {glob}"));
    }
    for file in &files {
        let name = file.strip_prefix(folder).unwrap_or(file).display();
        match text(file).and_then(|text| parse(&text).map_err(|error| error.to_string())) {
            Ok(cases) => report.cases.extend(cases),
            Err(why) => report.warnings.push(format!("the test report {name} was not used: {why}")),
        }
        if report.cases.len() > CASES_MAX {
            report.cases.truncate(CASES_MAX);
            report.warnings.push(format!("only the first {CASES_MAX} test cases were read"));
            break;
        }
    }
    report
}

/// Removes what matches `glob`: a report that came with the repository says nothing about this run. Blocking.
pub fn clear(folder: &Path, glob: &str) {
    for file in matching(folder, glob).unwrap_or_default() {
        // One that stays is at worst read as if it were new.
        let _ = fs::remove_file(file);
    }
}

fn matching(folder: &Path, glob: &str) -> Result<Vec<PathBuf>, String> {
    let matcher = matcher(glob).map_err(|error| error.to_string())?;
    let is_foreign = |name: &std::ffi::OsStr| name == ".git" || name == "node_modules";
    let walk = WalkDir::new(folder).follow_root_links(false).into_iter().filter_entry(|e| !is_foreign(e.file_name()));
    let mut files: Vec<_> = walk
        .take(VISITED_MAX)
        .filter_map(Result::ok)
        .filter(|entry| {
            entry.file_type().is_file() && entry.path().strip_prefix(folder).is_ok_and(|path| matcher.is_match(path))
        })
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    if files.len() > FILES_MAX {
        return Err(format!("more than {FILES_MAX} files match {glob}; none was read"));
    }
    Ok(files)
}

fn matcher(glob: &str) -> Result<GlobMatcher, globset::Error> {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    Ok(GlobBuilder::new(glob).literal_separator(true).build()?.compile_matcher())
}

fn text(file: &Path) -> Result<String, String> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(file);
    let mut bytes = Vec::new();
    let read = opened.and_then(|opened| opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
