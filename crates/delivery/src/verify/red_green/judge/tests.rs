use super::*;
use CaseState::{Failed, Passed, Skipped};

fn report(cases: &[(&str, &str, CaseState)]) -> Report {
    let case = |(class, name, state): &(&str, &str, CaseState)| Case {
        name: (*name).to_owned(),
        class: Some((*class).to_owned()),
        file: None,
        state: *state,
        message: String::new(),
    };
    Report { cases: cases.iter().map(case).collect(), warnings: vec![] }
}

fn verdict(here: &Report, there: &Report, has_passed_there: bool, log: &str) -> Verdict {
    let files = [PathBuf::from("tests/test_cart.py")];
    judge(&Evidence { files: &files, here, there, has_passed_there, log })
}

const CART: &str = "tests.test_cart";
const OTHER: &str = "tests.test_other";

#[test]
fn a_new_case_that_fails_there_is_proof() {
    let here = report(&[(CART, "old", Passed), (CART, "new", Passed), (OTHER, "x", Passed)]);
    let there = report(&[(CART, "old", Passed), (CART, "new", Failed), (OTHER, "x", Failed)]);
    let proved = RedGreen::new(Proof::Proved, vec!["new".into()], None);
    assert_eq!(verdict(&here, &there, false, ""), Verdict::Decided(proved));
}

#[test]
fn cases_that_pass_there_too_prove_nothing() {
    let here = report(&[(CART, "new", Passed), (CART, "later", Skipped)]);
    let not = RedGreen::new(Proof::NotProved, vec!["new".into()], None);
    assert_eq!(verdict(&here, &here, true, ""), Verdict::Decided(not));
}

#[test]
fn another_test_that_fails_there_proves_nothing() {
    let here = report(&[(CART, "new", Passed), (OTHER, "x", Passed)]);
    let there = report(&[(CART, "new", Passed), (OTHER, "x", Failed)]);
    let not = RedGreen::new(Proof::NotProved, vec!["new".into()], None);
    assert_eq!(verdict(&here, &there, false, ""), Verdict::Decided(not));
}

#[test]
fn cases_that_could_not_run_there_are_no_build() {
    let here = report(&[(CART, "new", Passed), (OTHER, "x", Passed)]);
    let no_build = || RedGreen::new(Proof::ProvedNoBuild, vec!["new".into()], None);
    let some = report(&[("", "tests.test_cart", Failed), (OTHER, "x", Passed)]);
    assert_eq!(verdict(&here, &some, false, ""), Verdict::Decided(no_build()));
    // Nothing ran at all: it may be the parent, or the weather.
    assert_eq!(verdict(&here, &Report::default(), false, ""), Verdict::IfParentPasses(no_build()));
}

#[test]
fn without_a_report_the_exit_code_is_compared() {
    let none = Report::default();
    let with = |state| RedGreen::new(state, vec!["tests/test_cart.py".into()], None);
    assert_eq!(verdict(&none, &none, true, ""), Verdict::Decided(with(Proof::NotProved)));
    assert_eq!(verdict(&none, &none, false, "FAIL: new"), Verdict::IfParentPasses(with(Proof::Proved)));
    let log = "ImportError: cannot import name 'discount'";
    assert_eq!(verdict(&none, &none, false, log), Verdict::IfParentPasses(with(Proof::ProvedNoBuild)));
}

#[test]
fn a_report_that_names_no_files_needs_the_bare_parent() {
    let here = report(&[("suite", "new", Passed), ("suite", "shaky", Passed)]);
    let there = report(&[("suite", "new", Failed), ("suite", "shaky", Failed)]);
    let Verdict::IfParentPasses(claim) = verdict(&here, &there, false, "") else { panic!("decided too early") };
    assert_eq!(with_control(claim.clone(), true, &Report::default()).tests, ["new", "shaky"]);
    let control = report(&[("suite", "shaky", Failed)]);
    assert_eq!(with_control(claim.clone(), false, &control).tests, ["new"]);
    assert_eq!(with_control(claim, false, &Report::default()).state, Proof::Unknown);
}

#[test]
fn classes_lead_to_files() {
    let stands = |class: &str, file: &str| class_stands_in(class, Path::new(file));
    assert!(stands("tests.test_app.Greeting", "tests/test_app.py"));
    assert!(stands("test_app.Greeting", "test_app.py"));
    assert!(stands("org.shop.CartTest", "src/test/java/org/shop/CartTest.java"));
    assert!(stands("shop::it", "crates/shop/tests/it/cart.rs"));
    assert!(!stands("tests.test_application", "tests/test_app.py"));
    assert!(!stands("test", "test/cart.test.js"));
    assert!(!stands("shop", "src/shop.rs"));
}
