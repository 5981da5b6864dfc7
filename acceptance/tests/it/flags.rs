//! What a token, a cookie or a header may do, and what nobody can talk the edge into.

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

/// Forged events that are sent: as many as one address may send at once, and more.
const FORGED: u64 = 60_000;
const FORGED_BATCH: u64 = 2_000;

#[test]
fn forged_events_change_no_metric_of_witnessed_persons() {
    let shown = Shown::live();
    let token = shown.trunkline.token("client");
    let persons: Vec<String> = (0..10).map(|n| buys(&shown, &token, n % 2 == 0)).collect();
    let report = || shown.trunkline.api("GET", "/api/v1/journeys/checkout/report?who=witnessed", "");
    let counts = |report: &Value| [0, 1].map(|step| report["steps"][step]["persons"].as_u64().unwrap_or_default());
    acceptance::until("what they did is counted", || counts(&report()) == [10, 5]);

    let mut forger = Sdk::new(&shown.trunkline.url, &token);
    let (mut accepted, mut refused) = (0, 0);
    for batch in 0..FORGED / FORGED_BATCH {
        let events: Vec<Value> = (0..FORGED_BATCH)
            .map(|n| match &persons[usize::try_from(n % 10).unwrap()] {
                person if n % 3 == 0 => acceptance::sdk::event("order placed", person, &json!({})),
                person if n % 3 == 1 => {
                    json!({ "event": "$identify", "distinct_id": format!("forger-{batch}"), "properties": { "$anon_distinct_id": person } })
                }
                _ => acceptance::sdk::event("product viewed", &format!("invented-{batch}-{n}"), &json!({})),
            })
            .collect();
        match forger.capture(&events).unwrap() {
            200 => accepted += FORGED_BATCH,
            429 => refused += FORGED_BATCH,
            other => panic!("forged events are answered {other}"),
        }
    }
    acceptance::say(&format!("of {FORGED} forged events {accepted} were taken and {refused} refused by the quota"));
    assert!(accepted >= 20_000, "too few to say anything");
    let everyone = || shown.trunkline.api("GET", "/api/v1/journeys/checkout/report", "");
    acceptance::until("the forged events are in the log", || counts(&everyone())[0] > accepted / 4);
    assert_eq!(counts(&report()), [10, 5], "witnessed persons did what they did");
}

/// A visitor with a browser comes, comes back, sees a product, and perhaps pays. Gives who they are.
fn buys(shown: &Shown, token: &str, pays: bool) -> String {
    let mut browser = Connection::open(&shown.trunkline.product_url).unwrap();
    let came = browser.get("/").unwrap();
    let cookie = came.header("set-cookie").unwrap().to_owned();
    assert_eq!(browser.get("/").unwrap().status, 200);
    let person = cookie.trim_start_matches("trunkline_id=").split('.').next().unwrap().to_owned();
    let mut events = vec![acceptance::sdk::event("product viewed", &person, &json!({}))];
    if pays {
        events.push(acceptance::sdk::event("order placed", &person, &json!({})));
    }
    let body = json!({ "api_key": token, "batch": events }).to_string();
    let headers = [("content-type", "application/json")];
    assert_eq!(browser.send("POST", "/_trunkline/batch/", &headers, &body).unwrap().status, 200);
    person
}
