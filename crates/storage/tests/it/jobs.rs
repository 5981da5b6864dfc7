use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use storage::Db;
use storage::jobs::{Jobs, NewJob};
use storage::testing::databases;

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000 + seconds)
}

async fn enqueue(db: &Db, key: &str) -> bool {
    let mut tx = db.begin().await.unwrap();
    let job = NewJob { kind: "probe", key, payload: json!({}), run_at: at(0), attempts_max: 2 };
    let is_new = tx.enqueue(&job).await.unwrap();
    tx.commit().await.unwrap();
    is_new
}

const LEASE: SignedDuration = SignedDuration::from_secs(30);

#[tokio::test]
async fn a_job_is_done_once_and_comes_back_when_its_lease_ends() {
    for test in databases().await {
        test.db.migrate(&[]).await.unwrap();
        assert!(enqueue(&test.db, "a").await);
        assert!(!enqueue(&test.db, "a").await, "{}: pending already", test.name);
        let jobs = Jobs::new(test.db.clone());
        assert_eq!(jobs.claim("probe", at(-1), LEASE).await.unwrap(), None, "not due yet");
        let first = jobs.claim("probe", at(0), LEASE).await.unwrap().unwrap();
        assert_eq!(jobs.claim("probe", at(29), LEASE).await.unwrap(), None, "leased");
        assert!(jobs.renew(&first, at(100)).await.unwrap());
        assert_eq!(jobs.claim("probe", at(99), LEASE).await.unwrap(), None, "renewed");
        let second = jobs.claim("probe", at(100), LEASE).await.unwrap().unwrap();
        assert_eq!(second.attempt, 2);
        assert!(!jobs.finish(&first, at(101)).await.unwrap(), "the first worker lost it");
        assert!(jobs.finish(&second, at(101)).await.unwrap());
        assert!(enqueue(&test.db, "a").await, "the key is free again");
    }
}

#[tokio::test]
async fn a_failing_job_pauses_and_is_given_up() {
    for test in databases().await {
        test.db.migrate(&[]).await.unwrap();
        enqueue(&test.db, "a").await;
        let jobs = Jobs::new(test.db.clone());
        let first = jobs.claim("probe", at(0), LEASE).await.unwrap().unwrap();
        assert!(jobs.fail(&first, "no", at(0)).await.unwrap());
        assert_eq!(jobs.claim("probe", at(0), LEASE).await.unwrap(), None, "{}: it pauses", test.name);
        let second = jobs.claim("probe", at(1), LEASE).await.unwrap().unwrap();
        assert!(!jobs.fail(&second, "no", at(1)).await.unwrap());
        assert_eq!(jobs.claim("probe", at(9_999), LEASE).await.unwrap(), None);
    }
}
