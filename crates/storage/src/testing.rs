//! Stores for tests: SQLite always, PostgreSQL where `TRUNKLINE_TEST_POSTGRES` names a server.

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, query};
use tempfile::TempDir;

use crate::Db;

/// An empty store that is gone after the test.
#[derive(Debug)]
pub struct TestDb {
    pub name: &'static str,
    pub db: Db,
    pub url: String,
    _folder: Option<TempDir>,
}

/// One store per engine that is there. Says so if PostgreSQL is not, and fails if it must be.
pub async fn databases() -> Vec<TestDb> {
    let mut all = vec![sqlite().await];
    let server = std::env::var("TRUNKLINE_TEST_POSTGRES").ok();
    let is_required = std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_some();
    assert!(server.is_some() || !is_required, "TRUNKLINE_REQUIRE_SUITES is set, and TRUNKLINE_TEST_POSTGRES is not");
    match server {
        Some(server) => all.push(postgres(&server).await),
        None => say_skipped(),
    }
    all
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests must see it")]
fn say_skipped() {
    eprintln!("skipped on PostgreSQL: TRUNKLINE_TEST_POSTGRES is not set");
}

/// An empty SQLite file.
pub async fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    TestDb { name: "sqlite", db: Db::open(&url).await.expect("an empty file opens"), url, _folder: Some(folder) }
}

/// An empty database on the server.
async fn postgres(server: &str) -> TestDb {
    let name = format!("test_{}", kernel::id::fresh().replace('-', ""));
    let admin = PgPool::connect(server).await.expect("the PostgreSQL server of the tests answers");
    query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&admin).await.expect("a database can be made");
    admin.close().await;
    let (base, _) = server.rsplit_once('/').expect("the address names a database");
    let url = format!("{base}/{name}");
    TestDb { name: "postgres", db: Db::open(&url).await.expect("the new database opens"), url, _folder: None }
}
