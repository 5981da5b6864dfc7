//! What is told about a wrong `trunkline.yaml`.

use super::*;

fn told(text: &str) -> String {
    let problem = *parse(text, "trunkline.yaml").unwrap_err();
    let number = |n: Option<u32>| n.map_or("?".into(), |n| n.to_string());
    let place =
        format!("{}:{}:{}", problem.file.as_deref().unwrap_or("?"), number(problem.line), number(problem.column));
    let hint = problem.hint.map_or(String::new(), |hint| format!(" | {hint}"));
    format!("{place}: {}{hint}", problem.message)
}

const SHOP: &str = "
product: shop
trunk: main
checks:
  - { name: unit, run: npm test, tests: [\"test/**\"], junit: \"reports/*.xml\", timeout: 10m }
services:
  shop:
    path: .
    build: { run: npm ci --omit=dev, keep: [\"**\"] }
    migrate: node migrate.js
    start: node server.js
    health: { path: /up, within: 30s }
    env: { NODE_ENV: production, WORKERS: 2, DEBUG: false }
    secrets: [STRIPE_KEY]
    route: { path: / }
    sticky: { header: X-Device }
    person: { cookie: uid }
rollout: { canary: [0.5, 25, 100], step_seconds: 60, step_persons: 200, on_rollback: hold }
infrastructure: { dir: infra }
isolation: strict
";

#[test]
fn everything_that_is_documented_is_understood() {
    let product = parse(SHOP, "trunkline.yaml").unwrap();
    let shop = &product.services["shop"];
    assert_eq!(shop.env["WORKERS"], "2");
    assert_eq!(shop.env["DEBUG"], "false");
    assert_eq!(product.rollout.canary[0].basis_points(), 50);
    assert_eq!(shop.person, Some(crate::config::Person::Cookie("uid".into())));
    let stored = serde_json::to_string(&product).unwrap();
    assert_eq!(serde_json::from_str::<Product>(&stored).unwrap(), product, "it is stored as JSON and read again");
}

#[test]
fn little_is_needed() {
    let product = parse("{ product: shop, services: { shop: { start: ./shop } } }", "trunkline.yaml").unwrap();
    assert_eq!(product.services["shop"].health.path, "/");
    assert!(product.checks.is_empty());
}

#[test]
fn a_typo_gets_its_place_and_a_suggestion() {
    let text = SHOP.replace("    migrate:", "    migate:");
    assert_eq!(told(&text), "trunkline.yaml:10:5: unknown key \"migate\" | did you mean \"migrate\"?");
}

#[test]
fn values_are_checked_where_they_stand() {
    let cases = [
        ("timeout: 10m", "timeout: 10 minutes", "trunkline.yaml:5:87: \"10 minutes\" is not a duration"),
        ("product: shop", "product: My Shop", "trunkline.yaml:2:10: \"My Shop\" cannot be a name"),
        ("path: .", "path: ../other", "trunkline.yaml:8:11: \"../other\" leaves the repository"),
        ("STRIPE_KEY", "PORT", "trunkline.yaml:14:15: PORT is set by Trunkline"),
        (
            "isolation: strict",
            "isolation: stric",
            "trunkline.yaml:20:12: \"stric\" is not known here | did you mean \"strict\"?",
        ),
    ];
    for (right, wrong, expected) in cases {
        let told = told(&SHOP.replacen(right, wrong, 1));
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn parts_must_agree() {
    let twice = "product: shop\nchecks:\n  - { name: unit, run: a }\n  - { name: unit, run: b }\n";
    assert_eq!(told(twice), "trunkline.yaml:4:13: two checks are called \"unit\" | give each its own name");
    let same = "product: shop\nservices:\n  a: { start: a }\n  b: { start: b }\n";
    assert!(told(same).contains("services \"a\" and \"b\" have the same route /"), "{}", told(same));
}

#[test]
fn what_is_no_yaml_at_all_is_said_with_its_place() {
    assert!(
        told("product: shop\nchecks: [}").starts_with("trunkline.yaml:2:"),
        "{}",
        told("product: shop\nchecks: [}")
    );
    assert!(told("").contains("missing") || told("").contains("expected"), "{}", told(""));
}
