//! The demo is the acceptance test of the whole: what is played is played in order, and every outcome is as expected.
//!
//! A run of the tests plays how a change comes to customers, a soak all scenes in each of their forms; `.ci/run` plays all
//! scenes on the release binary.

use std::process::{Command, Output, Stdio};

use acceptance::{binary, program, say, skip};
use serde_json::Value;

const SCENES: [&str; 10] = [
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
/// Scenes in an ordinary run.
const ON_THE_WAY: usize = 5;

#[test]
fn the_scenes_of_the_demo_go_as_expected() {
    let many = if std::env::var_os("TRUNKLINE_SOAK").is_some() { SCENES.len() } else { ON_THE_WAY };
    play(&[], &SCENES[..many]);
}

/// The scenes that must be able to come out otherwise: what is not broken is not taken back, what does harm is switched off, what
/// makes no difference goes on. Played in a soak.
#[test]
fn each_form_of_a_scene_goes_as_expected() {
    if std::env::var_os("TRUNKLINE_SOAK").is_some() {
        play(&["--treatment", "worse", "--canary", "healthy"], &SCENES);
        play(&["--treatment", "same"], &SCENES);
    }
}

#[test]
fn a_scene_that_is_none_is_told() {
    let asked = Command::new(binary()).args(["demo", "--headless", "--until", "red-gren"]).output().unwrap();
    assert_eq!(asked.status.code(), Some(2), "{}", said(&asked));
    assert!(said(&asked).contains("red-green"), "{}", said(&asked));
}

fn play(options: &[&str], scenes: &[&str]) {
    if program("npm").is_none() {
        return skip("the demo", "npm is not on the PATH");
    }
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let mut demo = Command::new(binary());
    demo.args(["demo", "--headless", "--json", "--listen", "127.0.0.1:0", "--until", scenes[scenes.len() - 1]]);
    let output = demo.args(options).arg("--data").arg(&data).stdin(Stdio::null()).output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    crate::shapes::hold("demo", &summary);
    let outcomes = summary["outcomes"].as_array().unwrap();
    let names: Vec<_> = outcomes.iter().filter_map(|outcome| outcome["name"].as_str()).collect();
    assert_eq!(names, scenes);
    for outcome in outcomes {
        assert_eq!(outcome["ok"], true, "expected {}, but {}", outcome["expected"], outcome["actual"]);
    }
    assert!(output.status.success(), "{}", said(&output));
    say(&format!("the demo up to {} took {} s {options:?}", names[names.len() - 1], summary["seconds"]));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
