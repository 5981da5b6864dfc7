//! A look at an experiment: everybody counted anew, beside carrying on after some more have come. Through the real path: log,
//! segments, journeys, three metrics.
//!
//! `cargo bench -p experiments`. Without `--bench` (as tests run it) it only shows that it works, with a hundredth of the persons.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks, and ends where it cannot go on")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use columnar::wal::{self, Writer};
use events::record::{Event, Exposure, Record, Served, Source};
use events::{Events, EventsOptions, Retention};
use experiments::model::Division;
use experiments::{Answer, By, Experiments, Extent, Flags, Live};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use journeys::{Journeys, JourneysOptions, Stage};
use kernel::{Clock, ManualClock};
use serde_json::value::RawValue;
use storage::testing::TestDb;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PERSONS: u64 = 500_000;
const ROUNDS: u64 = 10;
/// Records of one append.
const BATCH: u64 = 2_000;

const EXPERIMENT: &str =
    "{ experiment: x, owner: sales, hypothesis: it is better, flag: x, control: 'off', treatment: 'on',
    within: 1h, min_duration: 364d, planned_persons: 100000000, metrics: [
      { name: paid, role: success, journey: checkout },
      { name: helped, role: guardrail, event: help, better: down },
      { name: revenue, role: guardrail, event: paid, sum: price, margin: 20% } ] }";

const JOURNEY: &str = "{ journey: checkout, domain: sales, within: 1h, steps: [{ name: came, event: came }, { name: paid, event: paid }] }";

#[derive(Debug)]
struct Halves;

impl Flags for Halves {
    fn division<'a>(&'a self, _flag: &'a str) -> Answer<'a, Division> {
        let shares = ["on", "off"].map(|variant| (variant.to_owned(), 0.5)).into();
        async { Ok(Division { shares, no_ramp: None }) }.boxed()
    }
}

struct Bed {
    clock: ManualClock,
    writer: Writer,
    events: Events,
    journeys: Journeys,
    test: TestDb,
    came: u64,
}

impl Bed {
    async fn start(data: &Path, shutdown: &CancellationToken) -> Self {
        let test = storage::testing::sqlite().await;
        test.db.migrate(&[events::MIGRATIONS, experiments::MIGRATIONS, journeys::MIGRATIONS]).await.unwrap();
        let clock = ManualClock::at("2026-11-24T12:00:00Z".parse::<Timestamp>().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let (db, data) = (test.db.clone(), data.to_owned());
        let options = wal::Options {
            folder: data.join("events/log"),
            seal_bytes: 32 << 20,
            seal_after: Duration::from_mins(1),
            queue_bytes: 64 << 20,
        };
        let writer = Writer::open(options).unwrap();
        let (retention, clock_of_events) = (Retention::default(), Arc::clone(&shared));
        let events = Events::open(EventsOptions { db: db.clone(), clock: clock_of_events, data, retention }).unwrap();
        events.start(shutdown.clone());
        let journeys = Journeys::open(JourneysOptions { db, clock: shared, events: Arc::new(events.clone()) });
        journeys.apply("c1", &[("journeys/checkout.yaml".into(), JOURNEY.into())], Stage::Live).await.unwrap();
        Self { clock, writer, events, journeys, test, came: 0 }
    }

    /// As after a restart: nobody is counted yet.
    fn experiments(&self) -> Experiments {
        Experiments::open(experiments::Options {
            db: self.test.db.clone(),
            clock: Arc::new(self.clock.clone()),
            customers: Arc::new(Live { events: self.events.clone(), journeys: self.journeys.clone() }),
            flags: Arc::new(Halves),
        })
    }

    /// So many persons come; two hours go by, and all of it is known.
    async fn come(&mut self, persons: u64) {
        let at_ms = self.clock.now().as_millisecond();
        for first in (self.came..self.came + persons).step_by(usize::try_from(BATCH).unwrap()) {
            let batch = first..(first + BATCH).min(self.came + persons);
            let records = batch.flat_map(|n| records(n, at_ms)).map(|record| record.encode()).collect();
            self.writer.append(records).await.unwrap();
        }
        self.came += persons;
        self.clock.advance(SignedDuration::from_hours(2));
        while self.events.exposed_persons("x").await.unwrap() < self.came {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Everybody is given a variant; a quarter pays, one in twenty asks for help.
fn records(n: u64, at_ms: i64) -> Vec<Record> {
    let person = format!("person-{n}");
    let variant = if n.is_multiple_of(2) { "on" } else { "off" };
    let served = Served { person: person.clone(), service: "shop".into(), deployment: 1, at_ms, witnessed: true };
    let exposure = Exposure {
        flag: "x".into(),
        variant: variant.into(),
        unit_kind: "visitor".into(),
        unit: person.clone(),
        at_ms,
        reason: "SPLIT".into(),
        revision: 1,
        split: None,
        source: Source::Ofrep,
        aside: None,
        witness: None,
        role: None,
    };
    let event = |place: u32, name: &str| {
        let time_ms = at_ms + i64::from(place);
        Record::Event(Event {
            id: Uuid::from_u128(u128::from(n) * 8 + u128::from(place)),
            name: name.into(),
            distinct_id: person.clone(),
            time_ms,
            received_ms: time_ms,
            properties: RawValue::from_string(format!(r#"{{"price":{}.5}}"#, n % 90)).unwrap(),
            source: Source::PosthogV0,
            token: None,
            role: None,
            deployment: None,
            witness: None,
            aside: None,
        })
    };
    let did = [("came", 1), ("paid", 4), ("help", 20)];
    // As many of either arm.
    let did = (1..).zip(did).filter(|(_, (_, one_in))| (n / 2).is_multiple_of(*one_in));
    let did: Vec<Record> = did.map(|(place, (name, _))| event(place, name)).collect();
    [Record::Served(served), Record::Exposure(exposure)].into_iter().chain(did).collect()
}

async fn look(experiments: &Experiments) -> Duration {
    let began = Instant::now();
    experiments.look_at_all().await.unwrap();
    began.elapsed()
}

async fn measure(persons: u64, rounds: u64) {
    let (data, shutdown) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let mut bed = Bed::start(data.path(), &shutdown).await;
    let carrying = bed.experiments();
    carrying.apply("c1", &[("experiments/x.yaml".into(), EXPERIMENT.into())], Extent::All).await.unwrap();
    carrying.begin("x", &By { who: "ada".into(), why: None }).await.unwrap();
    bed.come(persons).await;
    look(&carrying).await;
    println!("{persons} persons, three metrics; medians of {rounds} looks");
    for part in [100, 10_000] {
        let (mut carried, mut anew) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            bed.come((persons / part).max(1)).await;
            carried.push(look(&carrying).await);
            anew.push(look(&bed.experiments()).await);
            let view = carrying.show("x").await.unwrap();
            assert!(view.trouble.is_none(), "{:?}", view.trouble);
            assert_eq!(view.arms.iter().map(|arm| arm.followed).sum::<u64>(), bed.came);
        }
        let [anew, carried] = [median(anew), median(carried)];
        let times = anew.as_secs_f64() / carried.as_secs_f64();
        println!("1/{part} more: counted anew {anew:.1?}, carried on {carried:.1?}: {times:.1} times less");
    }
    shutdown.cancel();
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (persons, rounds) = if is_bench { (PERSONS, ROUNDS) } else { (PERSONS / 100, 1) };
    tokio::runtime::Runtime::new().unwrap().block_on(measure(persons, rounds));
}
