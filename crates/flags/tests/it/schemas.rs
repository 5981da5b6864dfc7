//! The examples of flagd's schemas are accepted or refused as they are marked.

use std::path::{Path, PathBuf};

use flags::model::parse;

use crate::suites;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn told(text: &str, file: &Path) -> Result<(), String> {
    let told = parse(text, &file.display().to_string());
    told.map(drop).map_err(|problems| problems.iter().map(|problem| problem.told() + "\n").collect())
}

#[test]
fn flags_are_accepted_or_refused_as_marked() {
    let Some(schemas) = suites::folder("flagd-schemas") else { return };
    for file in files(&schemas.join("test/flags/positive")) {
        // The one that is for the daemon only, by its own `$schema`.
        if file.ends_with("example.flagdimport.array.json") {
            continue;
        }
        told(&std::fs::read_to_string(&file).unwrap(), &file).unwrap();
    }
    for file in files(&schemas.join("test/flags/negative")) {
        told(&std::fs::read_to_string(&file).unwrap(), &file).expect_err(&file.display().to_string());
    }
}

#[test]
fn rules_are_accepted_or_refused_as_marked() {
    let Some(schemas) = suites::folder("flagd-schemas") else { return };
    let evaluator = |file: &PathBuf| {
        format!("{{\"flags\": {{}}, \"$evaluators\": {{\"rule\": {}}}}}", std::fs::read_to_string(file).unwrap())
    };
    for file in files(&schemas.join("test/targeting/positive")) {
        told(&evaluator(&file), &file).unwrap();
    }
    for file in files(&schemas.join("test/targeting/negative")) {
        let problems = parse(&evaluator(&file), "rule.json").expect_err(&file.display().to_string());
        assert!(problems.iter().all(|problem| problem.line.is_some() && problem.hint.is_some()), "{problems:?}");
    }
}
