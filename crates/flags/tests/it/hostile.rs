//! Files and contexts that want to break us are refused with a reason, and bounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use flags::model::{Context, ContextError, ErrorCode, FlagSet, Ruleset, Segment, parse, read};
use serde_json::{Value, json};

fn told(text: &str) -> Vec<String> {
    let problems = parse(text, "flags/shop.yaml").expect_err("this is wrong");
    problems.iter().map(kernel::Problem::told).collect()
}

fn compiled(flags: &Value) -> (Ruleset, Vec<String>) {
    let (file, problems) = read(&flags.to_string(), "flags.json");
    let mut set = FlagSet::default();
    let mut all = problems;
    all.extend(set.add(file));
    let (ruleset, more) = Ruleset::lenient(&set);
    all.extend(more);
    (ruleset, all.iter().map(kernel::Problem::told).collect())
}

#[test]
fn a_deep_file_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"!\":", "}")] {
        let text = format!("{{\"flags\": {}1{}}}", open.repeat(10_000), close.repeat(10_000));
        let told = told(&text).join("\n");
        assert!(told.contains("too deep") && told.contains("flags/shop.yaml:1:"), "{told}");
    }
}

#[test]
fn a_deep_context_is_refused() {
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(Context::from_slice(deep.as_bytes()).unwrap_err(), ContextError::NotJson);
    assert_eq!(Context::from_slice(b"[]").unwrap_err(), ContextError::NotAnObject);
    assert_eq!(Context::from_slice(b"{\"a\": \"\xff\"}").unwrap_err(), ContextError::NotJson);
    assert_eq!(Context::from_slice(&vec![b' '; 1 << 20]).unwrap_err(), ContextError::TooLarge);
}

#[test]
fn evaluators_that_double_are_refused() {
    let mut evaluators = serde_json::Map::new();
    evaluators.insert("e0".into(), json!({ "!": [true] }));
    for n in 1..60 {
        let before = json!({ "$ref": format!("e{}", n - 1) });
        evaluators.insert(format!("e{n}"), json!({ "or": [{ "var": "x" }, before, before] }));
    }
    let flag = json!({ "state": "ENABLED", "variants": { "true": true }, "targeting": { "$ref": "e59" } });
    let (_, told) = compiled(&json!({ "flags": { "f": flag }, "$evaluators": evaluators }));
    assert!(told.iter().any(|told| told.contains("too large or too deep")), "{told:?}");
}

#[test]
fn an_evaluator_in_itself_is_refused() {
    let flag = json!({ "state": "ENABLED", "variants": { "a": "A" }, "targeting": { "$ref": "x" } });
    let (_, told) = compiled(&json!({ "flags": { "f": flag }, "$evaluators": {
        "x": { "!": [{ "$ref": "y" }] }, "y": { "!": [{ "$ref": "x" }] },
    } }));
    assert!(told.iter().any(|told| told.contains("refers to itself: x > y > x")), "{told:?}");
}

#[test]
fn a_rule_that_takes_too_long_is_an_error() {
    let list: Vec<_> = (0..5_000).collect();
    let inner = json!({ "some": [{ "var": "list" }, { "<": [{ "var": "" }, 0] }] });
    let rule = json!({ "some": [{ "var": "list" }, { "some": [{ "map": [{ "var": "../../list" }, { "var": "" }] }, inner] }] });
    let (ruleset, told) = compiled(&json!({ "flags": { "f": {
        "state": "ENABLED", "variants": { "true": true, "false": false }, "targeting": rule,
    } } }));
    assert!(told.is_empty(), "{told:?}");
    let context = Context::from_json(json!({ "list": list })).unwrap();
    assert_eq!(ruleset.evaluate("f", &context, 0).unwrap_err().code, ErrorCode::General);
}

