//! What is understood of a definition, and what is told about a wrong one.

use std::time::Duration;

use super::*;
use crate::model::{Order, Scalar};

const CHECKOUT: &str = "
journey: checkout
domain: sales
within: 24h
order: ordered
steps:
  - { name: product seen, event: product viewed, where: { category: shoes, size: 42, sale: true } }
  - { name: paid, event: order placed }
probe: node probes/checkout.mjs
guard: { within: 10m, min_persons: 200 }
";

fn told(text: &str) -> String {
    let problem = parse(text, "journeys/checkout.yaml").unwrap_err();
    problem.told()
}

#[test]
fn everything_that_is_documented_is_understood() {
    let checkout = parse(CHECKOUT, "journeys/checkout.yaml").unwrap();
    assert_eq!(checkout.within, Duration::from_hours(24));
    assert_eq!(checkout.order, Order::Ordered);
    assert_eq!(checkout.steps[0].conditions["size"], Scalar::Whole(42));
    assert_eq!(checkout.guard.as_ref().unwrap().min_seconds, 300);
    let stored = serde_json::to_string(&checkout).unwrap();
    assert_eq!(serde_json::from_str::<Definition>(&stored).unwrap(), checkout, "it is stored as JSON and read again");
}

#[test]
fn json_is_yaml() {
    let text = r#"{"journey": "j", "within": "30m", "order": "any", "steps": [{"name": "a", "event": "a"}]}"#;
    assert_eq!(parse(text, "j.yaml").unwrap().order, Order::Any);
}

#[test]
fn mistakes_get_their_place_and_a_hint() {
    let cases = [
        ("domain: sales", "domian: sales", "3:1: unknown key \"domian\"; did you mean \"domain\"?"),
        (
            "within: 24h",
            "within: 24 hours",
            "4:9: \"24 hours\" is not a duration; a duration is a number and s, m, h or d, for example 30m or 24h",
        ),
        ("within: 24h", "within: 0s", "4:9: \"0s\" is out of bounds; from a millisecond to 366d"),
        (
            "within: 24h\n",
            "",
            "9:1: \"within\" is missing; the time from the first step to the last, for example `within: 24h`",
        ),
        ("order: ordered", "order: orderd", "5:8: \"orderd\" is not known here; did you mean \"ordered\"?"),
        ("event: order placed", "evnet: order placed", "8:19: unknown key \"evnet\"; did you mean \"event\"?"),
        (
            "journey: checkout",
            "journey: Check Out",
            "2:10: \"Check Out\" cannot be a name; a name has lower-case letters, digits and -, begins with a letter or digit and is at most 60 long",
        ),
        (
            "journey: checkout",
            "journey: suggestions",
            "2:10: a journey cannot be named \"suggestions\"; that page shows ways without a journey",
        ),
    ];
    for (right, wrong, expected) in cases {
        let text = CHECKOUT.replacen(right, wrong, 1);
        assert_eq!(told(&text), format!("journeys/checkout.yaml:{expected}"), "{wrong}");
    }
}

#[test]
fn a_condition_is_a_plain_value() {
    let text = CHECKOUT.replace("category: shoes", "category: [shoes]");
    let told = told(&text);
    assert!(
        told.starts_with("journeys/checkout.yaml:7:") && told.contains("a text, a number, true, false or null"),
        "{told}"
    );
}

#[test]
fn steps_are_bounded() {
    let step = "{ name: a, event: a }";
    let with = |steps: usize| format!("{{ journey: j, within: 1h, steps: [{}] }}", vec![step; steps].join(", "));
    assert!(parse(&with(20), "j.yaml").is_ok());
    assert!(told(&with(21)).contains("there are 21 steps; a journey has at most 20"));
    assert!(told(&with(0)).contains("there are no steps"));
}

#[test]
fn the_schema_names_every_key() {
    let schema = schema().to_string();
    for key in ["journey", "domain", "within", "order", "steps", "where", "probe", "guard", "min_persons"] {
        assert!(schema.contains(&format!("\"{key}\"")), "{key}");
    }
}
