//! Real lockfiles hold the packages that an independent reader found.

use std::collections::BTreeSet;

use security::model::lockfile::{self, Format};
use security::model::place::Source;
use serde_json::Value;

use crate::suites;

fn set(list: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

#[test]
fn packages_are_those_of_the_reference() {
    let Some(files) = suites::files("lockfiles/lockfiles-dev.tar.zst") else { return };
    let Some(expected) = suites::json("lockfiles/expected-dev.json.zst") else { return };
    let mut read = 0;
    for entry in expected.as_array().unwrap() {
        let path = entry["path"].as_str().unwrap();
        let name = path.rsplit('/').next().unwrap();
        let Some(format) = Format::of(name, None) else { continue };
        // The tool that read Cargo's files read no others right.
        let key = if format == Format::Cargo { "syft_1_18_1" } else { "reference_packages" };
        let text = std::str::from_utf8(&files[path]).unwrap();
        let content = lockfile::read(format, Source { file: path, text }).unwrap();
        assert!(content.unlocked.is_empty(), "{path}: {:?}", content.unlocked);
        let found: BTreeSet<_> = content.packages.into_iter().map(|package| (package.name, package.version)).collect();
        let wanted = set(&entry[key]);
        let (missing, more) =
            (wanted.difference(&found).collect::<Vec<_>>(), found.difference(&wanted).collect::<Vec<_>>());
        assert!(missing.is_empty() && more.is_empty(), "{path}: missing {missing:?}, more {more:?}");
        read += 1;
    }
    assert_eq!(read, 20);
}

/// A lockfile that is cut off anywhere is an error with a place, or doubted, or it says no less than before.
#[test]
fn a_lockfile_that_was_cut_off_never_passes_for_a_shorter_one() {
    let Some(files) = suites::files("lockfiles/lockfiles-dev.tar.zst") else { return };
    for (path, bytes) in &files {
        let Some(format) = Format::of(path.rsplit('/').next().unwrap(), None) else { continue };
        // Any beginning of a list of requirements is such a list.
        if format == Format::Requirements {
            continue;
        }
        let text = std::str::from_utf8(bytes).unwrap();
        let whole = lockfile::read(format, Source { file: path, text }).unwrap().packages;
        for part in 1..16 {
            let end = text.floor_char_boundary(text.len() * part / 16);
            for end in [end, text[..end].rfind("[[package]]").unwrap_or(end)] {
                match lockfile::read(format, Source { file: path, text: &text[..end] }) {
                    Ok(content) if !content.unlocked.is_empty() => {}
                    Ok(content) => assert_eq!(content.packages, whole, "{path} at {end}"),
                    Err(problem) => {
                        assert!(problem.line.is_some() && problem.hint.is_some(), "{path} at {end}: {problem:?}");
                    }
                }
            }
        }
    }
}
