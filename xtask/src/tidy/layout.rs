//! Names of files and folders.

use std::path::{Component, Path, PathBuf};

use super::Finding;

/// Names that say nothing about what is inside.
const EMPTY: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "manager", "managers"];

pub(super) fn findings(files: &[PathBuf]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().filter_map(|path| Some(Finding::of(path, &name(path)?))).collect();
    findings.extend(files.iter().filter_map(|path| second_binary(path)));
    findings.extend(missing_main(files));
    findings
}

fn name(path: &Path) -> Option<String> {
    if path.ends_with("mod.rs") {
        return Some("`foo.rs` beside `foo/`, not `foo/mod.rs`".to_owned());
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let folders = path.parent().into_iter().flat_map(Path::components).filter_map(text);
    let empty = folders.chain(stem).find(|name| EMPTY.contains(&name.to_lowercase().as_str()));
    if let Some(name) = empty {
        return Some(format!("`{name}` does not say what is in it"));
    }
    path.starts_with("crates/types").then(|| "a crate `types` is everybody's and nobody's".to_owned())
}

fn text(component: Component<'_>) -> Option<&str> {
    component.as_os_str().to_str()
}

/// The part after `tests/` of a crate's file.
fn within_tests(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let parts: Vec<&str> = path.components().filter_map(text).collect();
    let depth = match parts.first() {
        Some(&"crates" | &"bin") => 2,
        Some(&"acceptance" | &"xtask") => 1,
        _ => return None,
    };
    (parts.get(depth) == Some(&"tests")).then(|| (parts[..depth].iter().collect(), parts[depth + 1..].iter().collect()))
}

/// A crate has one integration binary: each one more links everything once more.
fn second_binary(path: &Path) -> Option<Finding> {
    let (_, file) = within_tests(path)?;
    let is_other = file.components().count() == 1 && file.extension().is_some_and(|extension| extension == "rs");
    let is_other = is_other || (file.ends_with("main.rs") && file.components().count() == 2 && !file.starts_with("it"));
    is_other.then(|| Finding::of(path, "a second integration binary; put it under tests/it/"))
}

/// Files under `tests/it` without a `main.rs` are never compiled.
fn missing_main(files: &[PathBuf]) -> Vec<Finding> {
    let tests = files.iter().filter_map(|path| within_tests(path)).filter(|(_, file)| file.starts_with("it"));
    let mut crates: Vec<PathBuf> = tests.map(|(folder, _)| folder).collect();
    crates.dedup();
    crates.retain(|folder| !files.contains(&folder.join("tests/it/main.rs")));
    crates
        .iter()
        .map(|folder| Finding::of(&folder.join("tests/it"), "no main.rs: these tests are never compiled"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(files: &[&str]) -> Vec<String> {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        findings(&files).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn finds_names_that_say_nothing() {
        assert_eq!(places(&["crates/a/src/utils.rs", "ui/src/helpers/a.ts", "crates/a/src/b/mod.rs"]).len(), 3);
        assert!(places(&["crates/a/src/commonly.rs", "crates/a/src/b.rs"]).is_empty());
    }

    #[test]
    fn a_crate_has_one_integration_binary() {
        assert!(places(&["crates/a/tests/it/main.rs", "crates/a/tests/it/b.rs"]).is_empty());
        assert_eq!(places(&["crates/a/tests/b.rs"]), ["crates/a/tests/b.rs"]);
        assert_eq!(places(&["crates/a/tests/other/main.rs"]), ["crates/a/tests/other/main.rs"]);
        assert_eq!(places(&["acceptance/tests/it/b.rs"]), ["acceptance/tests/it"]);
    }
}