#[test]
fn a_wrong_flag_is_told_with_its_place_and_stops_no_other() {
    let text = "\
flags:
  checkout:
    state: ENABLED
    variants: { control: a, teal: b }
    defaultVariant: blue
    targeting: { if: [{ starts_wth: [{ var: email }, ann] }, teal] }
  broken:
    state: ENABLD
    variants: { on: true }
  fine:
    state: ENABLED
    varants: {}
    variants: { on: true }
    defaultVariant: on
    metadata: { owner: shop, expires: tomorrow, unit: browser }
";
    let (file, problems) = read(text, "flags/shop.yaml");
    let told: Vec<_> = problems.iter().map(kernel::Problem::told).collect();
    assert_eq!(
        told,
        [
            "flags/shop.yaml:5:21: variant \"blue\" is not defined; defined variants are \"control\", \"teal\"",
            "flags/shop.yaml:6:25: operator \"starts_wth\" is not known; did you mean \"starts_with\"?",
            "flags/shop.yaml:8:12: \"ENABLD\" is no state of a flag; write state: ENABLED or state: DISABLED",
            "flags/shop.yaml:12:5: unknown key \"varants\"; did you mean \"variants\"?",
            "flags/shop.yaml:15:39: \"tomorrow\" is not a day; for example 2027-03-31",
            "flags/shop.yaml:15:55: \"browser\" is no unit of a flag; known here: visitor, user",
        ]
    );
    let mut set = FlagSet::default();
    set.add(file);
    let (ruleset, _) = Ruleset::lenient(&set);
    let context = Context::default();
    assert_eq!(ruleset.evaluate("fine", &context, 0).unwrap().served.unwrap().variant, "on");
    for wrong in ["checkout", "broken"] {
        assert_eq!(ruleset.evaluate(wrong, &context, 0).unwrap_err().code, ErrorCode::ParseError);
    }
    assert_eq!(ruleset.evaluate("other", &context, 0).unwrap_err().code, ErrorCode::FlagNotFound);
}

#[test]
fn on_and_off_are_names_in_yaml() {
    let text = "flags: { a: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: off } }";
    let definition = parse(text, "flags/a.yaml").unwrap().definitions.remove(0);
    assert_eq!(definition.default_variant.as_deref(), Some("off"));
}

#[test]
fn a_key_that_two_files_define_is_told_with_both_places() {
    let text = "flags: { a: { state: ENABLED, variants: { on: true } } }";
    let mut set = FlagSet::default();
    assert!(set.add(parse(text, "flags/one.yaml").unwrap()).is_empty());
    let told = set.add(parse(text, "flags/two.yaml").unwrap());
    assert_eq!(
        told[0].told(),
        "flags/two.yaml:1:10: flag \"a\" is defined twice; the first is at flags/one.yaml:1:10; keep one"
    );
}

#[test]
fn a_segment_is_a_list_of_keys() {
    let segment = Segment::parse("# beta\nann\n  ben \n\n#dan\n", "segments/beta.txt").unwrap();
    let mut set = FlagSet { segments: BTreeMap::from([("beta".into(), Arc::new(segment))]), ..FlagSet::default() };
    let flags = json!({ "flags": {
        "by-key": { "state": "ENABLED", "variants": { "true": 1, "false": 0 }, "targeting": { "in_segment": "beta" } },
        "by-account": { "state": "ENABLED", "variants": { "true": 1, "false": 0 }, "targeting": { "in_segment": ["beta", "org.account"] } },
        "unknown": { "state": "ENABLED", "variants": { "true": 1 }, "targeting": { "in_segment": ["alpha"] } },
    } });
    assert!(set.add(parse(&flags.to_string(), "flags.json").unwrap()).is_empty());
    let (ruleset, problems) = Ruleset::lenient(&set);
    assert!(problems[0].told().contains("segment \"alpha\" is not defined; write segments/alpha.txt"), "{problems:?}");
    let variant = |key: &str, context: Value| {
        let context = Context::from_json(context).unwrap();
        ruleset.evaluate(key, &context, 0).unwrap().served.unwrap().variant.to_owned()
    };
    assert_eq!(variant("by-key", json!({ "targetingKey": "ben" })), "true");
    assert_eq!(variant("by-key", json!({ "targetingKey": "dan" })), "false");
    assert_eq!(variant("by-key", json!({})), "false");
    assert_eq!(variant("by-account", json!({ "org": { "account": "ann" } })), "true");
}
