//! Red before green.

use delivery::verify::{Proof, RedGreen, StepState};

use super::harness::{Harness, Ran};

const NODE: &str = "
product: shop
checks:
  - { name: unit, run: 'mkdir -p reports && node --test --test-reporter=junit --test-reporter-destination=reports/unit.xml test/', tests: ['test/**'], junit: 'reports/*.xml' }
";
const PYTHON: &str = "{ product: pets, checks: [{ name: unit, run: python3 -m unittest, tests: ['test_*.py'] }] }";

const NODE_TEST: &str = "const { test } = require('node:test'); const assert = require('node:assert'); const cart = require('../cart.js');\n";

fn node(total: &str, tests: &[(&str, &str)]) -> (String, String) {
    let tests: Vec<_> = tests.iter().map(|(name, body)| format!("test('{name}', () => {body});\n")).collect();
    let tests = tests.concat();
    (format!("exports.total = {total};\n"), format!("{NODE_TEST}{tests}"))
}

fn python(code: &str, test: &str) -> (String, String) {
    (
        code.to_owned(),
        format!("import unittest, app\nclass Greeting(unittest.TestCase):\n    def test_it(self): {test}\n"),
    )
}

/// Commits the pairs of (source, test) one after the other and verifies the last.
async fn last_of(configuration: &str, names: (&str, &str), versions: &[(String, String)]) -> Ran {
    let harness = Harness::new(configuration);
    for (source, test) in versions {
        harness.repository.write(names.0, source);
        harness.repository.write(names.1, test);
        harness.repository.commit("a version");
    }
    harness.verify().await
}

async fn node_answer(versions: &[(String, String)]) -> RedGreen {
    let ran = last_of(NODE, ("cart.js", "test/cart.test.js"), versions).await;
    ran.assert_passed();
    ran.verified.red_green
}

async fn python_answer(versions: &[(String, String)]) -> RedGreen {
    let ran = last_of(PYTHON, ("app.py", "test_app.py"), versions).await;
    ran.assert_passed();
    ran.verified.red_green
}

const OLD: (&str, &str) = ("keeps prices", "assert.equal(cart.total([1]), 1)");
const NEW: (&str, &str) = ("adds tax", "assert.equal(cart.total([1], 2), 3)");

#[tokio::test]
async fn a_test_that_fails_on_the_parent_is_proof_and_named() {
    let before = node("([price]) => price", &[OLD]);
    let after = node("([price], tax = 0) => price + tax", &[OLD, NEW]);
    let answer = node_answer(&[before, after]).await;
    assert_eq!((answer.state, answer.tests), (Proof::Proved, vec!["adds tax".to_owned()]), "{:?}", answer.reason);
}

#[tokio::test]
async fn a_test_that_passes_on_the_parent_proves_nothing() {
    let before = node("([price]) => price", &[OLD]);
    let after = node("([price]) => price * 1", &[OLD, ("still keeps them", OLD.1)]);
    assert_eq!(node_answer(&[before, after]).await.state, Proof::NotProved);
}

#[tokio::test]
async fn tests_that_cannot_even_be_loaded_there_are_no_build() {
    let before = node("([price]) => price", &[OLD]);
    let (source, test) = node("([price]) => price", &[OLD, NEW]);
    let harness = Harness::new(NODE);
    harness.repository.write("cart.js", &before.0);
    harness.repository.write("test/cart.test.js", &before.1);
    harness.repository.commit("before");
    harness.repository.write("cart.js", &source);
    harness.repository.write("tax.js", "exports.rate = 2;\n");
    harness.repository.write("test/cart.test.js", &test.replace("cart.total([1], 2)", "1 + require('../tax.js').rate"));
    harness.repository.write(
        "test/tax.test.js",
        "const { test } = require('node:test'); const tax = require('../tax.js'); test('rate', () => tax.rate);\n",
    );
    harness.repository.commit("after");
    let ran = harness.verify().await;
    ran.assert_passed();
    // One new case fails there by itself; the other file cannot be loaded.
    assert_eq!(ran.verified.red_green.state, Proof::Proved, "{:?}", ran.verified.red_green);

    let alone = Harness::new(NODE);
    alone.repository.write("test/old.test.js", "require('node:test').test('old', () => {});\n");
    alone.repository.commit("before");
    alone.repository.write("tax.js", "exports.rate = 2;\n");
    alone.repository.write(
        "test/tax.test.js",
        "const { test } = require('node:test'); const tax = require('../tax.js'); test('rate', () => tax.rate);\n",
    );
    alone.repository.commit("after");
    let ran = alone.verify().await;
    ran.assert_passed();
    assert_eq!(ran.verified.red_green.state, Proof::ProvedNoBuild, "{:?}", ran.verified.red_green);
    assert_eq!(ran.verified.red_green.tests, ["rate"]);
}

