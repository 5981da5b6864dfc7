use super::*;

fn names(text: &str) -> Vec<(String, CaseState)> {
    parse(text).unwrap().into_iter().map(|case| (case.name, case.state)).collect()
}

#[test]
fn node_nests_suites() {
    let text = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testsuite name="checkout" time="0.1" tests="2" failures="1">
    <testcase name="adds up" time="0.01" classname="test" file="/src/test/a.test.js"/>
    <testsuite name="with a voucher">
      <testcase name="takes 10 % off" classname="test">
        <failure type="testCodeFailure" message="Expected 9 &amp; got 10">
[Error: Expected &lt;9&gt;]
        </failure>
      </testcase>
    </testsuite>
  </testsuite>
  <testcase name="alone" classname="test"><skipped type="todo" message="x"/></testcase>
  <!-- tests 3 -->
</testsuites>"#;
    let cases = parse(text).unwrap();
    assert_eq!(cases[0].name, "checkout > adds up");
    assert_eq!(cases[0].file.as_deref(), Some("/src/test/a.test.js"));
    assert_eq!(
        (cases[1].name.as_str(), cases[1].state),
        ("checkout > with a voucher > takes 10 % off", CaseState::Failed)
    );
    assert_eq!(cases[1].message, "Expected 9 & got 10\n[Error: Expected <9>]");
    assert_eq!((cases[2].name.as_str(), cases[2].state), ("alone", CaseState::Skipped));
}

#[test]
fn pytest_names_classes() {
    let text = r#"<testsuites><testsuite name="pytest" errors="1">
        <testcase classname="tests.test_app.Greeting" name="test_hello" time="0.001"/>
        <testcase classname="" name="tests.test_new"><error message="collection failure">E   ImportError</error></testcase>
    </testsuite></testsuites>"#;
    let expected = [("tests.test_app.Greeting > test_hello", CaseState::Passed), ("tests.test_new", CaseState::Failed)];
    assert_eq!(names(text), expected.map(|(name, state)| (name.to_owned(), state)));
}

#[test]
fn nextest_and_surefire_say_their_suite_twice() {
    let text = r#"<testsuites name="nextest-run"><testsuite name="shop::it">
        <testcase name="cart::adds" classname="shop::it"><flakyFailure message="once"/><system-out>x</system-out></testcase>
    </testsuite></testsuites>"#;
    assert_eq!(names(text), [("shop::it > cart::adds".to_owned(), CaseState::Passed)]);
    let lone = r#"<testsuite name="org.shop.CartTest"><testcase name="adds" classname="org.shop.CartTest"><error/></testcase></testsuite>"#;
    assert_eq!(names(lone), [("org.shop.CartTest > adds".to_owned(), CaseState::Failed)]);
}

#[test]
fn what_is_no_report_is_said() {
    assert!(matches!(parse("<html></html>"), Err(Malformed::NoSuite)));
    assert!(matches!(parse("<testsuite><testcase name='a'/>"), Err(Malformed::Cut)));
    assert!(matches!(parse("<testsuite></wrong>"), Err(Malformed::Xml { .. })));
    assert!(matches!(parse(""), Err(Malformed::NoSuite)));
    assert!(matches!(parse(&"<testsuite>".repeat(100)), Err(Malformed::Deep)));
    assert_eq!(parse("<testsuites/>").unwrap(), []);
}

#[test]
fn a_bomb_of_entities_is_not_expanded() {
    let text = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
        <testsuite><testcase name="t"><failure message="m">&b;</failure></testcase></testsuite>"#;
    assert_eq!(parse(text).unwrap()[0].message, "m");
}

#[test]
fn long_messages_are_cut() {
    let text =
        format!("<testsuite><testcase name='t'><failure>{}</failure></testcase></testsuite>", "é".repeat(10_000));
    assert_eq!(parse(&text).unwrap()[0].message.chars().count(), MESSAGE_CHARS_MAX + 1);
}
