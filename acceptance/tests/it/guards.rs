//! A version that answers every request, and with which customers give up, is taken back by the journey that guards.

use acceptance::{Connection, Sdk, sdk, until};
use serde_json::{Value, json};

use crate::notifications::receiver;
use crate::pets::{Declaration, Pets, SOON, text};

/// For seconds, so that a story may be told in them.
const GUARD: &str = "{ within: 2s, min_persons: 40, min_seconds: 1 }";

/// A journey that guards.
pub(crate) fn journey(guard: &str) -> String {
    format!(
        "
journey: checkout
domain: sales
within: 1h
steps:
  - {{ name: seen, event: product viewed }}
  - {{ name: paid, event: order placed }}
guard: {guard}
"
    )
}

/// A canary for half of the visitors, as long as the story takes.
fn declaration() -> Declaration {
    Declaration { rollout: "{ canary: [50, 100], step_seconds: 600 }".into(), ..Declaration::default() }
}

fn live() -> Pets {
    live_with(&declaration(), GUARD)
}

fn live_with(declaration: &Declaration, guard: &str) -> Pets {
    let pets = Pets::live_with(declaration, |repository| repository.write("journeys/checkout.yaml", &journey(guard)));
    until("the journey is known", || {
        pets.trunkline.cli(&["journey", "list"]).1["items"].as_array().is_some_and(|items| items.len() == 1)
    });
    pets
}

/// A visitor comes, comes back with their cookie, sees a product and pays as often as their version lets them.
fn walk(pets: &Pets, sdk: &mut Sdk, number: u64, pays: fn(&str) -> u64) {
    let mut browser = Connection::open(&pets.trunkline.product_url).unwrap();
    let person = browser.get("/").unwrap().visitor().unwrap();
    let version = browser.get("/").unwrap().body;
    let mut events = vec![sdk::event("product viewed", &person, &json!({}))];
    if number * 37 % 100 < pays(&version) {
        events.push(sdk::event("order placed", &person, &json!({})));
    }
    assert_eq!(sdk.capture(&events).unwrap(), 200);
}

/// Customers come until the canary has an end, or so many came.
fn play(pets: &Pets, sha: &str, most: u64, pays: fn(&str) -> u64) -> Value {
    let mut sdk = Sdk::new(&pets.trunkline.url, &pets.trunkline.token("server"));
    for number in 0..most {
        walk(pets, &mut sdk, number, pays);
        let deployment = pets.trunkline.deployment_of(sha).unwrap();
        if number % 20 == 0 && deployment["phase"] != "canary" {
            return deployment;
        }
    }
    pets.trunkline.deployment_of(sha).unwrap()
}

#[test]
fn a_canary_with_which_customers_give_up_is_taken_back_with_the_reason() {
    let pets = live();
    let sha = pets.commit("v2", &declaration());
    pets.trunkline.until_phase(&sha, "canary", SOON);
    play(&pets, &sha, 1_500, |version| if version.starts_with("v2") { 5 } else { 80 });
    pets.trunkline.until_phase(&sha, "rolled_back", SOON);
    let why = text(&pets.trunkline.deployment_of(&sha).unwrap()["reason"]);
    assert!(why.contains("checkout: ") && why.contains("they are lost at \"paid\""), "{why}");
    assert!(pets.serves("v1"));
    let change = pets.trunkline.change(&sha);
    crate::shapes::hold("change-show", &change);
    let guard = &change["guards"][0];
    assert_eq!((&guard["journey"], &guard["state"]), (&json!("checkout"), &json!("failed")), "{change}");
    assert!(text(&change["sentence"]).starts_with("Taken back by guard checkout: checkout: "), "{change}");
}

