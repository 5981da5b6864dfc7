//! How definitions come into force.

use journeys::{Applied, Stage, check};
use storage::audit_page;

use crate::bed::{CHECKOUT, Memory, beds, file};

#[tokio::test]
async fn new_journeys_apply_in_the_dark_and_changes_when_they_are_live() {
    for (store, journeys) in beds(Memory::default).await {
        let first = [file("journeys/checkout.yaml", CHECKOUT), file("README.md", "no journey")];
        let applied = journeys.apply("aaaaaaa1", &first, Stage::Dark).await.unwrap();
        assert_eq!(applied.added, ["checkout"], "{}", store.name);
        assert_eq!(journeys.show("checkout").await.unwrap().stage, Stage::Dark);
        assert_eq!(journeys.apply("aaaaaaa1", &first, Stage::Live).await.unwrap(), Applied::default());
        assert_eq!(journeys.show("checkout").await.unwrap().stage, Stage::Live);

        let changed = [file("journeys/checkout.yaml", &CHECKOUT.replace("1h", "2h"))];
        assert_eq!(journeys.apply("bbbbbbb2", &changed, Stage::Dark).await.unwrap(), Applied::default());
        assert_eq!(journeys.show("checkout").await.unwrap().revision, 1, "not before it is live");
        assert_eq!(journeys.apply("bbbbbbb2", &changed, Stage::Live).await.unwrap().changed, ["checkout"]);
        let shown = journeys.show("checkout").await.unwrap();
        assert_eq!((shown.revision, shown.commit.as_str(), shown.within_seconds), (2, "bbbbbbb2", 7200.0));
        assert_eq!(shown.history.len(), 2);
        let audit = audit_page(&store.db, None, 10).await.unwrap();
        let what: Vec<&str> = audit.items.iter().map(|row| row.what.as_str()).collect();
        assert_eq!(what, ["journey.changed", "journey.declared"], "{}", store.name);
    }
}

#[tokio::test]
async fn what_trunk_does_not_declare_any_more_is_retired_and_can_come_back() {
    for (store, journeys) in beds(Memory::default).await {
        let declared = [file("journeys/checkout.yaml", CHECKOUT)];
        journeys.apply("aaaaaaa1", &declared, Stage::Live).await.unwrap();
        journeys.apply("bbbbbbb2", &[], Stage::Dark).await.unwrap();
        assert_eq!(journeys.list().await.unwrap().len(), 1, "{}", store.name);
        assert_eq!(journeys.apply("bbbbbbb2", &[], Stage::Live).await.unwrap().retired, ["checkout"]);
        assert!(journeys.list().await.unwrap().is_empty());
        assert!(journeys.show("checkout").await.unwrap().retired.is_some(), "it is still there to be looked at");
        assert_eq!(journeys.apply("ccccccc3", &declared, Stage::Live).await.unwrap().changed, ["checkout"]);
        assert_eq!(journeys.list().await.unwrap()[0].revision, 2);
    }
}

#[tokio::test]
async fn going_back_to_an_older_commit_leaves_later_journeys_as_they_are() {
    for (store, journeys) in beds(Memory::default).await {
        let old = [file("journeys/checkout.yaml", CHECKOUT)];
        journeys.apply("aaaaaaa1", &old, Stage::Live).await.unwrap();
        let new = [
            file("journeys/checkout.yaml", &CHECKOUT.replace("1h", "2h")),
            file("journeys/later.yaml", &CHECKOUT.replace("journey: checkout", "journey: later")),
        ];
        journeys.apply("bbbbbbb2", &new, Stage::Live).await.unwrap();
        let back = journeys.go_back("aaaaaaa1", &old).await.unwrap();
        assert_eq!(back, Applied { changed: vec!["checkout".into()], ..Applied::default() }, "{}", store.name);
        let within_seconds = journeys.show("checkout").await.unwrap().within_seconds;
        assert!((within_seconds - 3600.0).abs() < 0.001, "{}: {within_seconds}", store.name);
        let later = journeys.show("later").await.unwrap();
        assert_eq!((later.retired, later.revision), (None, 1), "{}", store.name);
        assert_eq!(journeys.apply("ccccccc3", &old, Stage::Live).await.unwrap().retired, ["later"]);
    }
}

#[tokio::test]
async fn a_journey_that_is_not_there_gets_the_nearest() {
    for (_store, journeys) in beds(Memory::default).await {
        journeys.apply("aaaaaaa1", &[file("journeys/checkout.yaml", CHECKOUT)], Stage::Live).await.unwrap();
        let problem = kernel::Problem::from(journeys.show("chekout").await.unwrap_err());
        assert_eq!(problem.message, "there is no journey \"chekout\"");
        assert!(problem.hint.unwrap().contains("\"checkout\""));
    }
}

#[test]
fn all_problems_of_a_commit_are_told() {
    let files = [
        file("journeys/a.yaml", CHECKOUT),
        file("journeys/b.yml", CHECKOUT),
        file("journeys/c.yaml", &CHECKOUT.replace("within", "whithin")),
        file("flags/d.yaml", "no journey"),
    ];
    let told: Vec<String> = check(&files).unwrap_err().iter().map(kernel::Problem::told).collect();
    let expected = [
        "journeys/b.yml:2:1: the journey \"checkout\" is declared in journeys/a.yaml too; give each its own name",
        "journeys/c.yaml:4:1: unknown key \"whithin\"; did you mean \"within\"?",
    ];
    assert_eq!(told, expected);
}
