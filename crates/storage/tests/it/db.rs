use storage::testing::databases;
use storage::{Audit, Error, Migrations, args, audit_page};

const FIRST: Migrations = Migrations {
    context: "probe",
    scripts: &[("0001_init", "CREATE TABLE probe_thing (id TEXT PRIMARY KEY, n BIGINT, yes BOOLEAN, bytes BYTEA);")],
};

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    for test in databases().await {
        test.db.migrate(&[FIRST]).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        let insert = "INSERT INTO probe_thing (id, n, yes, bytes) VALUES ($1, $2, $3, $4)";
        tx.execute(insert, args!["a", u64::from(u32::MAX), true, vec![0_u8, 255]]).await.unwrap();
        tx.execute(insert, args!["b", None::<i64>, None::<bool>, None::<Vec<u8>>]).await.unwrap();
        tx.commit().await.unwrap();
        let rows = test.db.all("SELECT * FROM probe_thing ORDER BY id", args![]).await.unwrap();
        assert_eq!(rows[0].get::<u64>("n").unwrap(), u64::from(u32::MAX), "{}", test.name);
        assert!(rows[0].get::<bool>("yes").unwrap());
        assert_eq!(rows[0].get::<Vec<u8>>("bytes").unwrap(), [0, 255]);
        assert_eq!(rows[1].get::<Option<i64>>("n").unwrap(), None);
        assert!(rows[1].get::<i64>("n").is_err(), "a null is no number");
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    for test in databases().await {
        test.db.migrate(&[FIRST]).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        tx.execute("INSERT INTO probe_thing (id) VALUES ($1)", args!["a"]).await.unwrap();
        drop(tx);
        let mut tx = test.db.begin().await.unwrap();
        assert!(tx.one("SELECT * FROM probe_thing", args![]).await.unwrap().is_none(), "{}", test.name);
    }
}

/// As SQLite does by itself when the disk is full.
#[tokio::test]
async fn a_transaction_that_the_engine_ended_does_not_stop_those_after_it() {
    for store in databases().await {
        let mut tx = store.db.begin().await.unwrap();
        tx.execute("ROLLBACK", args![]).await.unwrap();
        drop(tx);
        let mut tx = store.db.begin().await.unwrap();
        tx.execute("CREATE TABLE kept (id INTEGER)", args![]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store.db.all("SELECT id FROM kept", args![]).await.unwrap().is_empty(), "{}", store.name);
    }
}

#[tokio::test]
async fn migrations_are_applied_once_and_a_changed_one_is_refused() {
    const CHANGED: Migrations =
        Migrations { context: "probe", scripts: &[("0001_init", "CREATE TABLE other (id TEXT);")] };
    const NONE: Migrations = Migrations { context: "probe", scripts: &[] };
    for test in databases().await {
        test.db.migrate(&[FIRST]).await.unwrap();
        test.db.migrate(&[FIRST]).await.unwrap();
        assert!(matches!(test.db.migrate(&[CHANGED]).await, Err(Error::Changed { .. })), "{}", test.name);
        assert!(matches!(test.db.migrate(&[NONE]).await, Err(Error::Newer { .. })), "{}", test.name);
    }
}

#[tokio::test]
async fn the_audit_log_is_paged_newest_first() {
    for test in databases().await {
        test.db.migrate(&[]).await.unwrap();
        for what in ["one", "two", "three"] {
            let mut tx = test.db.begin().await.unwrap();
            let audit = Audit {
                who: "ann".into(),
                what: what.into(),
                subject: "x".into(),
                why: None,
                before: None,
                after: Some(serde_json::json!({ "n": 1 })),
            };
            tx.audit(audit).await.unwrap();
            tx.commit().await.unwrap();
        }
        let first = audit_page(&test.db, None, 2).await.unwrap();
        assert_eq!(first.items.iter().map(|r| r.what.as_str()).collect::<Vec<_>>(), ["three", "two"], "{}", test.name);
        let second = audit_page(&test.db, first.next.as_deref(), 2).await.unwrap();
        assert_eq!((second.items[0].what.as_str(), second.next), ("one", None));
    }
}

#[tokio::test]
async fn a_backup_opens_as_a_store() {
    let test = storage::testing::sqlite().await;
    test.db.migrate(&[FIRST]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    assert!(test.db.backup(&copy).await.unwrap());
    let restored = storage::Db::open(&format!("sqlite:{}", copy.display())).await.unwrap();
    restored.migrate(&[FIRST]).await.unwrap();
    assert!(restored.all("SELECT * FROM probe_thing", args![]).await.unwrap().is_empty());
}
