//! `cargo xtask tidy`: our own rules, those that no linter knows.
//!
//! Looks at the files that git knows or would take. A finding is `place: what`; a warning does not fail.

mod crates;
mod layout;
mod length;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::process::say;
use crate::workspace;

/// A file of text and its place from the root.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn extension(&self) -> &str {
        self.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    fn finding(&self, line: usize, what: &str) -> Finding {
        Finding { place: format!("{}:{line}", self.path.display()), what: what.to_owned(), is_warning: false }
    }
}

/// Something that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    place: String,
    what: String,
    is_warning: bool,
}

impl Finding {
    fn of(path: &Path, what: &str) -> Self {
        Self { place: path.display().to_string(), what: what.to_owned(), is_warning: false }
    }

    fn warning(self) -> Self {
        Self { is_warning: true, ..self }
    }
}

pub(crate) fn run() -> Result<ExitCode> {
    check().map(|()| ExitCode::SUCCESS)
}

/// # Errors
/// When there is a finding that is not a warning.
pub(crate) fn check() -> Result<()> {
    let files = workspace::files()?;
    let sources: Vec<Source> = files.iter().filter_map(|path| source(path)).collect();
    let mut findings = layout::findings(&files);
    findings.extend(crates::findings(&files, &sources));
    for source in &sources {
        findings.extend(length::findings(source));
        findings.extend(words::findings(source));
    }
    findings.sort_by(|a, b| (b.is_warning, &a.place).cmp(&(a.is_warning, &b.place)));
    for finding in &findings {
        let kind = if finding.is_warning { "warning" } else { "error" };
        say(format!("{kind}: {}: {}", finding.place, finding.what));
    }
    let errors = findings.iter().filter(|finding| !finding.is_warning).count();
    say(format!("{errors} errors, {} warnings in {} files", findings.len() - errors, sources.len()));
    if errors == 0 { Ok(()) } else { bail!("the tree is not tidy") }
}

/// What is not text is not looked at.
fn source(path: &Path) -> Option<Source> {
    let text = fs::read_to_string(workspace::root().join(path)).ok()?;
    Some(Source { path: path.to_owned(), text })
}
