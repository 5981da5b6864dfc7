//! Guarded ramps over the real store and real flags, under virtual time: cut off at any moment they converge, and do
//! everything once.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use experiments::stats::proportions::Count;
use flags::{By, Flags, Stage};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use journeys::Entered;
use kernel::snapshot::{Later, Serving, Snapshot};
use kernel::{Kind, ManualClock, Problem};
use rollout::ramp::evidence::{Seen, Side, measure};
use rollout::ramp::state::{Plan, Ramp};
use rollout::ramp::{Answer, Customers, PUBLISHER, RampOptions, RampState, RampView, RampWish, Ramps};
use storage::outbox::Consumer;
use storage::testing::{TestDb, databases};

const FLAG: &str = r#"{"flags": {"gift-wrap": {"state": "ENABLED", "variants": {"on": true, "off": false},
  "defaultVariant": "off", "metadata": {"owner": "sales", "journey": "checkout"}}}}"#;
const HORIZON_MS: i64 = 60_000;
const SEEDS: u64 = 50;

/// An edge that may not answer.
#[derive(Debug, Default)]
struct Edge {
    generation: AtomicU64,
    is_away: AtomicBool,
}

impl Serving for Edge {
    fn put(&self, snapshot: Snapshot) -> Later<'_, ()> {
        let answer = if self.is_away.load(Relaxed) {
            Err(Problem::unavailable("the edge does not answer"))
        } else {
            self.generation.fetch_max(snapshot.generation, Relaxed);
            Ok(())
        };
        Box::pin(async { answer })
    }

    fn generation(&self, _name: &'static str) -> Later<'_, Option<u64>> {
        Box::pin(async { Ok(Some(self.generation.load(Relaxed))) })
    }
}

/// 300 persons of each variant in every leg; from this stage on, of those with the treatment only so many per cent come through.
#[derive(Debug)]
struct Virtual {
    bad_from: usize,
    percent: u64,
    problem: Mutex<Option<Problem>>,
}

impl Customers for Virtual {
    fn may_begin<'a>(&'a self, plan: &'a Plan) -> Answer<'a, ()> {
        assert_eq!(plan.journeys, ["checkout"]);
        async { Ok(()) }.boxed()
    }

    fn seen<'a>(&'a self, ramp: &'a Ramp, _now_ms: i64) -> Answer<'a, Vec<Seen>> {
        if let Some(problem) = self.problem.lock().unwrap().clone() {
            return async { Err(problem) }.boxed();
        }
        let person = |leg: usize, n: u64, side: Side, percent: u64| {
            let person = leg as u64 * 10_000 + n * 2 + u64::from(side == Side::Treatment);
            (Entered { person, at_ms: 0, release: None, came_through: n * 37 % 100 < percent }, Some(side))
        };
        let of = |(leg, stage): (usize, usize)| {
            let treated = if stage >= self.bad_from { self.percent } else { 60 };
            let control = (0..300).map(move |n| person(leg, n, Side::Control, 60));
            control.chain((0..300).map(move |n| person(leg, n, Side::Treatment, treated))).collect::<Vec<_>>()
        };
        let legs: Vec<_> = ramp.legs.iter().map(|leg| leg.stage).enumerate().map(of).collect();
        let seen = measure("checkout", HORIZON_MS, &legs, Count { n: 0, x: 0 });
        async { Ok(vec![seen]) }.boxed()
    }
}

struct Bed {
    test: TestDb,
    clock: ManualClock,
    edge: Arc<Edge>,
    customers: Arc<Virtual>,
    flags: Flags,
    ramps: Ramps,
}

fn by(why: &str) -> By {
    By { who: "ann".into(), why: Some(why.into()) }
}

