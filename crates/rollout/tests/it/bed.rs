//! A whole control plane over an edge, both in this process: what lands is deployed by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::Access;
use delivery::{By, Definitions, Delivery};
use events::{Events, EventsOptions, Retention};
use exec::Launcher;
use experiments::Experiments;
use feedback::Feedback;
use flags::Flags;
use flags::view::FlagView;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use journeys::{Journeys, JourneysOptions};
use kernel::{Clock, Problem, SystemClock};
use rollout::{Contexts, Inventories, Rollout};
use security::Security;
use security::model::Inventory;
use storage::Db;
use storage::outbox::Consumer;
use storage::testing::TestDb;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::repository::Repository;

/// How long anything may take here.
const SOON: Duration = Duration::from_mins(1);

pub(crate) struct Bed {
    pub(crate) repository: Repository,
    pub(crate) delivery: Delivery,
    pub(crate) flags: Flags,
    test: TestDb,
    edge: edge::Client,
    data: tempfile::TempDir,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// Every definition that a commit holds here is right.
#[derive(Debug)]
struct Trusting;

impl Definitions for Trusting {
    fn check(&self, _files: &[(String, String)]) -> Vec<Problem> {
        Vec::new()
    }
}

pub(crate) fn by() -> By {
    By { who: "ann".into(), why: Some("to see".into()) }
}

impl Bed {
    /// Watches a repository that is empty yet.
    pub(crate) async fn start() -> Self {
        let (test, data) = (storage::testing::sqlite().await, tempfile::tempdir().unwrap());
        for folder in ["edge", "logs", "repositories", "work", "artifacts", "services"] {
            std::fs::create_dir_all(data.path().join(folder)).unwrap();
        }
        let migrations = [
            access::MIGRATIONS,
            delivery::MIGRATIONS,
            events::MIGRATIONS,
            experiments::MIGRATIONS,
            feedback::MIGRATIONS,
            flags::MIGRATIONS,
            journeys::MIGRATIONS,
            rollout::MIGRATIONS,
            security::MIGRATIONS,
        ];
        test.db.migrate(&migrations).await.unwrap();
        let serves = tokio::spawn(serve(data.path().to_owned()));
        let edge = edge::Client::connect(data.path()).unwrap();
        let contexts = contexts(&test.db, &edge, data.path());
        let delivery = delivery(&test.db, &edge, data.path());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let rollout = Rollout::new(test.db.clone(), delivery.clone(), clock, "shop").with(contexts.clone());
        let (repository, shutdown) = (Repository::new(), CancellationToken::new());
        until("the edge serves", async || edge.state().await.map_or_else(|e| Err(e.to_string()), |_| Ok(()))).await;
        delivery.add_repository("shop", &repository.url(), Some("main"), &by()).await.unwrap();
        let mut tasks = delivery.start(shutdown.clone()).await.unwrap();
        tasks.extend(contexts.events.start(shutdown.clone()));
        tasks.push(rollout.start(shutdown.clone()));
        tasks.push(serves);
        Self { repository, delivery, flags: contexts.flags, test, edge, data, shutdown, tasks }
    }

    /// A path outside the repository.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Waits until the commit is live there, and rollout has done all that follows.
    pub(crate) async fn until_live(&self, service: &str, commit: &str) {
        until(&format!("{commit} is live as {service}"), async || {
            let services = self.delivery.status().await.unwrap().services;
            let live = services.into_iter().find(|s| s.service == service).and_then(|s| s.live);
            if live.is_some_and(|live| live.commit == commit) {
                return Ok(());
            }
            Err(format!("{:?}", self.delivery.attention().await.unwrap()))
        })
        .await;
        self.until_all_is_done().await;
    }

    /// Waits until the newest deployment of a service is of this commit and on its way.
    pub(crate) async fn until_on_its_way(&self, service: &str, commit: &str) {
        until(&format!("{commit} is on its way as {service}"), async || {
            let newest = self.delivery.deployments(Some(service), None, 1).await.unwrap().items.remove(0);
            let is_so = newest.commit == commit && newest.phase == "verifying";
            if is_so { Ok(()) } else { Err(format!("{newest:?}")) }
        })
        .await;
    }

