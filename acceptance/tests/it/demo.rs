//! The demo is the acceptance test of the whole: every scene is played, and every outcome is as expected.

use std::process::{Command, Output, Stdio};

use acceptance::{binary, program, say, skip};
use serde_json::Value;

#[test]
fn every_scene_of_the_demo_goes_as_expected() {
    play("broken");
}

/// The scene that must be able to come out otherwise: what is not broken is not taken back. Played in a soak.
#[test]
fn a_healthy_canary_is_not_taken_back() {
    if std::env::var_os("TRUNKLINE_SOAK").is_some() {
        play("healthy");
    }
}

fn play(canary: &str) {
    if program("npm").is_none() {
        return skip("the demo", "npm is not on the PATH");
    }
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let mut demo = Command::new(binary());
    demo.args(["demo", "--headless", "--json", "--listen", "127.0.0.1:0", "--canary", canary]);
    let output = demo.arg("--data").arg(&data).stdin(Stdio::null()).output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    crate::shapes::hold("demo", &summary);
    let outcomes = summary["outcomes"].as_array().unwrap();
    let names: Vec<_> = outcomes.iter().filter_map(|outcome| outcome["name"].as_str()).collect();
    let scenes = [
        "first-deployment",
        "red-green",
        "dark-launch",
        "failing-test",
        "vulnerable-dependency",
        "experiment",
        "bad-canary",
        "roll-forward",
        "new-advisory",
        "feedback",
    ];
    assert_eq!(names, scenes);
    for outcome in outcomes {
        assert_eq!(outcome["ok"], true, "expected {}, but {}", outcome["expected"], outcome["actual"]);
    }
    assert!(output.status.success(), "{}", said(&output));
    say(&format!("the demo with a {canary} canary took {} s", summary["seconds"]));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