impl Bed {
    async fn on(test: TestDb, bad_from: usize, percent: u64) -> Self {
        test.db.migrate(&[flags::MIGRATIONS, rollout::MIGRATIONS]).await.unwrap();
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let (clock, edge) = (ManualClock::at(noon), Arc::new(Edge::default()));
        let customers = Arc::new(Virtual { bad_from, percent, problem: Mutex::default() });
        let (flags, ramps) = open(&test, &clock, &edge, &customers);
        let files = [("flags/gift-wrap.json".to_owned(), FLAG.to_owned())];
        flags.apply("c1", &files, Stage::Live, &by("a commit")).await.unwrap();
        Self { test, clock, edge, customers, flags, ramps }
    }

    /// As after a kill -9: nothing in memory is left.
    fn restart(&mut self) {
        (self.flags, self.ramps) = open(&self.test, &self.clock, &self.edge, &self.customers);
    }

    async fn begin(&self) -> RampView {
        let wish = RampWish { flag: "gift-wrap".into(), stages: Some(vec![0.1, 0.5, 1.0]), ..RampWish::default() };
        self.ramps.begin(&wish, "ann").await.unwrap()
    }

    async fn goes_on(&self) -> RampView {
        self.clock.advance(SignedDuration::from_mins(11));
        self.ramps.watch().await.unwrap();
        self.ramps.show(1).await.unwrap()
    }

    /// What ramps wrote of the flag, oldest first: (what, treatment's share).
    async fn written(&self) -> Vec<(String, f64)> {
        let history = self.flags.history("gift-wrap").await.unwrap();
        let share = |event: &flags::view::FlagEvent| {
            event.split.iter().find(|share| share.variant == "on").map_or(0.0, |share| share.share)
        };
        let ours = history.iter().rev().filter(|event| event.who.starts_with("ramp "));
        ours.map(|event| (event.what.clone(), share(event))).collect()
    }

    async fn facts(&self) -> Vec<String> {
        let facts = Consumer::new(self.test.db.clone(), "test", PUBLISHER).next(100).await.unwrap();
        facts.into_iter().map(|fact| fact.kind).collect()
    }
}

fn open(test: &TestDb, clock: &ManualClock, edge: &Arc<Edge>, customers: &Arc<Virtual>) -> (Flags, Ramps) {
    let (db, clock) = (test.db.clone(), Arc::new(clock.clone()));
    let flags =
        Flags::open(flags::Options { db: db.clone(), clock: clock.clone(), serving: edge.clone(), events: None });
    let ramps = Ramps::open(RampOptions { db, clock, flags: flags.clone(), customers: customers.clone() });
    (flags, ramps)
}

fn ramped(shares: &[f64]) -> Vec<(String, f64)> {
    shares.iter().map(|share| ("flag.ramped".to_owned(), *share)).collect()
}

#[tokio::test]
async fn a_ramp_goes_by_its_stages_to_everybody_and_is_told() {
    for test in databases().await {
        let bed = Bed::on(test, 9, 60).await;
        let begun = bed.begin().await;
        assert_eq!((begun.state, begun.stage, begun.share), (RampState::Ramping, 1, 0.1), "{begun:?}");
        assert!(begun.since.is_some() && begun.waits_for.unwrap().contains("s of this stage are left"));
        let states: Vec<_> = [bed.goes_on().await, bed.goes_on().await].map(|view| (view.state, view.stage)).into();
        assert_eq!(states, [(RampState::Ramping, 2), (RampState::Ramping, 3)]);
        let done = bed.goes_on().await;
        assert_eq!((done.state, done.share, done.trouble), (RampState::Done, 1.0, None), "{}", done.sentence);
        assert_eq!(done.evidence[0].treatment.persons, 900);
        assert_eq!(bed.written().await, ramped(&[0.1, 0.5, 1.0]));
        assert_eq!(bed.facts().await, ["ramp.begun", "ramp.advanced", "ramp.advanced", "ramp.done"]);
    }
}

