//! PostHog's clients.

use events::Variants as _;
use flags::Stage;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Edge, clock, flags, post, push};

const FLAGS: &str = r#"{"flags": {
  "bool": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
    "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "on", "off"]}},
  "text": {"state": "ENABLED", "variants": {"red": "r", "blue": "b"}, "defaultVariant": "blue"},
  "hidden": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on", "metadata": {"visibility": "server"}}
}}"#;

async fn ask(path: &str, body: Value) -> (StatusCode, Value) {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    let flags = flags(&test.db, &edge).await;
    push(&flags, "c1", FLAGS, Stage::Live).await;
    post(&edge.router(), path, "", body.to_string()).await
}

#[tokio::test]
async fn the_second_version_tells_each_flag() {
    let body = json!({ "token": "client", "distinct_id": "ann", "person_properties": { "plan": "gold" } });
    let (status, answer) = ask("/flags/?v=2", body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&answer["flags"]["bool"]["enabled"], &answer["flags"]["bool"]["variant"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(answer["flags"]["text"]["variant"], "blue");
    assert_eq!(answer["flags"]["text"]["metadata"]["payload"], r#""b""#);
    assert_eq!(answer["flags"].get("hidden"), None);
    assert_eq!(answer["errorsWhileComputingFlags"], false);
}

#[tokio::test]
async fn the_first_version_tells_values() {
    let (_, answer) = ask("/decide", json!({ "api_key": "server", "distinct_id": "ann" })).await;
    assert_eq!(answer["featureFlags"], json!({ "bool": false, "hidden": true, "text": "blue" }));
    assert_eq!(answer["featureFlagPayloads"], json!({ "text": r#""b""# }));
}

#[tokio::test]
async fn a_wrong_key_or_no_person_is_told() {
    let (status, answer) = ask("/flags/?v=2", json!({ "token": "no", "distinct_id": "ann" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("invalid_api_key")));
    let (status, answer) = ask("/flags/?v=2", json!({ "token": "client" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("missing_distinct_id")));
}

#[tokio::test]
async fn a_told_value_is_the_only_variant_that_has_it() {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    let flags = flags(&test.db, &edge).await;
    let two = r#"{"flags": {
      "bool": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
      "doubled": {"state": "ENABLED", "variants": {"on": true, "also": true, "off": false}, "defaultVariant": "off"},
      "text": {"state": "ENABLED", "variants": {"yes": "true"}, "defaultVariant": "yes"}
    }}"#;
    push(&flags, "c1", two, Stage::Live).await;
    let named = |flag, value| edge.serving().with_value(flag, value);
    assert_eq!(named("bool", true).as_deref(), Some("on"));
    assert_eq!(named("bool", false).as_deref(), Some("off"));
    assert_eq!(named("doubled", true), None);
    assert_eq!(named("doubled", false).as_deref(), Some("off"));
    assert_eq!(named("text", true), None);
    assert_eq!(named("nothing", true), None);
}
