//! What is said of files of events.

use super::*;
use crate::model::parse;

const JOURNEY: &str = "{ journey: j, within: 1h, steps: [{ name: a, event: a }, { name: b, event: b }] }";

fn ask(journey: &str, by: Option<&str>, bad_lines: BadLines, events: &[u8]) -> Result<Answer, Box<Problem>> {
    let definition = parse(journey, "j.yaml").unwrap();
    report(&Question { definition: &definition, entries: Entries::ALL, by, bad_lines }, events, "e.ndjson")
}

fn event(name: &str, person: &str, minute: u32, properties: &str) -> String {
    let timestamp = format!("2026-03-01T10:{minute:02}:00Z");
    format!(
        "{{\"event\":{name:?},\"distinct_id\":{person:?},\"timestamp\":{timestamp:?},\"properties\":{properties}}}\n"
    )
}

#[test]
fn a_report_of_a_file() {
    let events = [
        event("b", "ann", 5, "{}"),
        event("a", "ann", 1, r#"{"plan":"pro"}"#),
        event("a", "ben", 2, r#"{"plan":"free"}"#),
        event("a", "cora", 3, "{}"),
        event("b", "cora", 4, "null"),
        event("a", "verifier:7f", 4, "{}"),
        event("seen", "dan", 30, "{}"),
    ];
    let answer = ask(JOURNEY, Some("plan"), BadLines::Refused, events.concat().as_bytes()).unwrap();
    insta::assert_json_snapshot!(answer.report);
}

#[test]
fn what_is_there_twice_counts_once() {
    let twice = event("a", "ann", 1, "{}");
    let other = event("a", "ann", 1, r#"{"n":1}"#);
    let journey = "{ journey: j, within: 1h, steps: [{ name: a, event: a }, { name: again, event: a }] }";
    let once = ask(journey, None, BadLines::Refused, format!("{twice}{twice}").as_bytes()).unwrap();
    assert_eq!((once.duplicate, once.report.steps[1].persons), (1, 0));
    let both = ask(journey, None, BadLines::Refused, format!("{twice}{other}").as_bytes()).unwrap();
    assert_eq!((both.duplicate, both.report.steps[1].persons), (0, 1));
}

#[test]
fn a_bad_line_is_an_error_with_its_place() {
    let text = format!("{}\n{{\"event\": 7}}\n", event("a", "ann", 1, "{}"));
    let problem = ask(JOURNEY, None, BadLines::Refused, text.as_bytes()).unwrap_err();
    assert!(problem.told().starts_with("e.ndjson:3:1: invalid type: integer `7`, expected"), "{}", problem.told());
    assert!(problem.hint.unwrap().contains("--skip-bad"));
}

#[test]
fn bad_lines_can_be_left_out_and_are_told() {
    let mut text = event("a", "ann", 1, "{}").into_bytes();
    text.extend(b"{\"event\":\"a\"}\n");
    text.extend(b"\xff\xfe\n");
    text.extend(event("a", "ann", 1, "{}").replace("2026", "9999").into_bytes());
    text.extend(event("a", "ann", 1, "[1]").into_bytes());
    text.extend(event("a", "ann", 1, "{\"x\": NaN}").into_bytes());
    text.extend(event("a", &"x".repeat(201), 1, "{}").into_bytes());
    text.extend(vec![b'x'; LINE_BYTES_MAX + 5]);
    text.extend(format!("\n{}", event("b", "ann", 2, "{}")).into_bytes());
    let answer = ask(JOURNEY, None, BadLines::Skipped, &text).unwrap();
    assert_eq!((answer.read, answer.rejected_count, answer.report.steps[1].persons), (9, 7, 1));
    let told: Vec<String> = answer.rejected.iter().map(|line| format!("{}: {}", line.line, line.reason)).collect();
    insta::assert_json_snapshot!(told);
}

#[test]
fn deep_json_is_bounded() {
    for properties in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let answer =
            ask(JOURNEY, None, BadLines::Skipped, event("a", "ann", 1, &format!("{{\"x\":{properties}")).as_bytes());
        assert_eq!(answer.unwrap().rejected_count, 1);
    }
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let journey = JOURNEY.replace("event: a }", "event: a, where: { y: null } }");
    let answer = ask(&journey, None, BadLines::Skipped, event("a", "ann", 1, &deep).as_bytes()).unwrap();
    assert_eq!(answer.report.steps[0].persons + answer.rejected_count, 1);
}

#[test]
fn no_events_are_a_report_too() {
    let answer = ask(JOURNEY, Some("plan"), BadLines::Refused, b"").unwrap();
    assert_eq!(answer.report.sentence, "Nobody entered this journey in this time.");
    assert_eq!(answer.report.steps[1].from_previous, None);
}