    /// What a deployment that is live is made of.
    pub(crate) async fn inventory(&self, deployment: u64) -> Inventory {
        let (db, clock) = (self.test.db.clone(), Arc::new(SystemClock));
        let options = security::Options {
            db: db.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            reader: Arc::new(security::Here),
            mirror: None,
            scratch: self.path("work"),
        };
        let security = Security::open(options);
        let rollout = Rollout::new(db, self.delivery.clone(), clock, "shop");
        let inventories = Inventories { rollout, security: security.clone(), data: self.data.path().to_owned() };
        inventories.look().await.unwrap();
        security.inventory(deployment).await.unwrap().unwrap()
    }

    async fn until_all_is_done(&self) {
        let consumer = Consumer::new(self.test.db.clone(), "rollout", "delivery");
        until("rollout has read every fact", async || {
            let unread = consumer.next(1).await.unwrap();
            if unread.is_empty() { Ok(()) } else { Err(format!("{unread:?}")) }
        })
        .await;
    }

    pub(crate) async fn flag(&self, key: &str) -> FlagView {
        self.flags.show(key).await.unwrap()
    }

    pub(crate) async fn end(self) {
        self.shutdown.cancel();
        self.edge.shutdown().await.unwrap();
        for task in self.tasks {
            task.await.unwrap();
        }
        self.test.db.close().await;
    }
}

async fn serve(data: PathBuf) {
    let options = edge::Options {
        data,
        system_listen: "127.0.0.1:0".parse().unwrap(),
        product_listen: "127.0.0.1:0".parse().unwrap(),
        behind_proxy: Vec::new(),
        launcher: Launcher::beside_tests(),
    };
    edge::serve(options, || Ok(Arc::new(edge::NoExtension))).await.unwrap();
}

/// Owns nothing.
#[derive(Debug)]
struct Nobody;

impl feedback::Owners for Nobody {
    fn owner<'a>(&'a self, _: feedback::Subject<'a>) -> BoxFuture<'a, Result<Option<String>, Problem>> {
        async { Ok(None) }.boxed()
    }
}

fn contexts(db: &Db, edge: &edge::Client, data: &Path) -> Contexts {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let retention = Retention::default();
    let options = EventsOptions { db: db.clone(), clock: Arc::clone(&clock), data: data.to_owned(), retention };
    let events = Events::open(options).unwrap();
    let flags = Flags::open(flags::Options {
        db: db.clone(),
        clock: Arc::clone(&clock),
        serving: Arc::new(edge.clone()),
        events: Some(events.clone()),
    });
    let ours = JourneysOptions { db: db.clone(), clock: Arc::clone(&clock), events: Arc::new(events.clone()) };
    let journeys = Journeys::open(ours);
    let customers = Arc::new(experiments::Live { events: events.clone(), journeys: journeys.clone() });
    let experiments = Experiments::open(experiments::Options {
        db: db.clone(),
        clock: Arc::clone(&clock),
        customers,
        flags: Arc::new(rollout::Divisions(flags.clone())),
    });
    let feedback = Feedback::open(feedback::Options {
        db: db.clone(),
        clock,
        events: events.clone(),
        journeys: journeys.clone(),
        owners: Arc::new(Nobody),
        serving: Arc::new(edge.clone()),
    });
    Contexts { flags, journeys, experiments, feedback, events }
}

fn delivery(db: &Db, edge: &edge::Client, data: &Path) -> Delivery {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let options = delivery::Options {
        db: db.clone(),
        clock: Arc::clone(&clock),
        data: data.to_owned(),
        launcher: Launcher::beside_tests(),
        access: Access::new(db.clone(), clock),
        edge: edge.clone(),
        system_url: "http://127.0.0.1:1".into(),
        definitions: Arc::new(Trusting),
    };
    Delivery::open(options).unwrap()
}

/// Waits until it holds; says what was so instead if it does not.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> Result<(), String>) {
    let began = Instant::now();
    while let Err(instead) = holds().await {
        assert!(began.elapsed() < SOON, "it is not so that {what}: {instead}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
