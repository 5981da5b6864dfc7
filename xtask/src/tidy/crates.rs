//! What every crate has: a README, a module doc, and migrations that somebody applies.

use std::path::{Path, PathBuf};

use super::{Finding, Source};

pub(super) fn findings(files: &[PathBuf], sources: &[Source]) -> Vec<Finding> {
    let manifests = files.iter().filter(|path| path.ends_with("Cargo.toml")).filter_map(|path| path.parent());
    let folders = manifests
        .filter(|folder| files.contains(&folder.join("src/lib.rs")) || files.contains(&folder.join("src/main.rs")));
    folders.flat_map(|folder| one(folder, files, sources)).collect()
}

fn one(folder: &Path, files: &[PathBuf], sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !files.contains(&folder.join("README.md")) {
        findings.push(Finding::of(folder, "no README.md: what it owns, promises, and its invariants"));
    }
    let roots = ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root));
    let undocumented = sources.iter().filter(|source| roots.contains(&source.path) && !source.text.starts_with("//!"));
    findings
        .extend(undocumented.map(|source| source.finding(1, "no module doc: purpose, what it owns, its invariants")));
    findings.extend(unlisted(folder, files, sources));
    findings
}

/// A migration that no source names is never applied.
fn unlisted(folder: &Path, files: &[PathBuf], sources: &[Source]) -> Vec<Finding> {
    let migrations = files.iter().filter(|path| path.starts_with(folder.join("migrations")));
    let own: Vec<&Source> = sources.iter().filter(|source| source.path.starts_with(folder.join("src"))).collect();
    let is_listed = |path: &Path| {
        let name = path.strip_prefix(folder).map(|name| name.display().to_string()).unwrap_or_default();
        own.iter().any(|source| source.text.contains(&name))
    };
    migrations.filter(|path| !is_listed(path)).map(|path| Finding::of(path, "no source lists this migration")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: PathBuf::from(path), text: text.to_owned() }
    }

    #[test]
    fn says_what_a_crate_lacks() {
        let files =
            ["crates/a/Cargo.toml", "crates/a/src/lib.rs", "crates/a/migrations/0001_init.sql"].map(PathBuf::from);
        let bare = findings(&files, &[source("crates/a/src/lib.rs", "mod b;")]);
        assert_eq!(bare.len(), 3);
        let mut files = files.to_vec();
        files.push("crates/a/README.md".into());
        let full = source("crates/a/src/lib.rs", "//! A.\ninclude_str!(\"../migrations/0001_init.sql\")");
        assert!(findings(&files, &[full]).is_empty());
    }
}