#[tokio::test]
async fn what_does_harm_goes_to_nobody_and_a_disaster_is_killed() {
    for (percent, what, state) in [(30, "flag.ramped", "dark"), (5, "flag.killed", "killed")] {
        for test in databases().await {
            let bed = Bed::on(test, 1, percent).await;
            bed.begin().await;
            bed.goes_on().await;
            let back = bed.goes_on().await;
            assert_eq!((back.state, back.share), (RampState::TurnedBack, 0.0), "{}", back.sentence);
            assert!(back.sentence.contains("checkout: "), "{}", back.sentence);
            assert_eq!(bed.written().await.last().unwrap().0, what);
            assert_eq!(bed.flags.show("gift-wrap").await.unwrap().item.state, state);
        }
    }
}

#[tokio::test]
async fn people_pause_resume_and_cancel_with_a_reason() {
    for test in databases().await {
        let bed = Bed::on(test, 9, 60).await;
        bed.begin().await;
        let silent = Problem::from(bed.ramps.pause(1, &By { why: None, ..by("") }).await.unwrap_err());
        assert_eq!(silent.kind, Kind::InvalidInput);
        let held = bed.ramps.pause(1, &by("a holiday")).await.unwrap();
        assert_eq!(held.sentence, "holds at stage 1 of 3: 10 % get \"on\": a holiday");
        assert_eq!(bed.goes_on().await.stage, 1, "it stays");
        bed.ramps.resume(1, &by("it is over")).await.unwrap();
        assert_eq!(bed.goes_on().await.stage, 2);
        let over = bed.ramps.cancel(1, &by("enough")).await.unwrap();
        assert_eq!((over.state, over.sentence.as_str()), (RampState::Overridden, "it gave way to ann: enough"));
        assert_eq!(bed.written().await, ramped(&[0.1, 0.5]), "the flag stays as it is");
        let again = Problem::from(bed.ramps.resume(1, &by("x")).await.unwrap_err());
        assert_eq!(again.kind, Kind::Conflict);
    }
}

