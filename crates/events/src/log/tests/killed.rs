//! Wherever the work ends: every event is there once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use storage::testing::{databases, sqlite};

use super::*;

/// Several log files with doubles within and between them.
async fn fill(writer: &Writer, round: u128) -> BTreeSet<u128> {
    let mut ids = BTreeSet::new();
    for file in 0..5_u128 {
        for n in 0..40 {
            // Every id comes twice, and some in two files.
            let id = round * 10_000 + file * 30 + n;
            ids.insert(id);
            let name = ["seen", "bought", "left"][usize::try_from(id % 3).unwrap()];
            let time = NOW_MS - i64::try_from(id).unwrap();
            let event = || Record::Event(event(id, name, &format!("person {}", id % 7), time));
            append(writer, [event(), event()]).await;
        }
        append(writer, [exposure("flag", "on", &format!("person {file}"), NOW_MS)]).await;
        writer.seal().await.unwrap();
    }
    ids
}

#[tokio::test]
async fn what_is_acknowledged_is_seen_at_once_and_after_a_restart() {
    for store in databases().await {
        let data = tempfile::tempdir().unwrap();
        let bed = Bed::start(&store.db, data.path(), None).await;
        let writer = bed.edge();
        for round in 0..3_usize {
            let n = round as u128;
            append(&writer, [Record::Event(event(n, "seen", "ann", NOW_MS))]).await;
            let begun = std::time::Instant::now();
            bed.until("the event is seen", async |bed| bed.told("seen", Who::Everyone).await.len() > round).await;
            assert!(begun.elapsed() < Duration::from_secs(1), "{}: seen after {:?}", store.name, begun.elapsed());
        }
        bed.stop().await;
        let bed = Bed::start(&store.db, data.path(), None).await;
        assert_eq!(bed.told("seen", Who::Everyone).await.len(), 3, "{}", store.name);
        bed.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_wherever_the_work_ends() {
    for store in databases().await {
        let data = tempfile::tempdir().unwrap();
        let (mut ids, mut round) = (BTreeSet::new(), 0);
        for steps in 1..60 {
            let bed = Bed::start(&store.db, data.path(), Some(steps)).await;
            if steps % 6 == 1 {
                let writer = bed.edge();
                ids.extend(fill(&writer, round).await);
                round += 1;
                writer.close().await.unwrap();
            }
            bed.until("the work ends by itself or is done", async |bed| {
                bed.events.0.stops.has_stopped() || {
                    let sealed = columnar::wal::Reader::open(&bed.data.join("events/log")).sealed().unwrap();
                    sealed.is_empty() && *bed.events.0.loaded.borrow()
                }
            })
            .await;
            bed.stop().await;
            let bed = Bed::start(&store.db, data.path(), None).await;
            let told: usize = bed.counted().await.values().sum();
            assert_eq!(told, ids.len(), "{}: after an end at step {steps}", store.name);
            if steps % 6 != 0 {
                // The next one has something to do.
                bed.shutdown.cancel();
            }
            bed.stop().await;
        }
        let bed = Bed::start(&store.db, data.path(), None).await;
        bed.until_stored().await;
        assert_eq!(bed.counted().await.values().sum::<usize>(), ids.len());
        assert_eq!(bed.events.exposed_persons("flag").await.unwrap(), 5);
        let segments = bed.events.0.read().segments.len();
        assert!(segments < 30, "{segments} segments: they are merged");
        bed.stop().await;
    }
}

/// What a model does with a step.
#[derive(Debug, Clone)]
enum Step {
    Event { id: u128, name: u8, person: u8, time: i64 },
    Identify { from: u8, into: u8 },
    Seal,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..60_u128, 0..3_u8, 0..6_u8, 0..5_i64).prop_map(|(id, name, person, time)| Step::Event { id, name, person, time }),
        1 => (0..6_u8, 0..6_u8).prop_map(|(from, into)| Step::Identify { from, into }),
        1 => Just(Step::Seal),
        1 => Just(Step::Restart),
    ]
}

/// First event of each id counts; first claim about each person counts.
#[derive(Default)]
struct Model {
    events: BTreeMap<u128, (u8, u8, i64)>,
    parents: BTreeMap<u8, u8>,
}

impl Model {
    fn root(&self, mut person: u8) -> u8 {
        while let Some(parent) = self.parents.get(&person) {
            person = *parent;
        }
        person
    }

    fn rows(&self, name: u8) -> Vec<(String, i64)> {
        let own = self.events.values().filter(|(own, _, _)| *own == name);
        let mut rows: Vec<_> = own.map(|(_, person, time)| (self.root(*person).to_string(), *time)).collect();
        rows.sort();
        rows
    }
}

async fn agrees_with_a_model(steps: Vec<Step>) {
    let store = sqlite().await;
    let data = tempfile::tempdir().unwrap();
    let mut bed = Bed::start(&store.db, data.path(), None).await;
    let writer = bed.edge();
    let mut model = Model::default();
    for (at, step) in steps.into_iter().enumerate() {
        match step {
            Step::Event { id, name, person, time } => {
                model.events.entry(id).or_insert((name, person, time));
                let event = event(id, &name.to_string(), &person.to_string(), time);
                append(&writer, [Record::Event(event)]).await;
            }
            Step::Identify { from, into } => {
                let (at_ms, is_ring) = (i64::try_from(at).unwrap(), model.root(into) == from);
                if !is_ring && !model.parents.contains_key(&from) {
                    model.parents.insert(from, into);
                }
                append(&writer, [identity(&from.to_string(), &into.to_string(), at_ms)]).await;
            }
            Step::Seal => writer.seal().await.unwrap(),
            Step::Restart => {
                let (db, path) = (bed.db.clone(), bed.data.clone());
                bed.stop().await;
                bed = Bed::start(&db, &path, None).await;
            }
        }
    }
    bed.until("all is read", async |bed| bed.counted().await.values().sum::<usize>() == model.events.len()).await;
    append(&writer, [Record::Event(event(9_999, "last", "last", 0))]).await;
    bed.until("the last is read", async |bed| bed.told("last", Who::Everyone).await.len() == 1).await;
    for name in 0..3 {
        let mut told = bed.told(&name.to_string(), Who::Everyone).await;
        told.sort();
        assert_eq!(told, model.rows(name));
    }
    bed.stop().await;
}

#[test]
fn random_records_with_restarts_equal_a_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 24, max_shrink_iters: 8, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let strategy = proptest::collection::vec(step(), 1..80);
    runner
        .run(&strategy, |steps| {
            runtime.block_on(agrees_with_a_model(steps));
            Ok(())
        })
        .unwrap();
}
