//! What commits say.

use flags::{Flags, Reference, Stage};
use storage::testing::databases;

use crate::support::{Edge, ONE, by, clock, flags, on_of_thousand, push, shares, variant};

#[tokio::test]
async fn new_keys_come_with_the_dark_stage_and_changes_with_the_live_one() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        assert_eq!(push(&flags, "c1", ONE, Stage::Dark).await.added, ["new-checkout"], "{}", test.name);
        let changed = ONE.replace(r#"["on", 50], ["off", 50]"#, r#"["on", 0], ["off", 100]"#);
        let dark = push(&flags, "c2", &changed, Stage::Dark).await;
        assert!(dark.added.is_empty() && dark.changed.is_empty());
        assert!(on_of_thousand(&edge).await > 400);
        assert_eq!(push(&flags, "c2", &changed, Stage::Live).await.changed, ["new-checkout"]);
        assert_eq!(on_of_thousand(&edge).await, 0);
        assert!(push(&flags, "c2", &changed, Stage::Live).await.changed.is_empty(), "a second time changes nothing");
    }
}

#[tokio::test]
async fn a_ramp_survives_a_push_unless_it_changes_that_very_split() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        flags.ramp("new-checkout", &shares(0.1), &by()).await.unwrap();
        push(&flags, "c2", &ONE.replace("sales", "growth"), Stage::Live).await;
        assert!(on_of_thousand(&edge).await < 150, "{}", test.name);
        let view = flags.show("new-checkout").await.unwrap();
        assert!(view.ramp.is_some());
        let more = ONE.replace(r#"["on", 50], ["off", 50]"#, r#"["on", 80], ["off", 20]"#);
        push(&flags, "c3", &more, Stage::Live).await;
        assert!(on_of_thousand(&edge).await > 700);
        assert!(flags.show("new-checkout").await.unwrap().ramp.is_none());
    }
}

#[tokio::test]
async fn a_flag_that_is_gone_from_trunk_is_retiring_and_served_until_it_is_retired() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        let none = r#"{"flags": {}}"#;
        assert!(push(&flags, "c2", none, Stage::Dark).await.retiring.is_empty());
        assert_eq!(push(&flags, "c2", none, Stage::Live).await.retiring, ["new-checkout"], "{}", test.name);
        assert_ne!(variant(&edge, "customer-1").await, "none");
        assert_eq!(flags.stale(14).await.unwrap()[0].state, "retiring");
        assert_eq!(flags.stale(366).await.unwrap().len(), 1);
        for days in [0, 367, u32::MAX] {
            assert!(flags.stale(days).await.is_err(), "{days} days cannot be looked back");
        }
        assert_eq!(flags.retire("new-checkout", &by()).await.unwrap().state, "archived");
        assert_eq!(variant(&edge, "customer-1").await, "none");
        assert_eq!(push(&flags, "c3", ONE, Stage::Dark).await.added, ["new-checkout"], "it may come back");
        assert_ne!(variant(&edge, "customer-1").await, "none");
    }
}

#[tokio::test]
async fn going_back_to_an_older_commit_leaves_later_flags_as_they_are() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        let changed = ONE.replace(r#"["on", 50], ["off", 50]"#, r#"["on", 0], ["off", 100]"#);
        let later = changed.replace("new-checkout", "later");
        let files = [("flags/a.json".to_owned(), changed.clone()), ("flags/b.json".to_owned(), later)];
        let applied = flags.apply("c2", &files, Stage::Live, &by()).await.unwrap();
        assert_eq!(
            (applied.added, applied.changed),
            (vec!["later".into()], vec!["new-checkout".into()]),
            "{}",
            test.name
        );
        let before = flags.show("later").await.unwrap();

        let back = flags.go_back("c1", &[("flags/a.json".to_owned(), ONE.to_owned())], &by()).await.unwrap();
        assert_eq!((back.changed, back.retiring), (vec!["new-checkout".into()], vec![]), "{}", test.name);
        assert!(on_of_thousand(&edge).await > 400, "what the older commit defines is in force again");
        let after = flags.show("later").await.unwrap();
        assert_eq!((after.item.state, after.item.revision), (before.item.state, before.item.revision));

        let reverted = push(&flags, "c3", ONE, Stage::Live).await;
        assert_eq!(reverted.retiring, ["later"], "trunk has it no more when its revert is live");
    }
}

#[tokio::test]
async fn people_stay_where_they_are_when_a_variant_is_renamed() {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    let flags = flags(&test.db, &edge).await;
    push(&flags, "c1", ONE, Stage::Live).await;
    let mut before = Vec::new();
    for n in 0..200 {
        before.push(variant(&edge, &format!("customer-{n}")).await.replace("on", "new"));
    }
    push(&flags, "c2", &ONE.replace(r#""on""#, r#""new""#), Stage::Live).await;
    for (n, before) in before.iter().enumerate() {
        assert_eq!(variant(&edge, &format!("customer-{n}")).await, *before);
    }
}

#[tokio::test]
async fn a_wrong_file_is_told_with_its_place_and_changes_nothing() {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    let flags = flags(&test.db, &edge).await;
    let wrong = ONE.replace(r#""defaultVariant": "off""#, r#""defaultVariant": "blue""#);
    let files = [("flags/checkout.json".to_owned(), wrong)];
    let problems = Flags::check(&files);
    assert_eq!(problems[0].file.as_deref(), Some("flags/checkout.json"));
    assert!(problems[0].line.is_some() && problems[0].hint.is_some(), "{problems:?}");
    assert!(flags.apply("c1", &files, Stage::Live, &by()).await.is_err());
    assert_eq!(edge.generation(), None);
}

#[tokio::test]
async fn a_segment_decides_who_is_in() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        let rule = ONE.replace(
            r#"{"fractional": [["on", 50], ["off", 50]]}"#,
            r#"{"if": [{"in_segment": "beta"}, "on", "off"]}"#,
        );
        let files = [
            ("flags/checkout.json".to_owned(), rule),
            ("segments/beta.txt".to_owned(), "# friends\nann\nben\n".to_owned()),
        ];
        flags.apply("c1", &files, Stage::Live, &by()).await.unwrap();
        assert_eq!([variant(&edge, "ann").await, variant(&edge, "cora").await], ["on", "off"], "{}", test.name);
        let segments = flags.segments().await.unwrap();
        assert_eq!((segments[0].keys, segments[0].flags.as_slice()), (2, ["new-checkout".to_owned()].as_slice()));
        let error: kernel::Problem = flags.segment("alpha").await.unwrap_err().into();
        assert_eq!(error.kind, kernel::Kind::NotFound);
    }
}

#[tokio::test]
async fn references_are_those_of_the_newest_commit() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        assert_eq!(flags.show("new-checkout").await.unwrap().references, None, "{}: unknown is not none", test.name);
        let place = Reference { flag: "new-checkout".into(), path: "server.js".into(), line: 14 };
        flags.note_references("c1", vec![place.clone(), place.clone()]).await.unwrap();
        assert_eq!(flags.show("new-checkout").await.unwrap().references, Some(vec![place]));
    }
}