#[test]
fn a_healthy_canary_is_let_alone() {
    let pets = live();
    let sha = pets.commit("v2", &declaration());
    pets.trunkline.until_phase(&sha, "canary", SOON);
    let deployment = play(&pets, &sha, 400, |_| 60);
    assert_eq!(deployment["phase"], "canary", "{deployment}");
    let (_, report) = pets.trunkline.cli(&["journey", "report", "checkout", "--by", "release"]);
    let persons = |group: &Value| group["steps"][0]["persons"].as_u64().unwrap();
    let counted: Vec<u64> = report["breakdown"].as_array().unwrap().iter().map(persons).collect();
    assert!(counted.len() == 2 && counted.iter().all(|persons| *persons > 100), "both had customers: {report}");
}

/// What the guard said last.
fn guard(pets: &Pets, sha: &str) -> Value {
    let number = pets.trunkline.deployment_of(sha).unwrap()["number"].to_string();
    let (_, deployment) = pets.trunkline.cli(&["deploy", "show", &number]);
    let steps = deployment["steps"].as_array().cloned().unwrap_or_default();
    steps.into_iter().find(|step| step["kind"] == "guard").unwrap_or_default()
}

#[test]
fn a_person_may_overrule_a_guard_and_is_told_what_it_sees() {
    // Long enough to promote before anybody's time is over.
    let pets = live_with(&declaration(), "{ within: 15s, min_persons: 40, min_seconds: 1 }");
    let (url, books) = receiver(0);
    assert_eq!(pets.trunkline.cli(&["notify", "add", &url, "--allow-private"]).0, 0);
    let sha = pets.commit("v2", &declaration());
    pets.trunkline.until_phase(&sha, "canary", SOON);
    play(&pets, &sha, 120, |version| if version.starts_with("v2") { 0 } else { 80 });
    let promoted = pets.trunkline.cli(&["deploy", "promote", "--reason", "the shop closes at noon"]);
    assert_eq!(promoted.0, 0, "{}", promoted.1);
    pets.trunkline.until_phase(&sha, "live", SOON);
    until("the guard sees what it does", || guard(&pets, &sha)["state"] == "failed");
    let said = text(&guard(&pets, &sha)["summary"]);
    assert!(
        said.contains("they are lost at \"paid\"") && said.ends_with("overruled the guard: the shop closes at noon"),
        "{said}"
    );
    until("its owner is told", || {
        books.lock().unwrap().iter().any(|got| text(&got.event()["type"]).contains("guard.unheeded"))
    });
    assert!(pets.attention().iter().any(|text| text.contains("does harm and stays")), "{:?}", pets.attention());
    assert_eq!(pets.trunkline.deployment_of(&sha).unwrap()["phase"], "live", "a person's word stands");
    let told = books.lock().unwrap().iter().filter(|got| text(&got.event()["type"]).contains("guard.unheeded")).count();
    assert_eq!(told, 1, "once");
}

#[test]
fn what_happens_to_everybody_holds_a_canary_and_takes_nothing_back() {
    let quick =
        Declaration { rollout: "{ canary: [50, 100], step_seconds: 1, step_persons: 1 }".into(), ..declaration() };
    let pets = live_with(&quick, GUARD);
    let (url, books) = receiver(0);
    assert_eq!(pets.trunkline.cli(&["notify", "add", &url, "--allow-private"]).0, 0);
    let mut sdk = Sdk::new(&pets.trunkline.url, &pets.trunkline.token("server"));
    (0..300).for_each(|number| walk(&pets, &mut sdk, number, |_| 80));
    let sha = pets.commit("v2", &quick);
    pets.trunkline.until_phase(&sha, "canary", SOON);
    (0..200).for_each(|number| walk(&pets, &mut sdk, number, |_| 0));
    until("it is held", || {
        text(&pets.trunkline.deployment_of(&sha).unwrap()["phase"]) == "canary"
            && pets.attention().iter().any(|text| text.contains("it is not the new version"))
    });
    assert_eq!(guard(&pets, &sha)["state"], "running", "{}", guard(&pets, &sha));
    until("its owner is told", || {
        books.lock().unwrap().iter().any(|got| text(&got.event()["type"]).contains("deployment.held"))
    });
    assert_eq!(pets.trunkline.cli(&["deploy", "promote", "--reason", "the bank is down"]).0, 0);
    pets.trunkline.until_phase(&sha, "live", SOON);
}
