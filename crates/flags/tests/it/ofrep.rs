//! OFREP as its clients see it.

use axum::Router;
use axum::body::Body;
use flags::{Serving, Stage};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt as _;

use crate::support::{Edge, by, clock, context, flags, post, push, send, shares};

const FLAGS: &str = r#"{"flags": {
  "split": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
    "targeting": {"fractional": [["on", 50], ["off", 50]]}, "metadata": {"owner": "sales"}},
  "static": {"state": "ENABLED", "variants": {"a": "x\"y", "b": "z"}, "defaultVariant": "a"},
  "rule": {"state": "ENABLED", "variants": {"gold": 1.5, "tin": 2}, "defaultVariant": "tin",
    "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "gold"]}},
  "disabled": {"state": "DISABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
  "hidden": {"state": "ENABLED", "variants": {"on": {"a": 1}, "off": {}}, "defaultVariant": "off", "metadata": {"visibility": "server"}}
}}"#;
const ALL: &str = "/ofrep/v1/evaluate/flags";

async fn edge() -> (Arc<Edge>, flags::Flags, storage::testing::TestDb) {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    let flags = flags(&test.db, &edge).await;
    push(&flags, "c1", FLAGS, Stage::Live).await;
    (edge, flags, test)
}

async fn one(router: &Router, key: &str, token: &str, context: Value) -> (StatusCode, Value) {
    post(router, &format!("{ALL}/{key}"), token, json!({ "context": context }).to_string()).await
}

#[tokio::test]
async fn each_kind_of_answer_has_ofreps_shape() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    let ann = json!({ "targetingKey": "ann" });
    let (status, answer) = one(&router, "static", "server", ann.clone()).await;
    let metadata = json!({ "flagSetId": "trunkline", "version": "1", "contextId": "ann" });
    assert_eq!(status, StatusCode::OK);
    let expected =
        json!({ "key": "static", "reason": "STATIC", "variant": "a", "value": "x\"y", "metadata": metadata });
    assert_eq!(answer, expected);
    assert_eq!(one(&router, "split", "server", ann.clone()).await.1["reason"], "SPLIT");
    let gold = json!({ "targetingKey": "ann", "plan": "gold" });
    let (_, answer) = one(&router, "rule", "server", gold).await;
    assert_eq!((&answer["reason"], &answer["value"]), (&json!("TARGETING_MATCH"), &json!(1.5)));
    let (_, answer) = one(&router, "rule", "server", ann.clone()).await;
    assert_eq!((&answer["reason"], &answer["variant"]), (&json!("TARGETING_MATCH"), &json!("tin")), "never DEFAULT");
    let (_, answer) = one(&router, "disabled", "server", ann).await;
    assert_eq!((&answer["reason"], &answer["value"]), (&json!("DISABLED"), &json!(false)));
}

