//! A secret reaches the process it is for, and nobody else.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use acceptance::binary;

use super::ships;
use crate::pets::{Declaration, Pets, text};

/// In halves, so that no file of the product holds it.
const VALUE: [&str; 2] = ["soft-and-", "secret-4711"];

fn set(pets: &Pets, name: &str, value: &str) -> Output {
    let mut command = Command::new(binary());
    command.args(["secret", "set", "pets", name, "--data"]).arg(pets.trunkline.data());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn a_secret_reaches_the_product_and_is_nowhere_to_be_read() {
    let value = VALUE.concat();
    let pets = Pets::live();
    let answer = set(&pets, "PAW", &value);
    assert!(answer.status.success() && !said(&answer).contains(&value), "{}", said(&answer));

    let line = format!("printf '%s%s\\\\n' {} {}; echo \\\"has [$PAW]\\\"", VALUE[0], VALUE[1]);
    let secret = Declaration {
        service: "    secrets: [PAW]\n".into(),
        ..Declaration::check(&format!("{{ name: leak, run: \"{line}\" }}"))
    };
    let sha = ships(&pets, "v2", &secret);
    assert_eq!(pets.trunkline.product("/paw").body, value);

    for args in [vec!["secret", "list"], vec!["secret", "list", "--json"]] {
        let list = said(&pets.trunkline.run(&args));
        assert!(list.contains("PAW") && !list.contains(&value), "{list}");
    }
    let run = text(&pets.trunkline.change(&sha)["run"]);
    let log = said(&pets.trunkline.run(&["run", "log", &run, "leak"]));
    assert!(log.contains("***") && log.contains("has []") && !log.contains(&value), "the check: {log}");
    let number = pets.trunkline.deployment_of(&sha).unwrap()["number"].to_string();
    let log = said(&pets.trunkline.run(&["deploy", "log", &number]));
    assert!(log.contains("the paw is ***") && !log.contains(&value), "the instance: {log}");
    let audit = pets.trunkline.api("GET", "/api/v1/audit", "").to_string();
    assert!(audit.contains("secret.set") && !audit.contains(&value));

    // The files are searched as they are found while everything runs, and once more when nothing does.
    assert_eq!(files_with(pets.root.path(), &value), Vec::<PathBuf>::new());
    let mut pets = pets;
    pets.trunkline.down();
    assert_eq!(files_with(pets.root.path(), &value), Vec::<PathBuf>::new());
    assert!(!files_with(pets.root.path(), VALUE[1]).is_empty(), "the search finds what is there");
}

#[test]
fn a_secret_that_is_removed_is_gone_with_the_next_deployment() {
    let pets = Pets::live();
    let secret = Declaration { service: "    secrets: [PAW]\n".into(), ..Declaration::default() };
    assert!(set(&pets, "PAW", "first\n").status.success());
    ships(&pets, "v2", &secret);
    assert_eq!(pets.trunkline.product("/paw").body, "first", "the line end of `echo` is no part of it");
    assert_eq!(pets.trunkline.cli(&["secret", "remove", "pets", "PAW"]).0, 0);
    assert_eq!(pets.trunkline.cli(&["secret", "remove", "pets", "PAW"]).0, 4);
    ships(&pets, "v3", &secret);
    assert_eq!(pets.trunkline.product("/paw").body, "");
}

#[test]
fn what_cannot_be_a_secret_is_refused() {
    let pets = Pets::live();
    for (name, value, code) in [("PAW", "", 2), ("NOT-A-NAME", "x", 2), ("PAW", "x".repeat(70_000).as_str(), 2)] {
        let answer = set(&pets, name, value);
        assert_eq!(answer.status.code(), Some(code), "{name}: {}", said(&answer));
    }
}

/// Files below `folder` that hold `text`; it may lie across what is read at once, so whole files are read.
fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        // Files come and go while everything runs.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            found.extend(files_with(&entry.path(), text));
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            let holds = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            found.extend(holds.then(|| entry.path()));
        }
    }
    found
}
