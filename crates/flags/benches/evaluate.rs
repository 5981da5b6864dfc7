//! One evaluation of the reference flag, beside the same decision written by hand (the floor).
//!
//! Five rules (suffix, set of twenty and equality, version, number, segment of a hundred keys) and a split in halves, over
//! contexts of six attributes of which none matches: every rule runs. Bound: 300 ns.

use std::collections::{BTreeMap, HashSet};
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use flags::model::{Context, FlagSet, Ruleset, Segment, parse};
use serde_json::{Value, json};

const CONTEXTS: usize = 1_024;

fn countries() -> Vec<String> {
    (0..20).map(|n| format!("C{n}")).collect()
}

fn accounts() -> Vec<String> {
    (0..100).map(|n| format!("account-{n}")).collect()
}

fn context(n: usize) -> Value {
    json!({
        "targetingKey": format!("user-{n}"), "email": format!("user-{n}@example.org"), "country": format!("D{}", n % 30),
        "plan": "free", "appVersion": format!("3.{}.{}", n % 20, n % 7), "age": 18 + n % 40, "accountId": format!("acc-{n}"),
    })
}

fn ruleset() -> Ruleset {
    let var = |name: &str| json!({ "var": name });
    let flags = json!({ "flags": { "checkout-v2": {
        "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
        "targeting": { "if": [
            { "ends_with": [var("email"), "@corp.example"] }, "on",
            { "and": [{ "in": [var("country"), countries()] }, { "==": [var("plan"), "enterprise"] }] }, "on",
            { "sem_ver": [var("appVersion"), "<", "2.0.0"] }, "off",
            { ">=": [var("age"), 65] }, "on",
            { "in_segment": ["beta", "accountId"] }, "on",
            { "fractional": [["on", 50], ["off", 50]] },
        ] },
    } } });
    let segment = Segment::parse(&accounts().join("\n"), "segments/beta.txt").expect("a list");
    let mut set = FlagSet { segments: BTreeMap::from([("beta".into(), Arc::new(segment))]), ..FlagSet::default() };
    set.add(parse(&flags.to_string(), "flags.json").expect("a definition"));
    Ruleset::compile(&set).expect("rules")
}

struct Person {
    key: String,
    email: String,
    country: String,
    plan: String,
    version: String,
    age: f64,
    account: String,
}

struct Floor {
    countries: HashSet<String>,
    accounts: HashSet<String>,
    least: semver::Version,
}

impl Floor {
    fn decide(&self, person: &Person) -> bool {
        if person.email.ends_with("@corp.example") {
            return true;
        }
        if self.countries.contains(&person.country) && person.plan == "enterprise" {
            return true;
        }
        if semver::Version::parse(&person.version).is_ok_and(|version| version < self.least) {
            return false;
        }
        if person.age >= 65.0 || self.accounts.contains(&person.account) {
            return true;
        }
        let key = ["checkout-v2".as_bytes(), person.key.as_bytes()].concat();
        murmur3::murmur3_32(&mut key.as_slice(), 0).expect("memory") < u32::MAX / 2
    }
}

fn person(context: &Value) -> Person {
    let text = |name: &str| context[name].as_str().expect("a text").to_owned();
    Person {
        key: text("targetingKey"),
        email: text("email"),
        country: text("country"),
        plan: text("plan"),
        version: text("appVersion"),
        age: context["age"].as_f64().expect("a number"),
        account: text("accountId"),
    }
}

fn benches(criterion: &mut Criterion) {
    let values: Vec<Value> = (0..CONTEXTS).map(context).collect();
    let contexts: Vec<_> = values.iter().map(|value| Context::from_json(value.clone()).expect("an object")).collect();
    let people: Vec<_> = values.iter().map(person).collect();
    let ruleset = ruleset();
    let floor = Floor {
        countries: countries().into_iter().collect(),
        accounts: accounts().into_iter().collect(),
        least: semver::Version::new(2, 0, 0),
    };
    let mut group = criterion.benchmark_group("evaluate");
    let mut next = (0..CONTEXTS).cycle();
    let mut position = || next.next().expect("a cycle has no end");
    group.bench_function("floor, by hand", |bencher| bencher.iter(|| floor.decide(black_box(&people[position()]))));
    group.bench_function("reference flag", |bencher| {
        bencher.iter(|| {
            let answer = ruleset.evaluate(black_box("checkout-v2"), black_box(&contexts[position()]), 1_800_000_000);
            answer.expect("an answer").served.expect("a variant").variant.len()
        });
    });
    let json = values[0].to_string();
    group.bench_function("context from JSON", |bencher| {
        bencher.iter(|| Context::from_slice(black_box(json.as_bytes())));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
