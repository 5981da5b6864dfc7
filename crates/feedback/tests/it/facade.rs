//! What was said, joined to what its person saw and did.

use feedback::{Extent, Given, Query, Scope, check};
use kernel::Kind;
use serde_json::json;

use crate::bed::{Bed, SURVEY, files};

fn query(search: &str) -> Query {
    Query::default().search(search).unwrap()
}

/// ann had the gift wrap, saw a product, paid and was asked; ben had it not, and wrote.
async fn told() -> Vec<Bed> {
    let beds = Bed::all().await;
    for bed in &beds {
        bed.ask(SURVEY).await;
        bed.expose("ann", "on");
        bed.expose("ben", "off");
        bed.capture("product viewed", "ann", &json!({})).await;
        bed.capture("order placed", "ann", &json!({ "method": "card" })).await;
        bed.capture("survey shown", "ann", &json!({ "$survey_id": "after-checkout" })).await;
        let answer = json!({ "$survey_id": "after-checkout", "$survey_response_ease": 4, "$survey_response_why": "The Street twice.",
            "$current_url": "http://shop/thanks", "$survey_submission_id": "0190a000-0000-7000-8000-00000000000a" });
        bed.capture("survey sent", "ann", &answer).await;
        bed.capture("product viewed", "ben", &json!({})).await;
        bed.say(&json!({ "text": "Where is my parcel?", "person": "ben", "channel": "chat" }), None).await;
        bed.found(&Query::default(), 2).await;
    }
    beds
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_joined_to_variant_and_journey() {
    for bed in told().await {
        let ann = bed.found(&query("survey:after-checkout"), 1).await.items.remove(0);
        assert_eq!((ann.text.as_str(), ann.person.as_deref()), ("The Street twice.", Some("ann")));
        assert_eq!(ann.variants.get("gift-wrap").map(String::as_str), Some("on"));
        let checkout = &ann.journeys[0];
        assert_eq!((checkout.step.as_deref(), checkout.steps_done, checkout.is_about), (Some("paid"), 2, true));
        assert_eq!(ann.score.map(|score| (score.value, score.of)), Some((4.0, Some(5))));
        assert_eq!(ann.release, None, "nothing is deployed, and that is not guessed");
        for (search, many) in [
            ("street TWICE", 1),
            ("street parcel", 0),
            ("flag:gift-wrap", 2),
            ("flag:gift-wrap variant:on", 1),
            ("flag:gift-wrap variant:blue", 0),
            ("flag:other", 0),
            ("journey:checkout", 2),
            ("journey:checkout variant:off flag:gift-wrap", 1),
            ("journey:other", 0),
            ("person:ben", 1),
            ("channel:chat parcel", 1),
            ("release:1", 0),
        ] {
            assert_eq!(bed.feedback.list(&query(search), None).await.unwrap().total, many, "{search}");
        }
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_become_one_person_are_one_and_two_again_when_it_is_taken_back() {
    for bed in told().await {
        bed.events.link("ben", "ann", "an admin").await.unwrap();
        assert_eq!(bed.found(&query("person:ann"), 2).await.items[0].person.as_deref(), Some("ann"));
        bed.events.unlink("ben", "ann", "an admin").await.unwrap();
        bed.found(&query("person:ann"), 1).await;
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_has_what_was_said_by_whoever_had_its_flags_since_it_came() {
    for bed in told().await {
        let scope = |flags: &[&str], from_ms| Scope {
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            releases: vec![1],
            from_ms,
        };
        let list = async |scope: &Scope| bed.feedback.list(&Query::default(), Some(scope)).await.unwrap();
        let with = list(&scope(&["gift-wrap"], Some(0))).await;
        let because: Vec<_> = with.items.iter().map(|item| item.because.clone()).collect();
        assert_eq!(because, [["variant off of gift-wrap"], ["variant on of gift-wrap"]]);
        assert_eq!(
            list(&scope(&["gift-wrap"], Some(i64::MAX - 1))).await.total,
            0,
            "it was said before the change came"
        );
        assert_eq!(list(&scope(&["gift-wrap"], None)).await.total, 0, "no customer had the change");
        assert_eq!(list(&scope(&[], Some(0))).await.total, 0, "neither had its deployment");
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_for_whoever_owns_the_survey_or_else_the_journey() {
    for bed in Bed::all().await {
        bed.ask(SURVEY).await;
        let answer = json!({ "$survey_id": "after-checkout", "$survey_response_why": "Fine." });
        bed.capture("survey sent", "ann", &answer).await;
        for (last, journey) in [("d", Some("checkout")), ("e", Some("elsewhere")), ("f", None)] {
            let given = Given { text: "Hm.".into(), journey: journey.map(str::to_owned), ..Given::default() };
            let id = format!("0190a000-0000-7000-8000-00000000000{last}");
            bed.feedback.write(&id, &given, "support").await.unwrap();
        }
        let all = bed.found(&Query::default(), 4).await;
        let mut owners: Vec<_> = all.items.iter().map(|item| item.owner.as_deref()).collect();
        owners.sort_unstable();
        assert_eq!(owners, [None, None, Some("billing"), Some("sales")], "not of the journey that the survey follows");
        let billing = bed.found(&query("domain:billing"), 1).await;
        assert_eq!(billing.items[0].id, "0190a000-0000-7000-8000-00000000000d");
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_sent_bit_by_bit_is_one() {
    for bed in Bed::all().await {
        bed.ask(SURVEY).await;
        let part = |id: &str, completed: bool, words: &str| {
            json!({ "$survey_id": "after-checkout", "$survey_submission_id": id, "$survey_completed": completed,
                "$survey_response_why": words })
        };
        let id = "0190a000-0000-7000-8000-00000000000b";
        bed.capture("survey sent", "ann", &part(id, false, "It")).await;
        bed.capture("survey sent", "ann", &part(id, true, "It is slow.")).await;
        bed.capture("survey dismissed", "ann", &part(id, false, "It")).await;
        // Somebody else's, under an id that was seen on the wire.
        bed.capture("survey sent", "mallory", &part(id, true, "I am ann.")).await;
        let page = bed.found(&Query::default(), 2).await;
        let ann = page.items.iter().find(|item| item.id == id).unwrap();
        assert_eq!((ann.text.as_str(), ann.completed, ann.person.as_deref()), ("It is slow.", true, Some("ann")));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_elsewhere_is_written_down_once() {
    for bed in Bed::all().await {
        let id = "0190a000-0000-7000-8000-00000000000c";
        let given = Given { text: "By telephone.".into(), person: Some("ann".into()), ..Given::default() };
        assert!(bed.feedback.write(id, &given, "support").await.unwrap().is_new);
        assert!(!bed.feedback.write(id, &given, "support").await.unwrap().is_new);
        let lines = format!(
            "{}\n\n{}\n{}\n{}\n",
            json!({ "text": "By mail.", "at": "2026-01-02T03:04:05Z", "channel": "mail", "tags": ["too-slow"] }),
            json!({ "text": "", "at": "2026-01-02T03:04:05Z" }),
            json!({ "text": "When?" }),
            "{\"text\": 7}",
        );
        for accepted in [1, 0] {
            let report = bed.feedback.import(lines.as_bytes(), "support").await.unwrap();
            assert_eq!((report.read, report.accepted, report.duplicate), (4, accepted, 1 - accepted));
            let lines: Vec<_> = report.rejected.iter().map(|rejected| rejected.line).collect();
            assert_eq!((report.rejected_count, lines), (3, vec![3, 4, 5]), "{:?}", report.rejected);
        }
        let mail = bed.found(&query("tag:too-slow"), 1).await.items.remove(0);
        assert_eq!(
            (mail.person, mail.at.as_str()),
            (None, "2026-01-02T03:04:05Z"),
            "nobody knows whose words they are"
        );
        let audits = storage::audit_page(&bed.test.db, None, 50).await.unwrap();
        assert!(audits.items.iter().all(|row| !serde_json::to_string(row).unwrap().contains("telephone")));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_our_people_take_the_place_of_those_that_came() {
    for bed in told().await {
        let id = bed.found(&query("parcel"), 1).await.items.remove(0).id;
        let tagged = bed.feedback.tag(&id, &["shipping".into(), "angry".into(), "angry".into()], "ann").await.unwrap();
        assert_eq!(tagged.tags, ["angry", "shipping"]);
        assert_eq!(bed.found(&query("tag:shipping"), 1).await.items[0].id, id);
        let wrong = bed.feedback.tag(&id, &["Ann Smith".into()], "ann").await.unwrap_err();
        assert_eq!(kernel::Problem::from(wrong).kind, Kind::InvalidInput);
        let nothing = bed.feedback.tag("no-such-id", &[], "ann").await.unwrap_err();
        assert_eq!(kernel::Problem::from(nothing).kind, Kind::NotFound);
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_an_end_and_goes_on_where_it_ended() {
    for bed in Bed::all().await {
        let line = |n: u32| json!({ "text": format!("number {n}"), "at": format!("2026-01-01T00:00:{:02}Z", n / 2) });
        let lines: Vec<_> = (0..25).map(|n| line(n).to_string()).collect();
        assert_eq!(bed.feedback.import(lines.join("\n").as_bytes(), "support").await.unwrap().accepted, 25);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let query = Query { limit: Some(10), cursor, ..Query::default() };
            let page = bed.feedback.list(&query, None).await.unwrap();
            assert_eq!(page.total, 25);
            seen.extend(page.items.into_iter().map(|item| item.text));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 25, "each once, also those of one second");
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_tells_how_many_saw_it_and_what_they_answered() {
    for bed in told().await {
        bed.capture("survey shown", "ben", &json!({ "$survey_id": "after-checkout" })).await;
        bed.capture("survey dismissed", "ben", &json!({ "$survey_id": "after-checkout" })).await;
        crate::bed::until("ben closed it", async || {
            bed.feedback.survey("after-checkout").await.unwrap().row.figures.dismissed == 1
        })
        .await;
        let view = bed.feedback.survey("after-checkout").await.unwrap();
        assert_eq!((view.row.figures.shown, view.row.figures.answered), (2, 1));
        assert_eq!((view.results[0].answers, view.results[0].mean), (1, Some(4.0)));
        assert_eq!(view.results[0].counts.get("4"), Some(&1));
        let unknown = kernel::Problem::from(bed.feedback.survey("after-chekout").await.unwrap_err());
        assert!(unknown.hint.unwrap().contains("after-checkout"));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_came_again_changes_nothing() {
    for bed in Bed::all().await {
        bed.ask(SURVEY).await;
        let since = bed.feedback.surveys().await.unwrap().items[0].since.clone();
        bed.feedback.apply("c2", &files(SURVEY), Extent::All).await.unwrap();
        assert_eq!(bed.feedback.surveys().await.unwrap().items[0].since, since);
        let rows = storage::audit_page(&bed.test.db, None, 50).await.unwrap().items;
        assert_eq!(rows.iter().filter(|row| row.what.starts_with("survey.")).count(), 1);
        bed.end().await;
    }
}

#[test]
fn what_a_survey_names_must_be_there() {
    for (good, bad, message, hint) in [
        ("flag: gift-wrap", "flag: gift-warp", "the flag \"gift-warp\" is not defined", "gift-wrap"),
        ("variant: \"on\"", "variant: blue", "the flag \"gift-wrap\" has no variant \"blue\"", "on"),
        ("journey: checkout", "journey: chekout", "the journey \"chekout\" is not declared", "checkout"),
        (
            "journey: checkout",
            "journey: checkout, step: payed",
            "the journey \"checkout\" has no step \"payed\"",
            "paid",
        ),
    ] {
        assert!(SURVEY.contains(good), "{good}");
        let problems = check(&files(&SURVEY.replacen(good, bad, 1))).unwrap_err();
        assert_eq!(problems[0].message, message);
        assert_eq!((problems[0].file.as_deref(), problems[0].line), (Some("surveys/after.yaml"), Some(5)));
        assert!(problems[0].hint.as_deref().unwrap().contains(hint), "{problems:?}");
    }
    let mut twice = files(SURVEY);
    twice.push(("surveys/again.yaml".into(), SURVEY.into()));
    assert!(check(&twice).unwrap_err()[0].message.contains("is declared in surveys/after.yaml too"));
    assert_eq!(check(&files(SURVEY)).unwrap().len(), 1);
}
