//! What the command line answers to wrong input: the exit code of product.md, section 5, and one JSON document.

use std::process::{Command, Stdio};

use acceptance::{binary, free_port};
use serde_json::Value;

use crate::pets::{Pets, text};

/// Runs with `--json`; the exit code and the error that was said.
fn refused(args: &[&str]) -> (i32, Value) {
    let output = Command::new(binary()).args(args).arg("--json").stdin(Stdio::null()).output().unwrap();
    assert!(output.stdout.is_empty(), "{args:?} put data on standard output");
    let document: Value = serde_json::from_slice(&output.stderr).unwrap_or_else(|error| {
        panic!("{args:?} said no JSON document ({error}): {}", String::from_utf8_lossy(&output.stderr));
    });
    let error = document["error"].clone();
    assert!(!text(&error["message"]).is_empty(), "{args:?}: {document}");
    (output.status.code().unwrap_or(-1), error)
}

#[test]
fn every_refusal_has_its_exit_code_and_one_json_document() {
    let pets = Pets::live();
    let data = pets.trunkline.data().to_str().unwrap().to_owned();
    let url = pets.trunkline.url.clone();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let cases: [(&str, i32, &str, Vec<&str>); 13] = [
        ("an unknown change", 4, "not_found", vec!["change", "show", "0123456789abcdef", "--data", &data]),
        ("too few characters", 2, "invalid_input", vec!["change", "show", "0123", "--data", &data]),
        ("an unknown deployment", 4, "not_found", vec!["deploy", "show", "4711", "--data", &data]),
        ("an unknown token", 4, "not_found", vec!["token", "revoke", "nobody", "--data", &data]),
        (
            "a wrong token",
            3,
            "unauthenticated",
            vec!["deploy", "status", "--server", &url, "--token", "tl_admin_wrong"],
        ),
        ("a server that is not there", 5, "unavailable", vec!["deploy", "status", "--server", &nobody, "--token", "x"]),
        ("a data folder that is not there", 5, "unavailable", vec!["deploy", "status", "--data", "/nowhere/at/all"]),
        ("nothing before to go back to", 6, "conflict", vec!["deploy", "rollback", "--data", &data]),
        ("nothing on its way", 6, "conflict", vec!["deploy", "promote", "--data", &data]),
        ("going back to nowhere", 4, "not_found", vec!["deploy", "rollback", "--to", "4711", "--data", &data]),
        ("an unknown verb", 2, "invalid_input", vec!["deploy", "rolback"]),
        ("an unknown option", 2, "invalid_input", vec!["deploy", "status", "--verbos"]),
        ("a missing verb", 2, "invalid_input", vec!["deploy"]),
    ];
    for (what, code, kind, args) in cases {
        let (got, error) = refused(&args);
        assert_eq!((got, text(&error["kind"]).as_str()), (code, kind), "{what}: {error}");
        assert!(!text(&error["hint"]).is_empty(), "{what} has a hint: {error}");
    }
    assert!(pets.serves("v1"));
}

#[test]
fn a_typo_gets_the_nearest_command() {
    let output = Command::new(binary()).args(["deploy", "rolback"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("'rollback'"), "{said}");
}