#[tokio::test]
async fn mistakes_are_told_in_ofreps_shape() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    let (status, answer) = one(&router, "nothing", "server", json!({ "targetingKey": "x" })).await;
    assert_eq!(
        (status, &answer["errorCode"], &answer["key"]),
        (StatusCode::NOT_FOUND, &json!("FLAG_NOT_FOUND"), &json!("nothing"))
    );
    let cases: [(&[u8], &str); 5] = [
        (b"{", "PARSE_ERROR"),
        (b"{\"context\":{\"targetingKey\":\"\xff\"}}", "PARSE_ERROR"),
        (b"{\"context\":{\"targetingKey\":\"x\",\"n\":NaN}}", "PARSE_ERROR"),
        (b"{\"context\":{}}", "TARGETING_KEY_MISSING"),
        (b"{\"context\":7}", "INVALID_CONTEXT"),
    ];
    for (body, code) in cases {
        for path in [ALL.to_owned(), format!("{ALL}/split")] {
            let (status, answer) = post(&router, &path, "server", body.to_vec()).await;
            assert_eq!((status, &answer["errorCode"]), (StatusCode::BAD_REQUEST, &json!(code)), "{path} {answer}");
        }
    }
    let large = format!(r#"{{"context":{{"targetingKey":"x","a":"{}"}}}}"#, "a".repeat(1 << 20));
    assert_eq!(post(&router, ALL, "server", large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn when_flags_changed_is_one_time_or_not_said() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    let ask = async |query: &str| post(&router, &format!("{ALL}?{query}"), "server", context("x")).await;
    for query in ["", "flagConfigLastModified=1771622898", "flagConfigLastModified=2026-02-20T21:28:18Z"] {
        assert_eq!(ask(query).await.0, StatusCode::OK, "{query}");
    }
    for query in ["flagConfigLastModified=yesterday", "flagConfigLastModified=1&flagConfigLastModified=2"] {
        let (status, answer) = ask(query).await;
        assert_eq!((status, &answer["errorCode"]), (StatusCode::BAD_REQUEST, &json!("PARSE_ERROR")), "{query}");
    }
}

#[tokio::test]
async fn nobody_is_answered_without_a_token() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    for token in ["", "unknown"] {
        assert_eq!(post(&router, ALL, token, context("x")).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(one(&router, "split", token, json!({ "targetingKey": "x" })).await.0, StatusCode::UNAUTHORIZED);
    }
    for role in ["server", "client", "admin"] {
        assert_eq!(post(&router, ALL, role, context("x")).await.0, StatusCode::OK, "{role}");
        let (status, ..) = send(&router, ALL, &[("x-api-key", role)], context("x")).await;
        assert_eq!(status, StatusCode::OK, "{role}");
    }
}

#[tokio::test]
async fn two_tokens_at_once_are_none() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    let ask = |key| {
        let headers = [("authorization", "Bearer server"), ("x-api-key", key)];
        let router = router.clone();
        async move { send(&router, ALL, &headers, context("x")).await.0 }
    };
    for other in ["", "unknown", "admin"] {
        assert_eq!(ask(other).await, StatusCode::UNAUTHORIZED, "{other}");
    }
    assert_eq!(ask("server").await, StatusCode::OK);
    let in_front = [("authorization", "Basic YTpi"), ("x-api-key", "server")];
    assert_eq!(send(&router, ALL, &in_front, context("x")).await.0, StatusCode::OK, "that is for a proxy");
}

#[tokio::test]
async fn a_client_token_sees_no_hidden_flag_and_no_rule() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    let (status, answer) = one(&router, "hidden", "client", json!({ "targetingKey": "x" })).await;
    assert_eq!((status, &answer["errorCode"]), (StatusCode::NOT_FOUND, &json!("FLAG_NOT_FOUND")));
    let keys = |answer: &Value| -> Vec<String> {
        answer["flags"].as_array().unwrap().iter().map(|flag| flag["key"].as_str().unwrap().to_owned()).collect()
    };
    let (_, client) = post(&router, ALL, "client", context("x")).await;
    assert_eq!(keys(&client), ["disabled", "rule", "split", "static"]);
    assert!(!client.to_string().contains("fractional"));
    let (_, server) = post(&router, ALL, "server", context("x")).await;
    assert!(keys(&server).contains(&"hidden".to_owned()));
}

#[tokio::test]
async fn a_verifier_gets_forced_variants_with_a_server_token_only() {
    let (edge, flags, _test) = edge().await;
    flags.ramp("split", &shares(0.0), &by()).await.unwrap();
    let expires = "2026-11-24T12:05:00Z".parse().unwrap();
    let forced = BTreeMap::from([("split".to_owned(), "on".to_owned())]);
    flags.force("abc", &forced, expires).await.unwrap();
    let variant = async |token: &'static str, unit: &str| {
        one(&edge.router(), "split", token, json!({ "targetingKey": unit })).await.1["variant"].clone()
    };
    assert_eq!(variant("server", "verifier:abc").await, "on");
    assert_eq!(variant("client", "verifier:abc").await, "off");
    assert_eq!(variant("server", "verifier:abd").await, "off", "forged");
    flags.unforce("abc").await.unwrap();
    assert_eq!(variant("server", "verifier:abc").await, "off");
    flags.force("abc", &forced, "2026-11-24T12:00:00.001Z".parse().unwrap()).await.unwrap();
    edge.clock().advance(SignedDuration::from_secs(1));
    assert_eq!(variant("server", "verifier:abc").await, "off", "over");
    assert!(flags.force("x", &BTreeMap::from([("split".to_owned(), "blue".to_owned())]), expires).await.is_err());
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let (edge, flags, _test) = edge().await;
    let auth = ("authorization", "Bearer client");
    let (_, headers, _) = send(&edge.router(), ALL, &[auth], context("x")).await;
    let etag = headers["etag"].to_str().unwrap().to_owned();
    edge.clock().advance(SignedDuration::from_secs(60));
    let known = async |etag: &str, token: &str, unit: &str| {
        send(&edge.router(), ALL, &[("authorization", token), ("if-none-match", etag)], context(unit)).await
    };
    let (status, headers, body) = known(&etag, "Bearer client", "x").await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(headers["etag"].to_str().unwrap(), etag);
    assert_eq!(known(&etag, "Bearer client", "y").await.0, StatusCode::OK, "another person");
    assert_eq!(known(&etag, "Bearer server", "x").await.0, StatusCode::OK, "another view");
    flags.kill("split", &by()).await.unwrap();
    assert_eq!(known(&etag, "Bearer client", "x").await.0, StatusCode::OK, "another revision");
}

