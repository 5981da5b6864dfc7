//! JsonLogic at its edges: what `@openfeature/flagd-core` 4.0.1 answers (recorded; `shared/checks/flags_generate.mjs` compares
//! at random).

use flags::model::{Context, FlagSet, Ruleset, read};
use serde_json::{Value, json};

/// The variant that a rule gives, `-` for none, `!` for an error.
fn gives(rule: &Value, context: Value) -> String {
    let flag = json!({
        "state": "ENABLED",
        "variants": { "true": 1, "false": 0, "a": 2, "b": 3, "0": 4, "1": 5, "6": 6, "anull": 7, "a-1": 8, "f": 9 },
        "targeting": rule,
    });
    let (file, _) = read(&json!({ "flags": { "f": flag } }).to_string(), "flags.json");
    let mut set = FlagSet::default();
    set.add(file);
    let (ruleset, _) = Ruleset::lenient(&set);
    let context = Context::from_json(context).unwrap();
    match ruleset.evaluate("f", &context, 1_800_000_000) {
        Ok(evaluation) => evaluation.served.map_or("-".into(), |served| served.variant.to_owned()),
        Err(_) => "!".into(),
    }
}

#[test]
fn rules_answer_as_the_reference_does() {
    let context = json!({
        "n": 18, "s": "18", "zero": 0, "no": null, "yes": true, "empty": "", "list": ["a", "b"], "none": [], "nums": [1, 2, 3],
        "o": { "p": "a", "q": { "r": "b" } }, "word": "abc", "v": "1.2", "mail": "ann@example.org",
    });
    let cases = include_str!("jsonlogic.txt");
    let mut count = 0;
    for line in cases.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (expected, rule) = line.split_once(' ').unwrap();
        assert_eq!(gives(&serde_json::from_str(rule).unwrap(), context.clone()), expected, "{rule}");
        count += 1;
    }
    assert!(count > 60);
}
