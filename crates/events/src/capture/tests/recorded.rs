//! What unmodified clients really send, as we recorded it from them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[derive(serde::Deserialize)]
struct Recorded {
    method: String,
    path: String,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
}

fn recorded(name: &str) -> Request<Body> {
    let path = format!("{}/tests/data/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let recorded: Recorded = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut request = Request::builder().method(recorded.method.as_str()).uri(recorded.path);
    for (name, value) in recorded.headers {
        request = request.header(name, value);
    }
    request.body(STANDARD.decode(recorded.body).unwrap().into()).unwrap()
}

/// One word for each record: `name person`, `from=into`, `flag:variant:unit`.
fn told(records: &[Record]) -> Vec<String> {
    let tell = |record: &Record| match record {
        Record::Event(event) => format!("{} {}", event.name, event.distinct_id),
        Record::Identity(identity) => format!("{}={}", identity.from, identity.into),
        Record::Exposure(exposure) => format!("{}:{}:{}", exposure.flag, exposure.variant, exposure.unit),
        Record::Rejected(rejected) => format!("rejected {}", rejected.code),
        other => panic!("{other:?} is not captured"),
    };
    records.iter().map(tell).collect()
}

/// What each client is understood to say.
const UNDERSTOOD: [(&str, &[&str]); 13] = [
    ("posthog-node-v0", POSTHOG_NODE),
    ("posthog-node-v1", POSTHOG_NODE),
    ("posthog-python-v0", POSTHOG_PYTHON),
    ("posthog-python-v1", POSTHOG_PYTHON),
    ("posthog-python-v1-zstd", POSTHOG_PYTHON),
    ("posthog-js-capture", &["product viewed 01a20e8a-b086-7dac-8911-b83cd84c1355"]),
    ("posthog-js-identify", &["$identify ann", "01a20e8a-b086-7dac-8911-b83cd84c1355=ann"]),
    ("posthog-js-pageview", &["$pageview ann"]),
    ("segment-node", SEGMENT_NODE),
    ("segment-python", SEGMENT_PYTHON),
    ("rudder-node", &["product viewed ann"]),
    ("otel-js-json", OTEL),
    ("otel-js-proto", OTEL),
];
const POSTHOG_NODE: &[&str] = &[
    "product viewed ann",
    "order placed ben",
    "$identify ann",
    "$create_alias ann",
    "visitor-1=ann",
    "$feature_flag_called ann",
    "new-checkout:on:ann",
];
const POSTHOG_PYTHON: &[&str] = &[
    "product viewed ann",
    "$set ann",
    "$create_alias visitor-1",
    "ann=visitor-1",
    "$feature_flag_called ann",
    "new-checkout:true:ann",
];
const SEGMENT_NODE: &[&str] = &[
    "product viewed ann",
    "visitor-1=ann",
    "$identify ann",
    "$pageview visitor-1",
    "$screen ann",
    "$groupidentify ann",
    "$create_alias ann",
    "visitor-0=ann",
];
const SEGMENT_PYTHON: &[&str] = &[
    "product viewed ann",
    "visitor-1=ann",
    "$identify ann",
    "$pageview visitor-1",
    "$create_alias ann",
    "visitor-0=ann",
];
const OTEL: &[&str] = &["product viewed ann", "new-checkout:on:ann", "rejected no_event"];

#[tokio::test]
async fn every_client_is_understood() {
    for (client, expected) in UNDERSTOOD {
        let bed = Bed::new();
        let response = bed.send(recorded(client)).await;
        assert_eq!(response.status(), StatusCode::OK, "{client}");
        assert_eq!(told(&bed.records()), expected, "{client}");
        for event in bed.events() {
            assert_eq!(
                (event.token.as_deref(), event.role, event.deployment),
                (Some("c1"), Some(Role::Client), Some(47)),
                "{client}"
            );
            assert_eq!(event.aside, None, "{client}");
            assert!(!event.properties.get().contains(CLIENT), "{client} does not store its token");
            assert!(
                event.time_ms <= event.received_ms && now_ms() - event.time_ms < 86_400_000,
                "{client}: {}",
                event.time_ms
            );
        }
    }
}

#[tokio::test]
async fn what_a_client_sends_again_is_the_same_event() {
    for client in [
        "posthog-node-v0",
        "posthog-python-v1",
        "segment-node",
        "segment-python",
        "rudder-node",
        "otel-js-json",
        "otel-js-proto",
    ] {
        let bed = Bed::new();
        bed.send(recorded(client)).await;
        let first: Vec<_> = bed.events().iter().map(|event| event.id).collect();
        bed.clock.advance(jiff::SignedDuration::from_secs(30));
        bed.send(recorded(client)).await;
        let both: Vec<_> = bed.events().iter().map(|event| event.id).collect();
        assert_eq!(both, [first.clone(), first].concat(), "{client}");
    }
}

#[tokio::test]
async fn json_and_protobuf_of_one_client_are_the_same_events() {
    let mut all = Vec::new();
    for client in ["otel-js-json", "otel-js-proto"] {
        let bed = Bed::new();
        bed.send(recorded(client)).await;
        all.push(bed.events().remove(0).properties.get().to_owned());
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(
        all[0],
        r#"{"user.id":"ann","category":"shoes","price":12.5,"tags":["a","b"],"service.name":"shop","service.version":"47"}"#
    );
}
