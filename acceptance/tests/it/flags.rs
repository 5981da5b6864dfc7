//! What a token, a cookie or a header may do, and what nobody can talk the edge into.

use std::net::Ipv4Addr;
use std::time::Instant;

use acceptance::{Connection, Sdk};
use serde_json::{Value, json};

use crate::shown::{FLAG, Shown};

#[test]
fn a_client_token_reaches_no_route_of_the_api() {
    let shown = Shown::live();
    let mut client = shown.sdk("client");
    let document = shown.trunkline.api("GET", "/api/v1/openapi.json", "");
    let paths: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert!(paths.len() > 30, "{}", paths.len());
    let token = shown.trunkline.token("client");
    let bearer = format!("Bearer {token}");
    for path in paths.iter().filter(|path| path.starts_with("/api/v1/")) {
        let open = ["/api/v1/session", "/api/v1/openapi.json", "/api/v1/trunk/poke"].contains(&path.as_str());
        let path = path.replace(['{', '}'], "x");
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let headers = [("authorization", bearer.as_str()), ("connection", "close")];
            let answer = Connection::open(&shown.trunkline.url).unwrap().send(method, &path, &headers, "").unwrap();
            assert!(open || answer.status >= 400, "{method} {path} answers {} to a client token", answer.status);
        }
    }
    assert!(client.variant(FLAG, "somebody").is_some(), "it evaluates flags");
    let first_party = Sdk::first_party(&shown.trunkline.product_url, &token).variant(FLAG, "somebody");
    assert!(first_party.is_some(), "and so it does on the product's own address");
}

#[test]
fn no_token_no_flags_and_no_events() {
    let shown = Shown::live();
    for token in ["", "tl_server_guessed"] {
        let mut stranger = Sdk::new(&shown.trunkline.url, token);
        let context = json!({ "targetingKey": "x" });
        assert_eq!(stranger.evaluate(FLAG, &context).unwrap().status, 401);
        assert_eq!(stranger.capture(&[acceptance::sdk::event("a", "b", &json!({}))]).unwrap(), 401);
    }
}

#[test]
fn a_forged_verifier_gets_what_any_customer_gets() {
    let shown = Shown::live();
    let product = |headers: &[(&str, &str)]| {
        let mut all = headers.to_vec();
        all.push(("connection", "close"));
        Connection::open(&shown.trunkline.product_url).unwrap().send("GET", "/", &all, "").unwrap()
    };
    let plain = product(&[]);
    for forged in ["x", "run.1.99999999999.0.AAAA", "", "a.b.c.d.e.f"] {
        let answer =
            product(&[("trunkline-probe", forged), ("trunkline-verifier", "1"), ("trunkline-person", "verifier:1")]);
        assert_eq!((answer.status, &answer.body), (plain.status, &plain.body), "{forged}");
        assert!(answer.header("set-cookie").is_some(), "an ordinary visitor: {forged}");
    }
    let mut client = shown.sdk("client");
    for key in ["verifier:1", "verifier:00000000000000000000000000000000"] {
        let answer =
            client.evaluate(FLAG, &json!({ "targetingKey": key, "verifier": true, "$verifier": "1" })).unwrap();
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["reason"], "SPLIT", "{body}");
    }
}

#[test]
fn wrong_requests_are_told_what_is_wrong_and_stop_nothing() {
    let shown = Shown::live();
    let mut sdk = shown.sdk("server");
    let deep = format!("{{\"context\":{}1{}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for (body, what) in [
        ("", "nothing"),
        ("{", "half of a document"),
        ("[]", "no object"),
        (deep.as_str(), "ten thousand levels"),
        ("{\"context\":{\"targetingKey\":1}}", "a targeting key that is a number"),
        ("{\"context\":{\"a\":NaN}}", "not a number"),
    ] {
        let answer = sdk.post(&format!("/ofrep/v1/evaluate/flags/{FLAG}"), body).unwrap();
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        assert!(said["errorCode"].is_string() && said["errorDetails"].is_string(), "{what}: {}", answer.body);
    }
    let answer = sdk.evaluate("no-such-flag", &json!({ "targetingKey": "x" })).unwrap();
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("FLAG_NOT_FOUND"));
    assert!(sdk.variant(FLAG, "x").is_some());
}