#[tokio::test]
async fn without_reports_exit_codes_are_compared() {
    let first = python("def hello(): return 1\n", "self.assertEqual(app.hello(), 1)");
    let changed = python("def hello(): return 2\n", "self.assertEqual(app.hello(), 2)");
    let answer = python_answer(&[first.clone(), changed]).await;
    assert_eq!((answer.state, answer.tests), (Proof::Proved, vec!["test_app.py".to_owned()]));

    let imports = (
        "def bye(): return 1\n".to_owned(),
        "import unittest\nfrom app import bye\nclass T(unittest.TestCase):\n    def test_it(self): bye()\n".to_owned(),
    );
    assert_eq!(python_answer(&[first.clone(), imports]).await.state, Proof::ProvedNoBuild);

    let (source, test) = first.clone();
    let same = (source + "# changed\n", test + "    def test_more(self): pass\n");
    assert_eq!(python_answer(&[first, same]).await.state, Proof::NotProved);
}

#[tokio::test]
async fn a_parent_that_fails_by_itself_proves_nothing() {
    let broken = python("def hello(): return 0\n", "self.assertEqual(app.hello(), 1)");
    let mended = python("def hello(): return 1\n", "self.assertEqual(app.hello(), 1) # now");
    let answer = python_answer(&[broken, mended]).await;
    assert_eq!(answer.state, Proof::Unknown);
    assert!(answer.reason.unwrap().contains("does not pass on the parent by itself"));
}

#[tokio::test]
async fn a_change_without_tests_and_a_first_commit_say_so() {
    let first = python("def hello(): return 1\n", "self.assertEqual(app.hello(), 1)");
    let ran = last_of(PYTHON, ("app.py", "test_app.py"), std::slice::from_ref(&first)).await;
    assert_eq!(ran.verified.red_green.state, Proof::Unknown);
    assert!(ran.verified.red_green.reason.as_ref().unwrap().contains("first commit"));
    let only_code = ("def hello(): return 1 # same\n".to_owned(), first.1.clone());
    let ran = last_of(PYTHON, ("app.py", "test_app.py"), &[first, only_code]).await;
    assert_eq!(ran.verified.red_green.state, Proof::NoTests);
    assert_eq!(ran.state("red-green-unit"), StepState::Skipped);
}

#[tokio::test]
async fn tests_inside_source_files_are_unknown() {
    let harness = Harness::new("{ product: shop, checks: [{ name: unit, run: 'true', tests: ['tests/**'] }] }");
    harness.repository.write("src/lib.rs", "pub fn f() {}\n");
    harness.repository.commit("before");
    harness.repository.write("src/lib.rs", "pub fn f() {}\n#[cfg(test)]\nmod tests { #[test]\n fn f() {} }\n");
    harness.repository.commit("after");
    let answer = harness.verify().await.verified.red_green;
    assert_eq!(answer.state, Proof::Unknown);
    assert!(answer.reason.unwrap().contains("inside source files"));
}

#[tokio::test]
async fn a_check_that_fails_here_has_no_proof() {
    let first = python("def hello(): return 1\n", "self.assertEqual(app.hello(), 1)");
    let wrong = python("def hello(): return 1\n", "self.assertEqual(app.hello(), 2)");
    let ran = last_of(PYTHON, ("app.py", "test_app.py"), &[first, wrong]).await;
    assert!(!ran.verified.passed);
    assert_eq!(ran.verified.red_green.state, Proof::Unknown);
}
