//! Patterns against git's own matcher, where GitHub's semantics are git's.
//!
//! Left out is `a**`: by its manual git takes the two stars for one, and its matcher lets them cross folders all the same.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use ownership::model::Pattern;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

const PATTERNS: usize = 600;
const NAMES: [&str; 5] = ["a", "b", "ab", "bab", "*"];

/// All paths of these names up to three deep.
fn paths() -> Vec<String> {
    let mut all: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    let mut last = all.clone();
    for _ in 0..2 {
        last = last.iter().flat_map(|path| NAMES.iter().map(move |name| format!("{path}/{name}"))).collect();
        all.extend(last.clone());
    }
    all
}

fn pattern() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "ab", "*", "**", "a*", "*b", "?", "?b", "\\*", "b*b"]);
    let segments = prop::collection::vec(segment, 1..5).prop_map(|segments| segments.join("/"));
    (any::<bool>(), segments, any::<bool>()).prop_map(|(leading, segments, trailing)| {
        format!("{}{segments}{}", if leading { "/" } else { "" }, if trailing { "/" } else { "" })
    })
}

/// GitHub documents `docs/*` as the files in `docs` alone; what git makes of `**/` at the end, GitHub says nothing of.
fn is_githubs_own(pattern: &str) -> bool {
    (pattern.ends_with("/*") && pattern != "**/*") || pattern.ends_with("**/")
}

/// Which of the paths git would ignore under each pattern: one folder for each, one git for all.
fn ignored(patterns: &[String], paths: &[String]) -> HashSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder.path()).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git
    };
    assert!(git(&["init", "-q"]).status().unwrap().success());
    let mut asked = String::new();
    for (number, pattern) in patterns.iter().enumerate() {
        let own = folder.path().join(number.to_string());
        fs::create_dir(&own).unwrap();
        fs::write(own.join(".gitignore"), format!("{pattern}\n")).unwrap();
        asked.extend(paths.iter().map(|path| format!("{number}/{path}\0")));
    }
    let mut check = git(&["check-ignore", "--no-index", "--stdin", "-z"]);
    let mut child = check.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || questions.write_all(asked.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn git_agrees_where_github_follows_it() {
    let mut runner = TestRunner::deterministic();
    let mut patterns: Vec<String> = Vec::new();
    while patterns.len() < PATTERNS {
        let pattern = pattern().new_tree(&mut runner).unwrap().current();
        if !is_githubs_own(&pattern) {
            patterns.push(pattern);
        }
    }
    let paths = paths();
    let ignored = ignored(&patterns, &paths);
    let mut wrong = Vec::new();
    for (number, text) in patterns.iter().enumerate() {
        let pattern = Pattern::new(text).unwrap();
        for path in &paths {
            let by_git = ignored.contains(&format!("{number}/{path}"));
            if pattern.matches(path) != by_git {
                wrong.push(format!("{text} {path}: git says {by_git}"));
            }
        }
    }
    assert_eq!(wrong, [] as [&str; 0], "{} of {}", wrong.len(), patterns.len() * paths.len());
    assert!(ignored.len() > 1_000, "the patterns match something: {}", ignored.len());
}
