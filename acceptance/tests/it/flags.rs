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