#[tokio::test]
async fn nobody_in_particular_gets_what_no_split_decides() {
    let (edge, ..) = edge().await;
    let (status, answer) = one(&edge.router(), "split", "server", json!({ "targetingKey": "" })).await;
    assert_eq!((status, &answer["variant"]), (StatusCode::OK, &json!("off")), "{answer}");
    assert_eq!(answer["metadata"].get("contextId"), None);
}

#[tokio::test]
async fn an_evaluation_is_an_exposure_once_a_day_and_a_look_is_none() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    one(&router, "split", "admin", json!({ "targetingKey": "boss" })).await;
    post(&router, ALL, "server", context("bulk")).await;
    for unit in ["", "ann", "ann", "verifier:abc"] {
        one(&router, "split", "server", json!({ "targetingKey": unit })).await;
    }
    one(&router, "split", "client", json!({ "targetingKey": "ben" })).await;
    let exposures = edge.exposures(3).await;
    let told: Vec<_> = exposures.iter().map(|e| (e.unit.as_str(), e.aside.is_some(), e.role.is_some())).collect();
    assert_eq!(told, [("ann", false, false), ("verifier:abc", true, false), ("ben", false, true)]);
    assert_eq!((exposures[0].reason.as_str(), exposures[0].unit_kind.as_str()), ("SPLIT", "visitor"));
    assert!(exposures[0].split.as_ref().unwrap().contains("flagd-2"), "enough to do it again");
    edge.clock().advance(SignedDuration::from_hours(24));
    one(&router, "split", "server", json!({ "targetingKey": "ann" })).await;
    assert_eq!(edge.exposures(4).await[3].unit, "ann");
}

async fn stream(router: &Router, path: &str, last: Option<&str>) -> (StatusCode, Body) {
    let mut request = Request::get(path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    (response.status(), response.into_body())
}

async fn next(body: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(std::time::Duration::from_secs(5), body.frame()).await.ok()??.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_change_is_streamed_to_whoever_is_behind() {
    let (edge, flags, _test) = edge().await;
    let router = edge.router();
    let (_, answer) = post(&router, ALL, "client", context("x")).await;
    let address = answer["eventStreams"][0]["endpoint"]["requestUri"].as_str().unwrap().to_owned();
    let (status, mut body) = stream(&router, &address, None).await;
    assert_eq!(status, StatusCode::OK);
    flags.kill("split", &by()).await.unwrap();
    let event = next(&mut body).await.unwrap();
    assert!(event.contains("event: message") && event.contains("id: 2"), "{event}");
    let data: Value =
        serde_json::from_str(event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap()).unwrap();
    assert_eq!(data["type"], "refetchEvaluation");
    let (_, mut late) = stream(&router, &address, None).await;
    assert!(next(&mut late).await.unwrap().contains("id: 2"), "who connects late hears what they missed");
    let (_, mut known) = stream(&router, &address, Some("2")).await;
    flags.clear_kill("split", &by()).await.unwrap();
    assert!(next(&mut known).await.unwrap().contains("id: 3"), "and nothing twice");
}

#[tokio::test]
async fn a_streams_address_is_good_for_a_while_and_cannot_be_made_up() {
    let (edge, ..) = edge().await;
    let router = edge.router();
    let (_, answer) = post(&router, ALL, "client", context("x")).await;
    let address = answer["eventStreams"][0]["endpoint"]["requestUri"].as_str().unwrap().to_owned();
    assert_eq!(stream(&router, "/ofrep/v1/events", None).await.0, StatusCode::UNAUTHORIZED);
    let forged = address.replace("since=1", "since=0");
    assert_eq!(stream(&router, &forged, None).await.0, StatusCode::UNAUTHORIZED);
    edge.restart();
    assert_eq!(stream(&edge.router(), &address, None).await.0, StatusCode::OK, "it outlives the edge");
    edge.clock().advance(SignedDuration::from_hours(25));
    assert_eq!(stream(&router, &address, None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn browsers_may_ask_from_any_page() {
    let (edge, ..) = edge().await;
    let preflight = Request::options(ALL)
        .header("origin", "http://shop.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,if-none-match");
    let response = edge.router().oneshot(preflight.body(Body::empty()).unwrap()).await.unwrap();
    assert!(response.status().is_success());
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    for name in ["authorization", "content-type", "if-none-match"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let headers = [("authorization", "Bearer client"), ("origin", "http://shop.test")];
    let (_, headers, _) = send(&edge.router(), ALL, &headers, context("x")).await;
    assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("ETag"));
}

#[test]
fn every_path_of_the_router_is_offered() {
    for path in
        ["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/a", "/ofrep/v1/events", "/flags/", "/array/x/config"]
    {
        assert!(Serving::serves(path), "{path}");
    }
    for path in ["/", "/api/v1/flags", "/ofrepx", "/array/x/y", "/flags/x"] {
        assert!(!Serving::serves(path), "{path}");
    }
}
