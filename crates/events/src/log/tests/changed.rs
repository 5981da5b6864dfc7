//! Whoever follows what changed knows at any time what whoever reads everything knows.

use std::collections::BTreeMap;
use std::ops::Range;

use super::*;
use crate::log::{Mark, Persons};

const FLAG: &str = "gift-wrap";
const IDS: u64 = 30;

/// What a person was shown, and when they did what.
type Known = BTreeMap<u64, (Vec<(i64, String)>, Vec<(String, i64)>)>;

#[derive(Debug, Default)]
struct Follower {
    mark: Option<Mark>,
    known: Known,
    unwitnessed: Vec<u64>,
}

impl Follower {
    async fn follow(&mut self, bed: &Bed) {
        let changed = bed.events.changed(self.mark).await.unwrap();
        self.mark = Some(changed.mark);
        match &changed.persons {
            None => (self.known, self.unwitnessed) = (Known::new(), Vec::new()),
            Some(persons) => {
                self.known.retain(|person, _| !persons.contains(*person));
                self.unwitnessed.retain(|person| !persons.contains(*person));
            }
        }
        let (known, unwitnessed) = read(bed, changed.persons.as_ref()).await;
        self.known.extend(known);
        self.unwitnessed.extend(unwitnessed.keys());
        self.unwitnessed.sort_unstable();
    }
}

async fn read(bed: &Bed, of: Option<&Persons>) -> (Known, Persons) {
    let mut known = Known::new();
    let shown = bed.events.witnessed_exposures(FLAG, of).await.unwrap();
    for (person, at_ms, variant) in shown.exposures.each() {
        known.entry(person).or_default().0.push((at_ms, variant.to_owned()));
    }
    let who = of.map_or(Who::Witnessed, |of| Who::WitnessedOf(of.clone()));
    for list in bed.rows(&["came", "paid"], who).await.lists {
        for (person, time_ms) in list.persons.iter().zip(&list.times_ms) {
            known.entry(*person).or_default().1.push((list.name.clone(), *time_ms));
        }
    }
    (known, shown.unwitnessed)
}

impl Bed {
    /// Out of answers; the files follow.
    async fn hide(&self, id: &str) {
        let deletion = self.events.delete(id, "ada");
        drop(tokio::time::timeout(Duration::from_millis(100), deletion).await);
    }
}

/// Something that may happen.
fn record(random: &mut impl FnMut(u64) -> u64, kinds: &Range<u64>, n: u64) -> Record {
    let at_ms = NOW_MS - 1_000_000 + i64::try_from(n).unwrap();
    let late = |random: &mut dyn FnMut(u64) -> u64| at_ms - i64::try_from(random(500_000)).unwrap();
    let [one, other] = [(); 2].map(|()| format!("p{}", random(IDS)));
    let witness = [None, Some(one.clone()), Some(other.clone())][usize::try_from(random(3)).unwrap()].clone();
    let role = [None, Some(access::Role::Client)][usize::try_from(random(2)).unwrap()];
    match kinds.start + random(kinds.end - kinds.start) {
        0 => Record::Unlink(Unlink { from: one, into: other, at_ms }),
        1 => {
            let (id, at_ms) = (Uuid::from_u128(u128::from(n)), late(random));
            Record::Identity(Identity { id, from: one, into: other, at_ms, source: Source::Edge, witness, role })
        }
        2 => served(&one, 1, at_ms, random(2) == 0),
        3 | 4 => {
            let variant = ["on", "off"][usize::try_from(random(2)).unwrap()];
            let Record::Exposure(exposure) = exposure(FLAG, variant, &one, at_ms) else { unreachable!() };
            Record::Exposure(Exposure { witness, role, ..exposure })
        }
        _ => {
            let name = ["came", "paid", "left"][usize::try_from(random(3)).unwrap()];
            let time_ms = late(random);
            Record::Event(Event { role, witness, ..event(u128::from(n), name, &one, time_ms) })
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_follows_what_changed_knows_what_whoever_reads_everything_knows() {
    for seed in 0..8_u64 {
        let (test, data) = (storage::testing::sqlite().await, tempfile::tempdir().unwrap());
        let bed = Bed::start(&test.db, data.path(), None).await;
        let writer = bed.edge();
        let mut state = seed;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (mut follower, mut n, mut seen) = (Follower::default(), 0, 0);
        for round in 0..25 {
            // So many at first that later a few persons' rows are searched for.
            let (count, kinds) = if round == 0 { (3_000, 2..8) } else { (random(10), 0..8) };
            let records: Vec<Record> = (n..n + count).map(|n| record(&mut random, &kinds, n)).collect();
            n += count;
            append(&writer, records).await;
            match round {
                17 => bed.hide(&format!("p{}", random(IDS))).await,
                _ if round % 2 == 1 => writer.seal().await.unwrap(),
                _ => {}
            }
            // All that was told is known when this is.
            let last = format!("last-{round}");
            append(&writer, [exposure("last", "on", &last, NOW_MS)]).await;
            bed.until("it is known", async |bed| bed.events.exposed_persons("last").await.unwrap() > round).await;
            follower.follow(&bed).await;
            let (known, unwitnessed) = read(&bed, None).await;
            seen += known.len();
            assert_eq!(follower.known, known, "seed {seed}, round {round}");
            assert_eq!(follower.unwitnessed, unwitnessed.keys(), "seed {seed}, round {round}");
        }
        assert!(seen > 25, "seed {seed}: hardly anybody was seen");
        bed.until_stored().await;
        bed.stop().await;
        // Whoever begins anew reads it all from the files.
        let bed = Bed::start(&test.db, data.path(), None).await;
        assert_eq!(read(&bed, None).await.0, follower.known, "seed {seed}, from the files");
        bed.stop().await;
    }
}
