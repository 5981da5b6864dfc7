//! A delivery with a repository, a data folder and a store, and no edge.

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::Access;
use delivery::gate::Gate;
use delivery::{By, Delivery, Options};
use exec::Launcher;
use kernel::SystemClock;
use storage::outbox::Consumer;
use storage::testing::TestDb;
use storage::{Db, args};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{SOON, text};
use crate::git::repository::Repository;
use crate::words::Words;

pub(super) struct Bed {
    pub(super) repository: Repository,
    pub(super) delivery: Delivery,
    test: TestDb,
    data: tempfile::TempDir,
    gates: Vec<Arc<dyn Gate>>,
    edge: Option<edge::Client>,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Bed {
    /// Watches a repository whose first commit will hold `declaration`.
    pub(super) async fn start(test: TestDb, declaration: &str) -> Self {
        Self::judged_by(vec![], test, declaration).await
    }

    /// As [`Bed::start`], with these gates.
    pub(super) async fn judged_by(gates: Vec<Arc<dyn Gate>>, test: TestDb, declaration: &str) -> Self {
        let repository = Repository::new();
        repository.write("trunkline.yaml", declaration);
        repository.write("serve.sh", "sleep 1000");
        test.db.migrate(&[access::MIGRATIONS, delivery::MIGRATIONS]).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let delivery = open(&test.db, data.path());
        let shutdown = CancellationToken::new();
        let mut bed = Self { repository, delivery, test, data, gates, edge: None, shutdown, tasks: vec![] };
        bed.go().await;
        bed
    }

    /// As [`Bed::start`], with an edge, so that what is due is deployed.
    pub(super) async fn with_edge(test: TestDb, declaration: &str) -> Self {
        let mut bed = Self::judged_by(vec![], test, declaration).await;
        let (data, edge) = (bed.data.path().to_owned(), edge::Client::connect(bed.data.path()).unwrap());
        bed.tasks.push(tokio::spawn(async move {
            let any = || "127.0.0.1:0".parse().unwrap();
            let launcher = Launcher::beside_tests();
            let options =
                edge::Options { data, system_listen: any(), product_listen: any(), behind_proxy: Vec::new(), launcher };
            edge::serve(options, || Ok(Arc::new(edge::NoExtension))).await.unwrap();
        }));
        bed.edge = Some(edge);
        bed
    }

    /// Where an artifact is.
    pub(super) fn artifact(&self, digest: &str) -> std::path::PathBuf {
        delivery::verify::artifact::folder(&self.data.path().join("artifacts"), digest)
    }

    async fn go(&mut self) {
        let by = By { who: "test".into(), why: None };
        self.delivery.add_repository("shop", &self.repository.url(), Some("main"), &by).await.unwrap();
        self.delivery.judged_by(self.gates.clone());
        self.tasks = self.delivery.start(self.shutdown.clone()).await.unwrap();
    }

    /// As if the control plane was killed and came back.
    pub(super) async fn restart(&mut self) {
        self.shutdown.cancel();
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        self.shutdown = CancellationToken::new();
        self.delivery = open(&self.test.db, self.data.path());
        self.go().await;
    }

    /// The engine, for messages.
    pub(super) fn name(&self) -> &'static str {
        self.test.name
    }

    pub(super) fn db(&self) -> &Db {
        &self.test.db
    }

    /// Waits until the newest run of the commit is in this state.
    pub(super) async fn until_run(&self, sha: &str, state: &str) {
        let began = Instant::now();
        loop {
            let states = self.run_states(sha).await;
            if states.last().is_some_and(|last| last == state) {
                return;
            }
            assert!(began.elapsed() < SOON, "the run of {sha} is not {state} on {}: {states:?}", self.name());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// States of a commit's runs, oldest first.
    pub(super) async fn run_states(&self, sha: &str) -> Vec<String> {
        let rows =
            self.db().all("SELECT id, state FROM delivery_run WHERE sha = $1 ORDER BY id", args![sha]).await.unwrap();
        rows.iter().map(|row| text(&row.get::<String>("state").unwrap())).collect()
    }

    /// The kinds of all facts so far.
    pub(super) async fn facts(&self) -> Vec<String> {
        let facts = Consumer::new(self.db().clone(), "test", "delivery").next(1_000).await.unwrap();
        facts.into_iter().map(|fact| fact.kind).collect()
    }

    pub(super) async fn end(self) {
        self.shutdown.cancel();
        if let Some(edge) = self.edge {
            edge.shutdown().await.unwrap();
        }
        for task in self.tasks {
            task.await.unwrap();
        }
        self.test.db.close().await;
    }
}

fn open(db: &Db, data: &std::path::Path) -> Delivery {
    for folder in ["edge", "logs", "repositories", "work", "artifacts", "services"] {
        std::fs::create_dir_all(data.join(folder)).unwrap();
    }
    let clock = Arc::new(SystemClock);
    let options = Options {
        db: db.clone(),
        clock: clock.clone(),
        data: data.to_owned(),
        launcher: Launcher::beside_tests(),
        access: Access::new(db.clone(), clock),
        edge: edge::Client::connect(data).unwrap(),
        system_url: "http://127.0.0.1:1".into(),
        definitions: Arc::new(Words),
    };
    Delivery::open(options).unwrap()
}
