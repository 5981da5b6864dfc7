//! Checks and runs.

use std::time::{Duration, Instant};

use delivery::verify::{StepKind, StepState};
use tokio_util::sync::CancellationToken;

use super::harness::Harness;

const TWO_CHECKS: &str = "
product: shop
checks:
  - { name: unit, run: 'mkdir -p reports && node --test --test-reporter=junit --test-reporter-destination=reports/unit.xml test/', tests: ['test/**'], junit: 'reports/*.xml' }
  - { name: lint, run: 'echo linted' }
services:
  shop: { path: ., build: { run: 'echo built > built.txt', keep: ['*.js', '*.txt'] }, start: node server.js, health: { path: /up, within: 5s }, route: { path: / } }
";

const CART: &str = "exports.total = (prices) => prices.reduce((a, b) => a + b, 0);";

fn cart_test(expected: u32) -> String {
    format!(
        "const {{ test, describe }} = require('node:test'); const assert = require('node:assert');
         const cart = require('../cart.js');
         describe('cart', () => {{
           test('adds up', () => assert.equal(cart.total([1, 2]), {expected}));
           test('is empty', () => assert.equal(cart.total([]), 0));
         }});"
    )
}

fn shop() -> Harness {
    let harness = Harness::new(TWO_CHECKS);
    harness.repository.write("cart.js", CART);
    harness.repository.write("test/cart.test.js", &cart_test(3));
    harness
}

#[tokio::test]
async fn a_good_change_passes_and_is_built() {
    let harness = shop();
    harness.repository.commit("first");
    let ran = harness.verify().await;
    ran.assert_passed();
    assert_eq!(ran.names(StepKind::Prepare), ["prepare"]);
    assert_eq!(ran.names(StepKind::Check), ["unit", "lint"]);
    assert_eq!(ran.names(StepKind::RedGreen), ["red-green-unit"]);
    assert_eq!(ran.names(StepKind::Build), ["build-shop"]);
    let positions: Vec<_> = ran.steps.iter().map(|told| told.queued.position).collect();
    assert_eq!(positions, [0, 1, 2, 3, 4]);
    let cases = ran.step("unit").cases.clone().unwrap();
    assert_eq!((cases.passed, cases.failed), (2, 0));
    assert_eq!(ran.summary("unit"), "2 passed");
    assert!(ran.log("lint").contains("linted"));
    let (service, artifact) = &ran.verified.artifacts[0];
    assert_eq!((service.as_str(), artifact.files), ("shop", 2));
    assert!(!harness.data().join("work/runs/1/tree").exists());
    crate::git::until(|| !harness.data().join("work/runs/1").exists()).await;
}

#[tokio::test]
async fn a_failing_check_is_named_and_the_others_finish() {
    let harness = shop();
    harness.repository.write("test/cart.test.js", &cart_test(4));
    harness.repository.commit("wrong");
    let ran = harness.verify().await;
    assert!(!ran.verified.passed);
    let why = ran.verified.why.as_deref().unwrap();
    assert!(why.starts_with("checks failed: unit (") && why.contains("cart > adds up"), "{why}");
    assert_eq!((ran.state("unit"), ran.state("lint")), (StepState::Failed, StepState::Passed));
    let failures = &ran.step("unit").cases.as_ref().unwrap().failures;
    assert!(
        failures.iter().any(|failure| failure.name == "cart > adds up" && failure.message.contains('4')),
        "{failures:?}"
    );
    assert!(matches!(ran.state("build-shop"), StepState::Cancelled | StepState::Passed));
}

#[tokio::test]
async fn a_build_that_is_slower_than_a_failing_check_is_cancelled() {
    let harness = Harness::new(
        "
product: shop
checks: [{ name: unit, run: 'false' }]
services:
  shop: { path: ., build: { run: 'sleep 60' }, start: node server.js, health: { path: /up, within: 5s }, route: { path: / } }
",
    );
    harness.repository.commit("wrong");
    let began = Instant::now();
    let ran = harness.verify().await;
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(ran.state("build-shop"), StepState::Cancelled);
    assert!(ran.verified.artifacts.is_empty());
}

#[tokio::test]
async fn a_check_that_hangs_is_ended_and_one_that_talks_too_much_is_cut() {
    let harness = Harness::new(
        "
product: shop
checks:
  - { name: hangs, run: 'trap \"\" TERM; sleep 100 & wait; sleep 100', timeout: 1s }
  - { name: talks, run: 'yes very-secret-value | head -c 100000000' }
",
    );
    harness.repository.commit("first");
    let ran = harness.verify().await;
    assert_eq!(ran.state("hangs"), StepState::TimedOut);
    assert!(ran.summary("hangs").contains("did not end within 1 s"), "{}", ran.summary("hangs"));
    assert_eq!(ran.state("talks"), StepState::Passed);
    let talks = ran.step("talks");
    assert!(talks.log_truncated && talks.log_bytes < 20_000_000, "{talks:?}");
    assert!(!ran.log("talks").contains("very-secret"));
}

