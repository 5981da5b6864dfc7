//! What is probed, and what a commit defines: on both engines, without an edge.

use delivery::{By, EvidenceState, GuardAlarm, GuardLook, Outcome, Probe};
use serde_json::json;
use storage::args;
use storage::outbox::Consumer;
use storage::testing::databases;

use super::bed::Bed;

const SHOP: &str = "{ product: shop, services: { shop: { start: sh serve.sh } } }";

/// Deployment 1 as the deployer leaves it when its version is healthy.
async fn probing(bed: &Bed) -> String {
    let sha = bed.repository.commit("a shop");
    bed.until_run(&sha, "passed").await;
    bed.delivery.ship().await.unwrap();
    let row = bed.db().one("SELECT state FROM delivery_deployment WHERE number = 1", args![]).await.unwrap().unwrap();
    let state = row.get::<String>("state").unwrap().replace("\"stage\":\"queued\"", "\"stage\":\"probing\"");
    let mut tx = bed.db().begin().await.unwrap();
    tx.execute("UPDATE delivery_deployment SET phase = 'probing', state = $1", args![state]).await.unwrap();
    tx.commit().await.unwrap();
    sha
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_its_probes_is_told_until_somebody_says_how_they_ended() {
    for test in databases().await {
        let mut bed = Bed::start(test, SHOP).await;
        let sha = probing(&bed).await;
        bed.restart().await;
        let waiting = bed.delivery.probing().await.unwrap();
        assert_eq!(waiting.len(), 1, "also after a restart, on {}", bed.name());
        assert_eq!((waiting[0].deployment, waiting[0].commit.as_str()), (1, sha.as_str()));
        assert_eq!(bed.delivery.status().await.unwrap().services[0].candidate.as_ref().unwrap().phase, "probing");

        let first = Outcome::Passed { sentence: "checkout was walked".into() };
        bed.delivery.probed(1, first.clone()).await.unwrap();
        bed.delivery.probed(1, Outcome::Failed { why: "told twice".into() }).await.unwrap();
        assert_eq!(bed.delivery.probing().await.unwrap(), []);
        let shown = bed.delivery.deployment(1).await.unwrap();
        assert_eq!(shown.item.probe, Some(first), "the first word counts");
        let audit = storage::audit_page(bed.db(), None, 10).await.unwrap();
        assert_eq!(audit.items.iter().filter(|row| row.what == "deployment.probed").count(), 1);
        assert!(bed.delivery.probed(99, Outcome::NothingToProbe).await.is_err());
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_guards_saw_last_is_kept_with_the_deployment() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        probing(&bed).await;
        let look = |journey: &str, state, persons: u64| GuardLook {
            journey: journey.into(),
            state,
            summary: format!("{persons} persons"),
            evidence: json!({ "new": [persons, 1] }),
            alarm: (persons == 40).then_some(GuardAlarm::Held),
        };
        let facts = Consumer::new(bed.db().clone(), "test", "delivery");
        for (journey, state, persons) in [
            ("checkout", EvidenceState::Running, 3),
            ("search", EvidenceState::Passed, 900),
            ("checkout", EvidenceState::Failed, 40),
            ("checkout", EvidenceState::Failed, 40),
        ] {
            bed.delivery.guard_saw(1, look(journey, state, persons)).await.unwrap();
        }
        let shown = serde_json::to_value(bed.delivery.deployment(1).await.unwrap().steps).unwrap();
        assert_eq!(shown.as_array().unwrap().len(), 2, "{shown} on {}", bed.name());
        assert_eq!((&shown[0]["name"], &shown[0]["state"]), (&json!("search"), &json!("passed")));
        assert_eq!((&shown[1]["kind"], &shown[1]["state"]), (&json!("guard"), &json!("failed")));
        assert_eq!(shown[1]["evidence"], json!({ "new": [40, 1] }));
        let told = facts.next(1_000).await.unwrap();
        let told: Vec<_> = told.iter().filter(|fact| fact.kind == GuardAlarm::Held.fact()).collect();
        assert_eq!(told.len(), 1, "an alarm is told when it begins: {told:?}");
        assert_eq!((&told[0].payload["journey"], &told[0].payload["service"]), (&json!("checkout"), &json!("shop")));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persons_word_stands_against_a_guard_and_has_a_reason() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        probing(&bed).await;
        let by = |why: Option<&str>| By { who: "ann".into(), why: why.map(str::to_owned) };
        for silent in [None, Some("  ")] {
            let problem = kernel::Problem::from(bed.delivery.promote(None, &by(silent)).await.unwrap_err());
            assert_eq!(problem.kind, kernel::Kind::InvalidInput, "{problem:?}");
        }
        assert_eq!(bed.delivery.promote(None, &by(Some("we know"))).await.unwrap(), 1);
        let guard = By { who: "guard checkout".into(), why: Some("they give up".into()) };
        assert!(bed.delivery.take_back(1, &guard).await.unwrap().is_none());
        let shown = serde_json::to_value(bed.delivery.deployment(1).await.unwrap()).unwrap();
        assert_eq!(
            (&shown["phase"], &shown["overruled"]),
            (&json!("probing"), &json!({ "by": "ann", "why": "we know" }))
        );
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_edge_nothing_was_probed() {
    let bed = Bed::start(storage::testing::sqlite().await, SHOP).await;
    probing(&bed).await;
    let probe = Probe { journey: "checkout".into(), command: "true".into(), run: "0".repeat(32) };
    bed.delivery.run_probe(1, &probe).await.unwrap_err();
    assert_eq!(bed.delivery.probing().await.unwrap().len(), 1, "it is still to be done");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_gives_its_definitions_and_where_its_code_names_them() {
    let bed = Bed::start(storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("flags/checkout.yaml", "flags: { gift-wrap: { } }");
    bed.repository.write("segments/staff.txt", "ann");
    bed.repository.write("src/cart.js", "a\nif (on('gift-wrap')) wrap();\nif (on('gift')) give();\n");
    let first = bed.repository.commit("a flag");
    bed.until_run(&first, "passed").await;
    bed.repository.write("src/cart.js", "a\nif (on('gift-wrap')) wrap();\nif (on('gift')) give(2);\n");
    let second = bed.repository.commit("two gifts");
    bed.until_run(&second, "passed").await;

    let files = bed.delivery.files(&first, &["flags/"]).await.unwrap();
    assert_eq!(files, [("flags/checkout.yaml".to_owned(), "flags: { gift-wrap: { } }".to_owned())]);
    let keys = ["gift".to_owned(), "gift-wrap".to_owned(), "other.key".to_owned()];
    let places = bed.delivery.references(&first, &keys).await.unwrap();
    let told: Vec<_> = places.iter().map(|m| (m.word.as_str(), m.path.as_str(), m.line)).collect();
    assert_eq!(told, [("gift", "src/cart.js", 3), ("gift-wrap", "src/cart.js", 2)]);
    let named = bed.delivery.named_between(Some(&first), &second, &keys).await.unwrap();
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["gift"]);
    let named = bed.delivery.named_between(None, &first, &keys).await.unwrap();
    assert_eq!(named.len(), 2, "the first commit brought both");
    assert_eq!(bed.delivery.parent(&first).await.unwrap(), None);
    assert_eq!(bed.delivery.parent(&second).await.unwrap().as_deref(), Some(first.as_str()));
    assert_eq!(bed.delivery.files_at(&second, &first, &["flags/", "segments/"]).await.unwrap().len(), 2);
    bed.end().await;
}
