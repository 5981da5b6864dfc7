//! Which files of a change are tests, as its checks say.

use std::path::PathBuf;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::config::Check;
use crate::git::{Error, Mirror};
use crate::verify::red_green::RedGreen;

/// What a change wrote.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) commit: String,
    pub(crate) parent: Option<String>,
    files: Vec<PathBuf>,
    /// It adds tests in the middle of source files, which cannot be laid over the parent without the source.
    has_inline_tests: bool,
}

/// Reads it from the mirror.
pub(crate) async fn changed(mirror: &Mirror, commit: &str, parent: Option<&str>) -> Result<Changed, Error> {
    let files = mirror.written_files(parent, commit).await?;
    let has_inline_tests = mirror.added_lines(parent, commit, "*.rs").await?.iter().any(|line| is_test_attribute(line));
    Ok(Changed { commit: commit.to_owned(), parent: parent.map(str::to_owned), files, has_inline_tests })
}

/// `#[test]`, `#[cfg(test)]`, `#[tokio::test(…)]`
fn is_test_attribute(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("#[") && ["[test]", "(test)]", "::test]", "::test("].iter().any(|end| line.contains(end))
}

impl Changed {
    /// The files to lay over the parent for this check, or why there is no question.
    pub(crate) fn tests(&self, check: &Check) -> Result<Vec<PathBuf>, RedGreen> {
        let Ok(globs) = globset(&check.tests) else {
            return Err(RedGreen::unknown(format!("`tests` of check {} has a glob that cannot be read", check.name)));
        };
        let tests: Vec<_> = self.files.iter().filter(|file| globs.is_match(file)).cloned().collect();
        match (tests.is_empty(), self.parent.is_some()) {
            (true, _) => Err(self.without_tests()),
            (false, false) => Err(RedGreen::unknown("it is the first commit; there is nothing to compare it with")),
            (false, true) => Ok(tests),
        }
    }

    /// The answer when no check has a changed test file.
    pub(crate) fn without_tests(&self) -> RedGreen {
        if self.has_inline_tests && self.parent.is_some() {
            return RedGreen::unknown(
                "its tests stand inside source files and cannot be laid over the parent without them",
            );
        }
        RedGreen::no_tests("no test file was changed")
    }
}

/// A glob that names a folder means what is in it.
fn globset(globs: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
        set.add(GlobBuilder::new(glob).literal_separator(true).build()?);
        set.add(GlobBuilder::new(&format!("{glob}/**")).literal_separator(true).build()?);
    }
    set.build()
}