#[tokio::test]
async fn a_kill_ends_it_and_it_says_who() {
    for test in databases().await {
        let bed = Bed::on(test, 9, 60).await;
        bed.begin().await;
        bed.flags.kill("gift-wrap", &by("it hurts")).await.unwrap();
        let over = bed.goes_on().await;
        assert_eq!(over.sentence, "it gave way to ann: ann killed the flag: it hurts");
        assert_eq!(over.state, RampState::Overridden);
        let problem = Problem::from(
            bed.ramps.begin(&RampWish { flag: "gift-wrap".into(), ..RampWish::default() }, "ann").await.unwrap_err(),
        );
        assert!(problem.told().contains("`trunkline flag clear gift-wrap`"), "{problem:?}");
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told_with_a_hint() {
    for test in databases().await {
        let bed = Bed::on(test, 9, 60).await;
        let wish = || RampWish { flag: "gift-wrap".into(), ..RampWish::default() };
        let wrong = [
            (RampWish { stages: Some(vec![0.5, 0.1]), ..wish() }, "do not grow"),
            (RampWish { to: Some(1.5), ..wish() }, "a stage of 1.5"),
            (RampWish { variant: Some("blue".into()), ..wish() }, "\"blue\" is not defined"),
            (RampWish { step_persons: Some(0), ..wish() }, "0 persons"),
        ];
        for (wish, told) in wrong {
            let problem = Problem::from(bed.ramps.begin(&wish, "ann").await.unwrap_err());
            assert!(problem.message.contains(told) && problem.hint.is_some(), "{problem:?}");
        }
        bed.begin().await;
        let twice =
            Problem::from(bed.ramps.begin(&RampWish { stages: Some(vec![0.5]), ..wish() }, "ann").await.unwrap_err());
        assert_eq!((twice.kind, twice.message.as_str()), (Kind::Conflict, "ramp 1 of gift-wrap goes on"));
    }
}

#[tokio::test]
async fn what_cannot_be_seen_holds_until_it_can() {
    for test in databases().await {
        let bed = Bed::on(test, 9, 60).await;
        bed.begin().await;
        *bed.customers.problem.lock().unwrap() = Some(Problem::not_found("there is no journey \"checkout\""));
        let held = bed.goes_on().await;
        assert_eq!(held.state, RampState::Holding);
        assert!(held.sentence.contains("there is no journey"), "{}", held.sentence);
        *bed.customers.problem.lock().unwrap() = None;
        assert_eq!(bed.goes_on().await.stage, 2);
    }
}

/// Steele, Lea & Flood 2014.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Goes on for so many steps, and is dropped in the middle of whatever it does then.
async fn cut<T>(future: impl Future<Output = T>, mut steps: u64) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        if steps == 0 {
            return Poll::Ready(None);
        }
        steps -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Gives how often it was cut off.
async fn play(test: TestDb, seed: u64) -> u64 {
    let mut random = SplitMix(seed);
    let bad_from = if seed.is_multiple_of(2) { 9 } else { 1 };
    let mut bed = Bed::on(test, bad_from, [30, 5][usize::from(seed % 4 == 1)]).await;
    bed.begin().await;
    let (mut cuts, killed_at) = (0, if seed % 5 == 4 { random.below(4) } else { u64::MAX });
    for round in 0..6 {
        bed.clock.advance(SignedDuration::from_mins(11));
        for _ in 0..3 {
            bed.edge.is_away.store(random.below(4) == 0, Relaxed);
            cuts += u64::from(cut(bed.ramps.watch(), random.below(25)).await.is_none());
            bed.restart();
        }
        bed.edge.is_away.store(false, Relaxed);
        if round == killed_at {
            bed.flags.kill("gift-wrap", &by("it hurts")).await.unwrap();
        }
        bed.ramps.watch().await.unwrap();
    }
    let (view, written) = (bed.ramps.show(1).await.unwrap(), bed.written().await);
    let history = bed.flags.history("gift-wrap").await.unwrap();
    let told = format!("seed {seed}: {view:#?} {written:?}");
    let whys: Vec<_> = history.iter().filter(|event| event.who == "ramp 1").map(|event| event.why.clone()).collect();
    assert!(
        whys.iter().all(|why| whys.iter().filter(|other| *other == why).count() == 1),
        "something is done twice: {told}"
    );
    assert!(
        ramped(&[0.1, 0.5, 1.0])
            .iter()
            .zip(&written)
            .all(|(planned, is)| planned == is || is.1 == 0.0 || is.0 == "flag.killed"),
        "{told}"
    );
    let is_killed = history.iter().any(|event| event.who == "ann" && event.what == "flag.killed");
    let ends = bed
        .facts()
        .await
        .into_iter()
        .filter(|kind| ["ramp.done", "ramp.turned_back", "ramp.overridden"].contains(&kind.as_str()));
    let ends: BTreeMap<String, u64> = ends.fold(BTreeMap::new(), |mut ends, kind| {
        *ends.entry(kind).or_default() += 1;
        ends
    });
    match view.state {
        RampState::Done => assert_eq!((written.len(), bad_from), (3, 9), "{told}"),
        RampState::TurnedBack => assert_eq!((written.len(), bad_from), (3, 1), "{told}"),
        RampState::Overridden => assert!(is_killed && history[0].who == "ann", "{told}"),
        RampState::Ramping | RampState::Holding => panic!("it does not end: {told}"),
    }
    // Harm may have been found, and told, just before somebody killed the flag.
    let end = format!("ramp.{}", view.state.text());
    let may_be_told = |kind: &str| kind == end || (kind == "ramp.turned_back" && view.state == RampState::Overridden);
    assert!(
        ends.get(&end) == Some(&1) && ends.iter().all(|(kind, times)| *times == 1 && may_be_told(kind)),
        "{ends:?}: {told}"
    );
    cuts
}

#[tokio::test]
async fn cut_off_at_fifty_moments_it_converges_and_does_everything_once() {
    let mut cuts = 0;
    for seed in 0..SEEDS {
        for test in databases().await {
            cuts += Box::pin(play(test, seed)).await;
        }
    }
    println!("{SEEDS} ramps were cut off {cuts} times");
    assert!(cuts >= SEEDS, "{cuts}");
}
