//! What people decide at run time.

use std::sync::atomic::Ordering;

use flags::Stage;
use kernel::Kind;
use storage::testing::databases;
use tokio_util::sync::CancellationToken;

use crate::support::{Edge, ONE, by, clock, flags, on_of_thousand, push, shares, variant};

fn problem(error: flags::Error) -> kernel::Problem {
    error.into()
}

#[tokio::test]
async fn a_kill_wins_until_it_is_cleared() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        flags.add_tester("new-checkout", "ann", "on", &by()).await.unwrap();
        let written = flags.kill("new-checkout", &by()).await.unwrap();
        assert_eq!((written.state.as_str(), written.edge), ("killed", true), "{}", test.name);
        assert_eq!(on_of_thousand(&edge).await, 0);
        assert_eq!(variant(&edge, "ann").await, "off", "a tester is no exception");
        push(&flags, "c2", &ONE.replace("50", "60"), Stage::Live).await;
        assert_eq!(on_of_thousand(&edge).await, 0);
        flags.clear_kill("new-checkout", &by()).await.unwrap();
        assert_eq!(variant(&edge, "ann").await, "on");
        assert!(on_of_thousand(&edge).await > 400);
    }
}

#[tokio::test]
async fn a_ramp_moves_nobody_out_who_is_in() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        let mut in_before: Vec<String> = Vec::new();
        for share in [0.1, 0.25, 0.6, 1.0] {
            flags.ramp("new-checkout", &shares(share), &by()).await.unwrap();
            let mut in_now = Vec::new();
            for n in 0..300 {
                let unit = format!("customer-{n}");
                if variant(&edge, &unit).await == "on" {
                    in_now.push(unit);
                }
            }
            assert!(in_before.iter().all(|unit| in_now.contains(unit)), "{}: at {share}", test.name);
            in_before = in_now;
        }
        assert_eq!(in_before.len(), 300);
    }
}

#[tokio::test]
async fn going_back_to_a_revision_undoes_a_write() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        let before = flags.ramp("new-checkout", &shares(0.2), &by()).await.unwrap().revision;
        let killed = flags.kill("new-checkout", &by()).await.unwrap();
        assert_eq!(killed.undo, format!("trunkline flag set new-checkout --revision {before}"));
        let set = flags.set_revision("new-checkout", before, &by()).await.unwrap();
        assert!(set.revision > killed.revision);
        assert_eq!(set.state, "ramping");
        let on = on_of_thousand(&edge).await;
        assert!((150..250).contains(&on), "{}: {on}", test.name);
        let error = problem(flags.set_revision("new-checkout", 0, &by()).await.unwrap_err());
        assert_eq!(error.kind, Kind::NotFound);
    }
}

#[tokio::test]
async fn the_whole_history_is_kept_and_audited() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        flags.kill("new-checkout", &by()).await.unwrap();
        let view = flags.show("new-checkout").await.unwrap();
        let told: Vec<_> =
            view.history.iter().map(|e| (e.what.as_str(), e.commit.as_deref(), e.why.as_deref())).collect();
        assert_eq!(
            told,
            [("flag.killed", None, Some("to see")), ("flag.added", Some("c1"), Some("to see"))],
            "{}",
            test.name
        );
        let audit = storage::audit_page(&test.db, None, 10).await.unwrap().items;
        assert_eq!(audit[0].what, "flag.killed");
        assert_eq!(audit[0].before.as_ref().unwrap()["state"], "ramping");
        assert_eq!(audit[0].after.as_ref().unwrap()["state"], "killed");
        let facts = storage::outbox::Consumer::new(test.db.clone(), "test", "flags").next(10).await.unwrap();
        assert_eq!(facts.iter().map(|fact| fact.kind.as_str()).collect::<Vec<_>>(), ["flag.changed", "flag.changed"]);
    }
}

#[tokio::test]
async fn an_edge_that_is_away_is_told_and_gets_it_later() {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    let flags = flags(&test.db, &edge).await;
    push(&flags, "c1", ONE, Stage::Live).await;
    edge.away.store(true, Ordering::SeqCst);
    let error = problem(flags.kill("new-checkout", &by()).await.unwrap_err());
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("committed"), "{error}");
    assert!(!flags.show("new-checkout").await.unwrap().edge);
    let shutdown = CancellationToken::new();
    let tasks = flags.start(shutdown.clone());
    edge.away.store(false, Ordering::SeqCst);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while edge.generation() != Some(2) {
        assert!(tokio::time::Instant::now() < deadline, "the edge is at {:?}", edge.generation());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(variant(&edge, "customer-1").await, "off");
    shutdown.cancel();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_store_from_a_backup_goes_on_behind_the_edge() {
    let edge = Edge::new(&clock());
    let old = storage::testing::sqlite().await;
    let before = flags(&old.db, &edge).await;
    push(&before, "c1", ONE, Stage::Live).await;
    before.kill("new-checkout", &by()).await.unwrap();
    let restored = storage::testing::sqlite().await;
    let flags = flags(&restored.db, &edge).await;
    let shutdown = CancellationToken::new();
    let tasks = flags.start(shutdown.clone());
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while edge.generation() <= Some(2) {
        assert!(tokio::time::Instant::now() < deadline, "the edge is at {:?}", edge.generation());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    push(&flags, "c1", ONE, Stage::Live).await;
    assert!(on_of_thousand(&edge).await > 400);
    shutdown.cancel();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_and_changes_nothing() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        let revision = push(&flags, "c1", ONE, Stage::Live).await.revision;
        assert_eq!(problem(flags.kill("nothing", &by()).await.unwrap_err()).kind, Kind::NotFound);
        assert_eq!(problem(flags.clear_kill("new-checkout", &by()).await.unwrap_err()).kind, Kind::Conflict);
        let blue = [("blue".to_owned(), 1.0)].into();
        let error = problem(flags.ramp("new-checkout", &blue, &by()).await.unwrap_err());
        assert_eq!(error.hint.as_deref(), Some("defined variants are \"on\", \"off\""), "{}", test.name);
        assert_eq!(problem(flags.retire("new-checkout", &by()).await.unwrap_err()).kind, Kind::Conflict);
        assert_eq!(edge.generation(), Some(revision));
        assert_eq!(flags.kill("new-checkout", &by()).await.unwrap().revision, revision + 1, "no gap");
    }
}
