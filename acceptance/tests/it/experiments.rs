//! An experiment that trunk declares ends by itself, and its flag follows.

use acceptance::{Sdk, sdk, until, until_within};
use serde_json::{Value, json};

use crate::pets::{SOON, text};
use crate::shown::{self, FLAG, Shown};

/// Seconds, so that a story may be told in them.
const EXPERIMENT: &str = "within: 2s
min_duration: 1s
min_persons: 50
planned_persons: 1000
metrics:
  - { name: paid, role: success, journey: checkout }
  - { name: spent, role: guardrail, event: order placed, sum: total, margin: 50% }
";

/// One comes, comes again, is shown a variant, and pays as often as `pays` says of that variant.
fn walk(shown: &Shown, sdk: &mut Sdk, number: u64, pays: fn(&str) -> u64) {
    let (_, person) = shown.visitor();
    let variant = sdk.variant(FLAG, &person).unwrap();
    let mut events = vec![sdk::event("product viewed", &person, &json!({}))];
    // Spread evenly, whatever came before.
    if number * 37 % 100 < pays(&variant) {
        events.push(sdk::event("order placed", &person, &json!({ "total": 10.0 })));
    }
    assert_eq!(sdk.capture(&events).unwrap(), 200);
}

fn with_experiment() -> Shown {
    let shown = Shown::live();
    shown.repository.write("experiments/new-checkout.yaml", &shown::experiment(EXPERIMENT));
    let sha = shown.repository.commit("an experiment");
    shown.trunkline.until_phase(&sha, "live", SOON);
    until("it is declared", || experiment(&shown)["state"] == "draft");
    shown
}

fn experiment(shown: &Shown) -> Value {
    shown.trunkline.cli(&["experiment", "show", FLAG]).1
}

/// It begins, and this many customers come.
fn begin(shown: &Shown, customers: u64, pays: fn(&str) -> u64) {
    let (code, started) = shown.trunkline.cli(&["experiment", "start", FLAG]);
    assert_eq!((code, &started["state"]), (0, &json!("running")), "{started}");
    let mut sdk = shown.sdk("server");
    for number in 0..customers {
        walk(shown, &mut sdk, number, pays);
    }
}

fn play(shown: &Shown, pays: fn(&str) -> u64) -> Value {
    begin(shown, 300, pays);
    let mut decided = Value::Null;
    until("it is decided", || {
        decided = experiment(shown);
        decided["state"] == "decided"
    });
    decided
}

#[test]
fn what_is_better_ships_and_everybody_gets_it() {
    let shown = with_experiment();
    let decided = play(&shown, |variant| if variant == "on" { 80 } else { 40 });
    assert_eq!(decided["verdict"]["decision"], "ship", "{decided}");
    let sentence = text(&decided["verdict"]["sentence"]);
    assert!(sentence.starts_with("\"on\" took paid from ") && sentence.ends_with(": ship it."), "{sentence}");
    assert_eq!(decided["srm"]["ok"], true);
    let units: u64 = decided["arms"].as_array().unwrap().iter().map(|arm| arm["units"].as_u64().unwrap()).sum();
    assert!((100..=300).contains(&units), "decided when it was clear: {decided}");
    // Somebody may just have come for the first time.
    assert!(decided["unwitnessed"].as_u64().unwrap() <= 1, "{decided}");
    let mut sdk = shown.sdk("server");
    until_within("everybody gets it", std::time::Duration::from_secs(5), || {
        (0..50).all(|n| sdk.variant(FLAG, &format!("stranger-{n}")).as_deref() == Some("on"))
    });
    let (_, flag) = shown.trunkline.cli(&["flag", "show", FLAG]);
    let last = flag["history"].as_array().unwrap().iter().find(|event| event["who"] == "experiment new-checkout");
    assert_eq!(text(&last.unwrap()["why"]), sentence, "the flag says why: {flag}");
    assert!(text(&flag["retire"]).starts_with("experiment new-checkout gave everybody \"on\""), "{flag}");
    let (_, stale) = shown.trunkline.cli(&["flag", "stale"]);
    assert_eq!((&stale["items"][0]["key"], &stale["items"][0]["owner"]), (&json!(FLAG), &flag["owner"]), "{stale}");
    let (_, change) = shown.trunkline.cli(&["change", "show", &shown.repository.git(&["rev-parse", "HEAD~1"])]);
    let verdict = &change["verdicts"][0];
    assert_eq!((text(&verdict["experiment"]), text(&verdict["sentence"])), (FLAG.to_owned(), sentence), "{change}");
    its_story_tells_it(&change);
    crate::shapes::hold("experiment-show", &decided);
    crate::shapes::hold("change-show", &change);
}

