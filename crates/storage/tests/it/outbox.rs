use std::collections::BTreeSet;

use serde_json::json;
use storage::Db;
use storage::outbox::{Consumer, Failed, TRIES_MAX};
use storage::testing::databases;

const WRITERS: u64 = 16;
const FACTS_EACH: u64 = 20;

async fn publish(db: &Db, n: u64) -> u64 {
    let mut tx = db.begin().await.unwrap();
    let position = tx.publish("probe", "thing.happened", &json!({ "n": n })).await.unwrap();
    tx.commit().await.unwrap();
    position
}

/// Reads on from the kept place until nothing is left; dies after `most` facts.
async fn consume(db: &Db, consumer: &Consumer, most: usize) -> Vec<(u64, u64)> {
    let mut seen = Vec::new();
    loop {
        let facts = consumer.next(7).await.unwrap();
        if facts.is_empty() {
            return seen;
        }
        for fact in facts {
            if seen.len() == most {
                return seen;
            }
            let mut tx = db.begin().await.unwrap();
            tx.acknowledge(consumer, fact.position).await.unwrap();
            tx.commit().await.unwrap();
            seen.push((fact.position, fact.payload["n"].as_u64().unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_and_a_reader_that_dies_lose_nothing_and_keep_order() {
    for test in databases().await {
        test.db.migrate(&[]).await.unwrap();
        let writers: Vec<_> = (0..WRITERS)
            .map(|w| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    for i in 0..FACTS_EACH {
                        publish(&db, w * FACTS_EACH + i).await;
                    }
                })
            })
            .collect();
        // Reads while they write, and is a new consumer value each time, as after a crash.
        let mut seen = Vec::new();
        while seen.len() < usize::try_from(WRITERS * FACTS_EACH).unwrap() {
            seen.extend(consume(&test.db, &Consumer::new(test.db.clone(), "reader", "probe"), 11).await);
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let positions: Vec<_> = seen.iter().map(|(position, _)| *position).collect();
        assert_eq!(positions, (1..=WRITERS * FACTS_EACH).collect::<Vec<_>>(), "{}: in order, without a gap", test.name);
        let payloads: BTreeSet<_> = seen.iter().map(|(_, n)| *n).collect();
        assert_eq!(payloads.len(), seen.len(), "{}: each once", test.name);
    }
}

#[tokio::test]
async fn a_fact_that_always_fails_is_parked_and_the_next_follows() {
    for test in databases().await {
        test.db.migrate(&[]).await.unwrap();
        publish(&test.db, 1).await;
        publish(&test.db, 2).await;
        let consumer = Consumer::new(test.db.clone(), "reader", "probe");
        for tries in 1..TRIES_MAX {
            assert_eq!(consumer.failed(1, "boom").await.unwrap(), Failed::TriedAgain { tries }, "{}", test.name);
            assert_eq!(consumer.next(1).await.unwrap()[0].position, 1);
        }
        assert_eq!(consumer.failed(1, "boom").await.unwrap(), Failed::Parked);
        assert_eq!(consumer.next(1).await.unwrap()[0].position, 2);
        assert_eq!(consumer.parked().await.unwrap(), [(1, "boom".to_owned())]);
    }
}

#[tokio::test]
async fn a_commit_wakes_the_reader() {
    let test = storage::testing::sqlite().await;
    test.db.migrate(&[]).await.unwrap();
    let mut changed = test.db.changed();
    changed.mark_unchanged();
    publish(&test.db, 1).await;
    assert!(changed.has_changed().unwrap());
}
