//! Deployed is not released: what a flag shows to whom, and what those customers do, counted without guessing.

use std::time::Duration;

use acceptance::{until, until_within};
use serde_json::json;

use crate::pets::text;
use crate::shown::{Customers, FLAG, Shown};

/// How soon after its acknowledgement an event is counted.
const COUNTED_WITHIN: Duration = Duration::from_secs(1);
/// A report is a process of its own, on a busy machine.
const ASKED_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn what_customers_do_is_counted_by_variant_within_a_second() {
    let shown = Shown::live();
    let (mut sdk, mut customers) = (shown.sdk("server"), Customers::default());
    while customers.books.values().map(|row| row.0).sum::<u64>() < 200 {
        assert!(customers.walk(&mut sdk), "every customer is answered");
    }
    until_within("the journey equals the books", COUNTED_WITHIN + ASKED_WITHIN, || shown.reported() == customers.books);
    let (both, books) = (customers.books.len(), &customers.books);
    assert_eq!(both, 2, "both variants are given: {books:?}");
}

#[test]
fn flags_and_events_go_on_while_the_control_plane_is_away() {
    let mut shown = Shown::live();
    let (mut sdk, mut customers) = (shown.sdk("server"), Customers::default());
    for _ in 0..50 {
        assert!(customers.walk(&mut sdk));
    }
    shown.trunkline.kill();
    for _ in 0..50 {
        assert!(customers.walk(&mut sdk), "a customer without control plane");
        assert_eq!(shown.trunkline.product("/page").status, 200);
    }
    shown.trunkline.up();
    for _ in 0..50 {
        assert!(customers.walk(&mut sdk));
    }
    until("nothing is lost and nothing doubled", || shown.reported() == customers.books);
}

#[test]
fn a_restarted_edge_serves_the_same_flags_and_lost_nothing_it_acknowledged() {
    let shown = Shown::live();
    let (mut sdk, mut customers) = (shown.sdk("server"), Customers::default());
    for _ in 0..50 {
        assert!(customers.walk(&mut sdk));
    }
    let before: Vec<_> = (0..50).map(|n| sdk.variant(FLAG, &format!("customer-{n}"))).collect();
    shown.trunkline.kill_edge();
    until("the edge is back", || sdk.variant(FLAG, "customer-0").is_some());
    let after: Vec<_> = (0..50).map(|n| sdk.variant(FLAG, &format!("customer-{n}"))).collect();
    assert_eq!(before, after);
    for _ in 0..50 {
        assert!(customers.walk(&mut sdk));
    }
    until("nothing is lost and nothing doubled", || shown.reported() == customers.books);
}

#[test]
fn a_kill_is_seen_by_every_later_evaluation_and_wins_over_a_push() {
    let shown = Shown::live();
    let mut sdk = shown.sdk("server");
    let values = |sdk: &mut acceptance::Sdk| -> Vec<_> {
        (0..40).filter_map(|n| sdk.variant(FLAG, &format!("c{n}"))).filter(|variant| variant == "on").collect()
    };
    assert!(!values(&mut sdk).is_empty());
    let (code, killed) = shown.trunkline.cli(&["flag", "kill", FLAG, "--reason", "orders without address"]);
    assert_eq!(code, 0, "{killed}");
    assert_eq!(values(&mut sdk), Vec::<String>::new());

    shown.repository.write("note.txt", "a push");
    let sha = shown.repository.commit("something else");
    shown.trunkline.until_phase(&sha, "live", crate::pets::SOON);
    assert_eq!(values(&mut sdk), Vec::<String>::new(), "a push does not undo a kill");
    let (_, flag) = shown.trunkline.cli(&["flag", "show", FLAG]);
    assert_eq!(text(&flag["state"]), "killed", "{flag}");

    let (code, cleared) = shown.trunkline.cli(&["flag", "clear", FLAG, "--reason", "mended"]);
    assert_eq!(code, 0, "{cleared}");
    assert!(!values(&mut sdk).is_empty());
}

#[test]
fn growing_a_ramp_never_takes_the_feature_from_anybody_and_survives_a_push() {
    let shown = Shown::live();
    let mut sdk = shown.sdk("server");
    let on = |sdk: &mut acceptance::Sdk| -> Vec<usize> {
        (0..200).filter(|n| sdk.variant(FLAG, &format!("c{n}")).as_deref() == Some("on")).collect()
    };
    let half = on(&mut sdk);
    let (code, ramped) = shown.trunkline.cli(&["flag", "ramp", FLAG, "on=80", "off=20", "--reason", "it goes well"]);
    assert_eq!(code, 0, "{ramped}");
    let more = on(&mut sdk);
    assert!(half.iter().all(|n| more.contains(n)), "somebody lost it: {half:?} {more:?}");
    assert!((140..=180).contains(&more.len()), "{} of 200", more.len());
    shown.repository.write("note.txt", "a push");
    let sha = shown.repository.commit("something else");
    shown.trunkline.until_phase(&sha, "live", crate::pets::SOON);
    assert_eq!(on(&mut sdk), more);
}

#[test]
fn a_wrong_definition_is_told_with_its_place_and_stops_only_its_own_change() {
    let shown = Shown::live();
    shown.repository.write(
        "flags/wrong.yaml",
        "flags:\n  blue:\n    state: ENABLED\n    variants: { a: 1, b: 2 }\n    defaultVariant: c\n",
    );
    let sha = shown.repository.commit("a flag whose default is not there");
    let change = crate::pets::verified(&shown.trunkline, &sha);
    assert_eq!(change["run_view"]["state"], "failed", "{change}");
    let told = change.to_string();
    assert!(told.contains("flags/wrong.yaml:5:"), "the place is told: {told}");
    let output = shown.trunkline.run(&["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("flags/wrong.yaml:5:"), "{said}");
    assert_eq!(output.status.code(), Some(1).or(output.status.code()), "{said}");
    assert!(shown.sdk("server").variant(FLAG, "somebody").is_some(), "the others are served");
}

#[test]
fn who_is_forgotten_is_gone_from_answers_and_from_the_disk() {
    let shown = Shown::live();
    let mut sdk = shown.sdk("server");
    let mark = "very-rare-person-7f3a9c";
    let seen = acceptance::sdk::event("product viewed", mark, &json!({ "note": "rare-property-51d0" }));
    assert_eq!(sdk.capture(&[seen]).ok(), Some(200));
    until("the event is counted", || {
        shown.trunkline.api("GET", &format!("/api/v1/events?q=person:{mark}"), "")["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
    });
    let exported = shown.trunkline.run(&["person", "export", mark]);
    assert!(String::from_utf8_lossy(&exported.stdout).contains("rare-property-51d0"));
    let deleted = shown.trunkline.run(&["person", "delete", mark, "--yes"]);
    assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
    let found = |text: &str| {
        std::process::Command::new("grep").args(["-rlF", text]).arg(shown.trunkline.data().join("events")).output()
    };
    until("its bytes are gone", || found("rare-property-51d0").unwrap().stdout.is_empty());
    let items = shown.trunkline.api("GET", &format!("/api/v1/events?q=person:{mark}"), "");
    assert_eq!(items["items"], json!([]));
}