/// Whom it reached, and what the experiment said of it when.
fn its_story_tells_it(change: &Value) {
    let sentence = text(&change["sentence"]);
    assert!(
        sentence.contains(" persons have seen what is behind its flag. The experiment says ship: paid +"),
        "{sentence}"
    );
    let lanes = change["timeline"]["lanes"].as_array().unwrap();
    let lane =
        |name: &str| lanes.iter().find(|lane| lane["name"] == name).unwrap_or_else(|| panic!("{name}: {change}"));
    let labels = |name: &str, kind: &str| {
        let all = lane(name)[kind].as_array().unwrap();
        all.iter().map(|one| text(&one["label"])).collect::<Vec<_>>()
    };
    let reached = &change["exposures"][0];
    assert_eq!((&reached["flag"], &reached["variants"]), (&json!(FLAG), &json!(["on"])), "{change}");
    assert_eq!(labels("Exposure", "marks"), [format!("first of {} persons with \"on\"", reached["persons"])]);
    assert_eq!(labels("Experiment new-checkout", "spans"), ["decided"]);
    assert_eq!(labels("Experiment new-checkout", "marks").last().map(String::as_str), Some("ship"), "{change}");
    assert!(labels("Flag new-checkout", "marks").contains(&"ramped: 100 % \"on\"".to_owned()), "{change}");
}

#[test]
fn what_does_harm_is_taken_back_and_stays_so_over_a_restart() {
    let mut shown = with_experiment();
    let decided = play(&shown, |variant| if variant == "on" { 20 } else { 70 });
    assert_eq!(decided["verdict"]["decision"], "roll_back", "{decided}");
    until("the flag is off", || shown.trunkline.cli(&["flag", "show", FLAG]).1["state"] == "killed");
    shown.trunkline.kill();
    shown.trunkline.up();
    let (_, flag) = shown.trunkline.cli(&["flag", "show", FLAG]);
    let kills = flag["history"].as_array().unwrap().iter().filter(|event| event["what"] == "flag.killed").count();
    assert_eq!((text(&flag["state"]), kills), ("killed".to_owned(), 1), "once: {flag}");
    assert_eq!(experiment(&shown)["state"], "decided");
}

#[test]
fn what_makes_no_difference_goes_on_and_says_for_how_long_at_most() {
    let shown = with_experiment();
    begin(&shown, 200, |_| 60);
    let mut seen = Value::Null;
    until("all were followed to the end", || {
        seen = experiment(&shown);
        seen["arms"]
            .as_array()
            .is_some_and(|arms| arms.iter().map(|arm| arm["followed"].as_u64().unwrap()).sum::<u64>() >= 199)
    });
    assert_eq!((&seen["state"], &seen["verdict"]["decision"]), (&json!("running"), &json!("keep_running")), "{seen}");
    assert!(text(&seen["verdict"]["sentence"]).contains(", at most "), "{seen}");
}

#[test]
fn a_wrong_experiment_is_told_with_its_place() {
    let shown = Shown::live();
    shown
        .repository
        .write("experiments/x.yaml", &shown::experiment(&EXPERIMENT.replace("role: success", "role: sucess")));
    let sha = shown.repository.commit("a typing mistake");
    let told = crate::pets::verified(&shown.trunkline, &sha).to_string();
    assert!(told.contains("experiments/x.yaml:13:"), "{told}");
    assert!(told.contains("success"), "{told}");
    let (code, unknown) = shown.trunkline.cli(&["experiment", "show", "nothing"]);
    assert_eq!((code, &unknown["error"]["kind"]), (4, &json!("not_found")), "{unknown}");
}
