//! A person's hand on what ships: freeze, pause, promote, take back, resume.

use acceptance::until;
use serde_json::Value;

use super::{commit, ships};
use crate::pets::{Declaration, Pets, SOON, text};

/// A canary that nobody ends but a person.
fn endless() -> Declaration {
    let rollout = "{ canary: [50, 100], step_seconds: 3600, step_persons: 100000, patience_seconds: 3600 }";
    Declaration { rollout: rollout.into(), ..Declaration::default() }
}

fn service(pets: &Pets) -> Value {
    pets.trunkline.status()["services"][0].clone()
}

fn view(pets: &Pets, sha: &str) -> Value {
    let number = pets.trunkline.deployment_of(sha).unwrap()["number"].clone();
    pets.trunkline.api("GET", &format!("/api/v1/deployments/{number}"), "")
}

#[test]
fn nothing_ships_while_frozen_and_it_says_why() {
    let pets = Pets::live();
    let second = ships(&pets, "v2", &Declaration::default());
    assert_eq!(pets.trunkline.cli(&["deploy", "freeze", "--reason", "the cats sleep"]).0, 0);
    let third = commit(&pets, "v3", &Declaration::default());
    assert_eq!(pets.verified(&third)["run_view"]["state"], "passed", "it is verified all the same");
    until("it waits and says why", || {
        let waiting = service(&pets)["waiting"].to_string();
        waiting.contains(&third) && waiting.contains("frozen: the cats sleep")
    });
    assert_eq!(service(&pets)["frozen"], "the cats sleep");
    assert_eq!(service(&pets)["in_sync"], false);
    assert!(pets.attention().iter().any(|text| text.contains("the cats sleep")), "{:?}", pets.attention());
    let told = pets.trunkline.run(&["change", "show", &third]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("the cats sleep"));

    let (code, answer) = pets.trunkline.cli(&["deploy", "rollback", "--reason", "even so"]);
    assert_eq!(code, 0, "a rollback is let through: {answer}");
    assert!(pets.serves("v1"));
    assert_eq!(pets.trunkline.cli(&["deploy", "resume", "--release", &second, "--reason", "it was good"]).0, 0);
    assert!(pets.serves("v1"), "and nothing forward is");

    assert_eq!(pets.trunkline.cli(&["deploy", "unfreeze"]).0, 0);
    pets.trunkline.until_phase(&third, "live", SOON);
    assert_eq!(pets.trunkline.product("/").body, "v3");
    assert!(service(&pets)["frozen"].is_null());
}

#[test]
fn a_canary_is_paused_promoted_taken_back_and_resumed_by_hand() {
    let pets = Pets::live();
    let second = commit(&pets, "v2", &endless());
    pets.trunkline.until_phase(&second, "canary", SOON);
    let (code, answer) = pets.trunkline.cli(&["deploy", "pause", "--reason", "let me look"]);
    assert_eq!(code, 0, "{answer}");
    until("it waits for a person", || text(&view(&pets, &second)["next"]).contains("paused"));
    assert_eq!(view(&pets, &second)["paused"], true);
    assert!(pets.attention().iter().any(|text| text.contains("paused")), "{:?}", pets.attention());
    assert_eq!(pets.trunkline.cli(&["deploy", "resume", "--reason", "seen"]).0, 0);
    until("it goes on", || view(&pets, &second)["paused"] == false);
    assert_eq!(pets.trunkline.deployment_of(&second).unwrap()["phase"], "canary");
    assert_eq!(pets.trunkline.cli(&["deploy", "promote", "--reason", "good"]).0, 0);
    pets.trunkline.until_phase(&second, "live", SOON);
    assert!((0..20).all(|_| pets.serves("v2")), "all have it");

    let third = commit(&pets, "v3", &endless());
    pets.trunkline.until_phase(&third, "canary", SOON);
    assert_eq!(pets.trunkline.cli(&["deploy", "rollback", "--reason", "no"]).0, 0);
    pets.trunkline.until_phase(&third, "rolled_back", SOON);
    assert!((0..20).all(|_| pets.serves("v2")), "nobody has it");
    until("it is held and says so", || service(&pets)["waiting"].to_string().contains("no"));
    assert_eq!(pets.trunkline.cli(&["deploy", "resume", "--reason", "yes"]).0, 0);
    pets.trunkline.until_phase(&third, "canary", SOON);
    let (code, problem) = pets.trunkline.cli(&["deploy", "promote"]);
    assert_eq!(
        (code, problem["error"]["kind"].as_str()),
        (2, Some("invalid_input")),
        "it overrules what guards customers: {problem}"
    );
    assert_eq!(pets.trunkline.cli(&["deploy", "promote", "--reason", "yes"]).0, 0);
    pets.trunkline.until_phase(&third, "live", SOON);
    assert!(pets.serves("v3"));
}

#[test]
fn what_was_queued_behind_a_version_that_is_taken_back_does_not_slip_through() {
    let pets = Pets::live();
    let second = commit(&pets, "v2", &endless());
    pets.trunkline.until_phase(&second, "canary", SOON);
    let third = commit(&pets, "v3", &Declaration::default());
    pets.trunkline.until_phase(&third, "queued", SOON);
    assert_eq!(pets.trunkline.cli(&["deploy", "rollback", "--reason", "no"]).0, 0);
    pets.trunkline.until_phase(&second, "rolled_back", SOON);
    let behind = format!("held behind {}", &second[..7]);
    until("it says behind what it is held", || service(&pets)["waiting"].to_string().contains(&behind));
    let fourth = commit(&pets, "v4", &Declaration::default());
    pets.verified(&fourth);
    until("the next one waits too", || service(&pets)["waiting"].to_string().matches(&behind).count() == 2);
    assert_ne!(pets.trunkline.deployment_of(&third).unwrap()["phase"], "live");
    assert!((0..20).all(|_| pets.serves("v1")), "nobody has what contains it");

    let fifth = {
        pets.repository.write("app.py", &include_str!("app.py").replace("@VERSION@", "v5"));
        pets.repository.commit(&format!("mended\n\nFixes: {second}"))
    };
    pets.trunkline.until_phase(&fifth, "live", SOON);
    assert!(pets.serves("v5"));
}