#[tokio::test]
async fn a_run_can_be_cancelled() {
    let harness = Harness::new(
        "{ product: shop, checks: [{ name: long, run: sleep 100 }, { name: longer, run: sleep 100 }, { name: third, run: sleep 100 }] }",
    );
    harness.repository.commit("first");
    let cancel = CancellationToken::new();
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(700)).await;
        later.cancel();
    });
    let began = Instant::now();
    let ran = harness.verify_until(cancel).await;
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(ran.verified.why.as_deref(), Some("the run was cancelled"));
    for name in ["long", "longer", "third"] {
        assert_eq!(ran.state(name), StepState::Cancelled);
    }
    crate::git::until(|| !harness.data().join("work/runs/1").exists()).await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_fails_the_run_and_says_where() {
    let harness = Harness::new("product: shop\nchekcs: []\n");
    harness.repository.commit("first");
    let ran = harness.verify().await;
    let why = ran.verified.why.unwrap();
    assert!(why.contains("chekcs"), "{why}");
    assert!(ran.verified.config.is_none());
    std::fs::remove_file(harness.repository.path().join("trunkline.yaml")).unwrap();
    harness.repository.commit("without");
    let ran = harness.verify().await;
    assert_eq!(ran.state("prepare"), StepState::Failed);
    assert!(ran.verified.why.unwrap().contains("trunkline init"));
}

#[tokio::test]
async fn a_report_that_cannot_be_read_is_said_and_the_exit_code_decides() {
    let harness = Harness::new(
        "
product: shop
checks:
  - { name: broken, run: 'echo \"<testsuite><testcase\" > r.xml', junit: '*.xml' }
  - { name: stale, run: 'true', junit: 'old/*.xml' }
  - { name: disagrees, run: 'echo \"<testsuite><testcase name=\\\"a\\\"><failure/></testcase></testsuite>\" > r.xml', junit: r.xml }
",
    );
    harness.repository.write("old/report.xml", "<testsuite><testcase name='of yesterday'/></testsuite>");
    harness.repository.commit("first");
    let ran = harness.verify().await;
    ran.assert_passed();
    assert!(ran.summary("broken").contains("r.xml was not used"), "{}", ran.summary("broken"));
    assert_eq!(ran.summary("stale"), "no test report matches old/*.xml");
    assert!(ran.summary("disagrees").contains("although 1 of 1 cases failed: a"), "{}", ran.summary("disagrees"));
}

#[tokio::test]
async fn a_check_sees_neither_our_data_nor_our_environment() {
    let script = "
cat \"$OUTSIDE/admin.token\" && exit 11
ls \"$OUTSIDE\" && exit 12
echo x > \"$OUTSIDE/repositories/shop.git/config\" && exit 13
echo x > \"$HOME/.trunkline-was-here\" && exit 14
test \"$CI\" = true || exit 15
test \"$TRUNKLINE\" = 1 || exit 16
env | grep -i token && exit 17
git log -1 --format=%s | grep first || exit 18
touch \"$TMPDIR/a\" \"$CARGO_HOME/a\" \"$npm_config_cache/a\" ./a || exit 19
exit 0
";
    let harness = Harness::new("{ product: shop, checks: [{ name: hostile, run: sh hostile.sh }] }");
    let script = script.replace("$OUTSIDE", harness.data().to_str().unwrap());
    harness.repository.write("hostile.sh", &script);
    std::fs::write(harness.data().join("admin.token"), "tl_admin_x").unwrap();
    harness.repository.commit("first");
    let ran = harness.verify().await;
    if !is_isolated(&ran.log("hostile")) {
        return;
    }
    ran.assert_passed();
    assert!(!ran.log("hostile").contains("tl_admin_x"));
}

/// A kernel without landlock cannot show it; that is said, and fails where nothing may be left out.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see it")]
fn is_isolated(log: &str) -> bool {
    let is_isolated = exec::isolation::in_force().landlock_abi > 0;
    if !is_isolated {
        assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "this kernel has no landlock");
        eprintln!("skipped: this kernel has no landlock\n{log}");
    }
    is_isolated
}

#[tokio::test]
async fn a_wrong_definition_stops_the_change_with_its_place() {
    let harness = Harness::new("{ product: shop, services: { shop: { start: sh serve.sh } } }");
    harness.repository.write("flags/checkout.yaml", "flags:\n  one-page: wrong\n");
    harness.repository.write("flags/README.md", "what is wrong here is no definition");
    harness.repository.commit("a flag");
    let ran = harness.verify().await;
    assert!(!ran.verified.passed);
    let why = ran.verified.why.clone().unwrap();
    assert!(why.contains("flags/checkout.yaml:2:13") && why.contains("write it right"), "{why}");
    assert_eq!(ran.verified.problems.len(), 1);
    assert_eq!(ran.state("definitions"), StepState::Failed);
    assert!(ran.log("definitions").contains("flags/checkout.yaml:2:13"));
    assert!(ran.verified.artifacts.is_empty(), "nothing is built for it");

    harness.repository.write("flags/checkout.yaml", "flags: {}\n");
    harness.repository.commit("right");
    let ran = harness.verify().await;
    ran.assert_passed();
    assert_eq!(ran.summary("definitions"), "1 file of definitions");
}