/// What a forger sends: less than one address may at once, and a quarter of what one token may, so that nothing is refused.
const FORGED_BY_ONE: u64 = 25_000;
const FORGED_BATCH: u64 = 2_500;
const FORGERS_WITH_ONE_TOKEN: u8 = 4;

/// Tokens with which events are forged: a million in all; fewer where a debug build takes them.
fn tokens_of_forgers() -> u8 {
    if std::env::var_os("TRUNKLINE_SOAK").is_some() { 10 } else { 2 }
}

#[test]
fn forged_events_change_no_metric_of_witnessed_persons() {
    let shown = Shown::live();
    let token = shown.trunkline.token("client");
    let persons: Vec<String> = (0..10).map(|n| buys(&shown, &token, n % 2 == 0)).collect();
    let report = || shown.trunkline.api("GET", "/api/v1/journeys/checkout/report?who=witnessed", "");
    let counts = |report: &Value| [0, 1].map(|step| report["steps"][step]["persons"].as_u64().unwrap_or_default());
    acceptance::until("what they did is counted", || counts(&report()) == [10, 5]);

    let begun = Instant::now();
    std::thread::scope(|scope| {
        for with in 0..tokens_of_forgers() {
            let (shown, persons) = (&shown, &persons);
            scope.spawn(move || forge(shown, persons, with));
        }
    });
    let forged = u64::from(tokens_of_forgers()) * u64::from(FORGERS_WITH_ONE_TOKEN) * FORGED_BY_ONE;
    acceptance::say(&format!("{forged} forged events were taken in {:.1?}", begun.elapsed()));
    let everyone = || shown.trunkline.api("GET", "/api/v1/journeys/checkout/report", "");
    acceptance::until("the forged events are in the log", || counts(&everyone())[0] > forged / 4);
    assert_eq!(counts(&report()), [10, 5], "witnessed persons did what they did");
}

/// Some forgers, each with an address of their own, send what they can with one client token.
fn forge(shown: &Shown, persons: &[String], with: u8) {
    let token = shown.trunkline.token("client");
    for number in 0..FORGERS_WITH_ONE_TOKEN {
        let mut forger = Sdk::new(&shown.trunkline.url, &token).from(Ipv4Addr::new(127, 0, 1 + with, 1 + number));
        for batch in 0..FORGED_BY_ONE / FORGED_BATCH {
            let name = format!("forger-{with}-{number}-{batch}");
            let events: Vec<Value> = (0..FORGED_BATCH).map(|n| forged(persons, &name, n)).collect();
            assert_eq!(forger.capture(&events).unwrap(), 200, "{name}");
        }
    }
}

/// An order, an identity or a look that never was.
fn forged(persons: &[String], name: &str, n: u64) -> Value {
    let person = &persons[usize::try_from(n).unwrap() % persons.len()];
    match n % 3 {
        0 => acceptance::sdk::event("order placed", person, &json!({})),
        1 => acceptance::sdk::event("$identify", name, &json!({ "$anon_distinct_id": person })),
        _ => acceptance::sdk::event("product viewed", &format!("invented-{name}-{n}"), &json!({})),
    }
}

/// A visitor with a browser comes, comes back, sees a product, and perhaps pays. Gives who they are.
fn buys(shown: &Shown, token: &str, pays: bool) -> String {
    let (mut browser, person) = shown.visitor();
    let mut events = vec![acceptance::sdk::event("product viewed", &person, &json!({}))];
    if pays {
        events.push(acceptance::sdk::event("order placed", &person, &json!({})));
    }
    let body = json!({ "api_key": token, "batch": events }).to_string();
    let headers = [("content-type", "application/json")];
    assert_eq!(browser.send("POST", "/_trunkline/batch/", &headers, &body).unwrap().status, 200);
    person
}
