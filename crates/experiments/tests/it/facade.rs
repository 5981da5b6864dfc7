//! The verbs, on both engines, with customers in memory.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use events::{ExposureIndex, Persons, WitnessedExposures};
use experiments::model::{Decision, Definition, Division, Metric, assess};
use experiments::{
    Answer, By, Choice, Customers, Decided, Experiments, Extent, Flags, MIGRATIONS, Mark, Options, PUBLISHER, Stage,
};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use journeys::Did;
use journeys::model::Since;
use kernel::{Clock as _, Kind, ManualClock, Problem};
use storage::outbox::Consumer;
use storage::testing::{TestDb, databases};

const FILE: &str =
    "{ experiment: gift-wrap, owner: sales, hypothesis: it brings orders, flag: gift-wrap, control: 'off',
    treatment: 'on', within: 1m, min_duration: 1m, min_persons: 50, planned_persons: 400,
    metrics: [{ name: paid, role: success, journey: checkout }] }";

/// What customers saw and did.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    shown: Mutex<Vec<(u64, i64, String)>>,
    did: Mutex<Vec<Did>>,
    /// The journey is not there.
    is_gone: AtomicBool,
    /// Of whom it is told that they changed, in order; otherwise everybody may have.
    news: Mutex<Option<Vec<u64>>>,
    /// Of how many it was asked what they were shown; nothing is everybody.
    asked: Mutex<Vec<Option<usize>>>,
}

impl Customers for Memory {
    fn changed<'a>(&'a self, _metrics: &'a [Metric], since: Option<&'a Mark>) -> Answer<'a, (Mark, Option<Persons>)> {
        let news = self.news.lock().unwrap().clone();
        let length = news.as_ref().map_or(0, |news| news.len() as u64);
        let mark = Mark { journeys: vec![Some(length)], ..Mark::default() };
        let known = since.and_then(|since| usize::try_from(since.journeys[0]?).ok());
        let persons = news.zip(known).map(|(news, known)| Persons::of(news[known..].iter().copied()));
        async { Ok((mark, persons)) }.boxed()
    }

    fn shown<'a>(&'a self, flag: &'a str, of: Option<&'a Persons>) -> Answer<'a, WitnessedExposures> {
        assert_eq!(flag, "gift-wrap");
        self.asked.lock().unwrap().push(of.map(|of| of.keys().len()));
        let shown = self.shown.lock().unwrap().clone();
        let exposures = ExposureIndex::of(shown.into_iter().filter(|(person, ..)| is_asked(*person, of)));
        async { Ok(WitnessedExposures { exposures, ..WitnessedExposures::default() }) }.boxed()
    }

    fn did<'a>(&'a self, metric: &'a Metric, from_ms: i64, of: &'a [Since]) -> Answer<'a, Vec<Did>> {
        assert_eq!(metric.journey.as_deref(), Some("checkout"));
        if self.is_gone.load(Relaxed) {
            return async { Err(Problem::not_found("there is no journey \"checkout\"")) }.boxed();
        }
        let did = self.did.lock().unwrap();
        let did = did
            .iter()
            .filter(|did| did.at_ms >= from_ms && of.iter().any(|since| since.person == did.person))
            .copied()
            .collect();
        async { Ok(did) }.boxed()
    }
}

fn is_asked(person: u64, of: Option<&Persons>) -> bool {
    of.is_none_or(|of| of.contains(person))
}

/// Flags that divide customers into halves; but for one that is dark.
#[derive(Debug)]
pub(crate) struct Halves;

impl Flags for Halves {
    fn division<'a>(&'a self, flag: &'a str) -> Answer<'a, Division> {
        let shares = if flag == "dark" { [0.0, 1.0] } else { [0.5, 0.5] };
        let shares = ["on", "off"].map(str::to_owned).into_iter().zip(shares).collect();
        async { Ok(Division { shares, no_ramp: None }) }.boxed()
    }
}

fn problem(outcome: Result<experiments::ExperimentView, experiments::Error>) -> Problem {
    Problem::from(outcome.unwrap_err())
}

struct Bed {
    test: TestDb,
    clock: Arc<ManualClock>,
    customers: Arc<Memory>,
    experiments: Experiments,
}

fn by(why: Option<&str>) -> By {
    By { who: "ada".into(), why: why.map(str::to_owned) }
}

impl Bed {
    async fn on(test: TestDb) -> Self {
        test.db.migrate(&[MIGRATIONS]).await.unwrap();
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let (clock, customers) = (Arc::new(ManualClock::at(noon)), Arc::new(Memory::default()));
        let experiments = Experiments::open(Options {
            db: test.db.clone(),
            clock: clock.clone(),
            customers: customers.clone(),
            flags: Arc::new(Halves),
        });
        Self { test, clock, customers, experiments }
    }

    async fn declare(&self, text: &str, extent: Extent) {
        let files = [("experiments/gift-wrap.yaml".to_owned(), text.to_owned())];
        self.experiments.apply("c1", &files, extent).await.unwrap();
    }

    /// 100 persons come to each arm, of whom this share converts; then their time goes by.
    fn customers_come(&self, control: u64, treatment: u64) {
        let now_ms = self.clock.now().as_millisecond();
        let first = self.customers.shown.lock().unwrap().len() as u64;
        for n in 0..200 {
            let (variant, share) = if n % 2 == 0 { ("off", control) } else { ("on", treatment) };
            self.customers.shown.lock().unwrap().push((first + n, now_ms, variant.to_owned()));
            if n / 2 < share {
                self.customers.did.lock().unwrap().push(Did { person: first + n, at_ms: now_ms + 1_000, value: 1.0 });
            }
            if let Some(news) = self.customers.news.lock().unwrap().as_mut() {
                news.push(first + n);
            }
        }
        self.clock.advance(SignedDuration::from_mins(2));
    }

    /// Whether each look that is kept of a run says today what it said then; how many are kept.
    async fn replays(&self, run: u64) -> usize {
        let fixed = self.experiments.run("gift-wrap", run).await.unwrap().definition;
        let definition: Definition = serde_json::from_value(fixed).unwrap();
        let looks = self.experiments.looks("gift-wrap", Some(run)).await.unwrap();
        for look in &looks {
            let evidence = serde_json::from_value(look.evidence.clone()).unwrap();
            let again = assess(&definition, &evidence);
            // As text: what differs in the last bit of a number is not the same.
            let [again, then] = [&again, &look.assessment].map(|said| serde_json::to_string(said).unwrap());
            assert_eq!(again, then, "run {run}, look {}", look.look);
        }
        looks.len()
    }

    async fn facts(&self) -> Vec<Decided> {
        let consumer = Consumer::new(self.test.db.clone(), "test", PUBLISHER);
        let facts = consumer.next(10).await.unwrap();
        facts.into_iter().map(|fact| serde_json::from_value(fact.payload).unwrap()).collect()
    }
}

#[tokio::test]
async fn what_is_better_is_decided_once_and_told() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(FILE, Extent::New).await;
        let draft = bed.experiments.show("gift-wrap").await.unwrap();
        assert_eq!((draft.state, draft.verdict), (Stage::Draft, None));
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        bed.experiments.look_at_all().await.unwrap();
        let empty = bed.experiments.show("gift-wrap").await.unwrap();
        assert_eq!(empty.verdict.unwrap().decision, Decision::KeepRunning);

        bed.customers_come(40, 70);
        bed.experiments.look_at_all().await.unwrap();
        let view = bed.experiments.show("gift-wrap").await.unwrap();
        let verdict = view.verdict.unwrap();
        assert_eq!((view.state, verdict.decision, verdict.look), (Stage::Decided, Decision::Ship, Some(2)));
        assert!(
            verdict.sentence.starts_with("\"on\" took paid from 40.0 % to 70.0 % (+30.0 points"),
            "{}",
            verdict.sentence
        );
        assert_eq!(view.arms.iter().map(|arm| (arm.units, arm.followed)).collect::<Vec<_>>(), [(100, 100), (100, 100)]);

        bed.experiments.look_at_all().await.unwrap();
        let facts = bed.facts().await;
        assert_eq!(facts.len(), 1, "decided once");
        assert_eq!(
            (facts[0].flag.as_str(), facts[0].treatment.as_str(), facts[0].decision),
            ("gift-wrap", "on", Decision::Ship)
        );
    }
}

#[tokio::test]
async fn a_look_reads_who_changed_and_a_decision_reads_everybody() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        *bed.customers.news.lock().unwrap() = Some(Vec::new());
        bed.declare(&FILE.replace("planned_persons: 400", "planned_persons: 2000"), Extent::New).await;
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        let look = async || {
            bed.experiments.look_at_all().await.unwrap();
            std::mem::take(&mut *bed.customers.asked.lock().unwrap())
        };
        bed.customers_come(50, 52);
        assert_eq!(look().await, [None], "nobody is known");
        assert_eq!(look().await, [Some(0)]);
        bed.customers_come(50, 51);
        assert_eq!(look().await, [Some(200)]);
        let arms = bed.experiments.show("gift-wrap").await.unwrap().arms;
        assert_eq!(arms.iter().map(|arm| arm.followed).collect::<Vec<_>>(), [200, 200]);
        bed.customers_come(30, 95);
        assert_eq!(look().await, [Some(200), None]);
        assert_eq!(bed.experiments.show("gift-wrap").await.unwrap().verdict.unwrap().decision, Decision::Ship);

        // The next run begins with nobody.
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        bed.customers_come(50, 50);
        assert_eq!(look().await, [None]);
    }
}

#[tokio::test]
async fn what_was_carried_on_decides_nothing() {
    let bed = Bed::on(storage::testing::sqlite().await).await;
    *bed.customers.news.lock().unwrap() = Some(Vec::new());
    bed.declare(&FILE.replace("planned_persons: 400", "planned_persons: 2000"), Extent::New).await;
    bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
    bed.customers_come(40, 48);
    bed.experiments.look_at_all().await.unwrap();
    // They paid, and now they did not; and nobody tells.
    bed.customers.did.lock().unwrap().retain(|did| did.person % 2 == 0);
    bed.customers_come(40, 75);
    bed.experiments.look_at_all().await.unwrap();
    assert_eq!(*bed.customers.asked.lock().unwrap(), [None, Some(200), None], "what was carried on would have decided");
    let view = bed.experiments.show("gift-wrap").await.unwrap();
    assert_eq!((view.state, view.verdict.unwrap().decision), (Stage::Running, Decision::KeepRunning));
}

#[tokio::test]
async fn each_look_can_be_worked_out_again_from_what_it_saw() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(FILE, Extent::New).await;
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        for (control, treatment) in [(50, 55), (48, 51)] {
            bed.customers_come(control, treatment);
            bed.experiments.look_at_all().await.unwrap();
            // Nothing new was seen.
            bed.experiments.look_at_all().await.unwrap();
        }
        let looks = bed.experiments.looks("gift-wrap", None).await.unwrap();
        assert_eq!(looks.iter().map(|look| look.look).collect::<Vec<_>>(), [1, 2]);
        let definition = experiments::model::parse(FILE, "x.yaml").unwrap();
        for look in looks {
            let evidence = serde_json::from_value(look.evidence).unwrap();
            assert_eq!(experiments::model::assess(&definition, &evidence), look.assessment);
        }
    }
}

#[tokio::test]
async fn what_is_decided_by_is_fixed_when_it_begins() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(FILE, Extent::New).await;
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        bed.declare(&FILE.replace("planned_persons: 400", "planned_persons: 100"), Extent::All).await;
        bed.customers_come(50, 50);
        bed.experiments.look_at_all().await.unwrap();
        let view = bed.experiments.show("gift-wrap").await.unwrap();
        assert_eq!((view.state, view.is_outdated), (Stage::Running, true));
        assert_eq!(view.definition["planned_persons"], 400);

        // A running one that trunk has no more goes on; it is retired once it is over.
        bed.experiments.apply("c3", &[], Extent::All).await.unwrap();
        assert_eq!(bed.experiments.list().await.unwrap().len(), 1);
        bed.experiments.stop("gift-wrap", &by(None)).await.unwrap();
        bed.experiments.apply("c4", &[], Extent::All).await.unwrap();
        assert!(bed.experiments.list().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_person_may_decide_and_says_why() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(FILE, Extent::New).await;
        let early = problem(bed.experiments.decide("gift-wrap", Choice::Ship, &by(Some("x"))).await);
        assert_eq!(early.kind, Kind::Conflict);
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        let twice = problem(bed.experiments.begin("gift-wrap", &by(None)).await);
        assert_eq!(twice.kind, Kind::Conflict);
        let silent = problem(bed.experiments.decide("gift-wrap", Choice::RollBack, &by(None)).await);
        assert_eq!(silent.kind, Kind::InvalidInput);
        let view =
            bed.experiments.decide("gift-wrap", Choice::RollBack, &by(Some("customers complain"))).await.unwrap();
        let verdict = view.verdict.unwrap();
        assert_eq!((view.state, verdict.decision), (Stage::Decided, Decision::RollBack));
        assert_eq!((verdict.by.as_deref(), verdict.sentence.as_str()), (Some("ada"), "customers complain"));
        assert_eq!(bed.facts().await[0].sentence, "ada decided: customers complain");
        // Anew: nobody is counted yet, and what a person decided stays.
        let again = bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        assert_eq!((again.state, again.run, again.verdict, again.looks), (Stage::Running, 2, None, 0));
        assert_eq!(again.earlier[0].verdict.as_ref().unwrap().by.as_deref(), Some("ada"));
    }
}

#[tokio::test]
async fn every_run_keeps_its_verdict_and_what_it_rests_on() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(FILE, Extent::New).await;
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        for (control, treatment) in [(48, 52), (40, 75)] {
            bed.customers_come(control, treatment);
            bed.experiments.look_at_all().await.unwrap();
        }
        let first = bed.experiments.show("gift-wrap").await.unwrap();
        assert_eq!((first.run, first.verdict.as_ref().unwrap().decision), (1, Decision::Ship));

        // Other figures, and another definition to decide by.
        bed.declare(&FILE.replace("planned_persons: 400", "planned_persons: 500"), Extent::All).await;
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        bed.customers_come(75, 30);
        bed.experiments.look_at_all().await.unwrap();

        let now = bed.experiments.show("gift-wrap").await.unwrap();
        assert_eq!((now.run, now.verdict.as_ref().unwrap().decision), (2, Decision::RollBack));
        let [earlier] = &now.earlier[..] else { panic!("{:?}", now.earlier) };
        assert_eq!((earlier.run, &earlier.verdict, &earlier.arms), (1, &first.verdict, &first.arms));
        assert_eq!(
            (&earlier.definition["planned_persons"], &now.definition["planned_persons"]),
            (&400.into(), &500.into())
        );
        assert_eq!([bed.replays(1).await, bed.replays(2).await], [2, 1]);

        let unknown = Problem::from(bed.experiments.looks("gift-wrap", Some(3)).await.unwrap_err());
        assert_eq!(unknown.kind, Kind::NotFound);
        assert!(unknown.hint.unwrap().contains("its runs are 1 to 2"));
        assert!(bed.experiments.run("gift-wrap", 0).await.is_err());
    }
}

#[tokio::test]
async fn many_looks_are_thinned_and_the_decision_stays() {
    const LOOKS: u64 = 1_100;
    let bed = Bed::on(storage::testing::sqlite().await).await;
    bed.declare(&FILE.replace("planned_persons: 400", "planned_persons: 2000"), Extent::New).await;
    bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
    for n in 1..LOOKS {
        // Somebody comes whose time is not over, to either arm in turn: each look sees something new.
        let now_ms = bed.clock.now().as_millisecond();
        let variant = if n % 2 == 0 { "off" } else { "on" };
        *bed.customers.shown.lock().unwrap() = vec![(n, now_ms, variant.to_owned())];
        bed.experiments.look_at_all().await.unwrap();
    }
    bed.customers.shown.lock().unwrap().clear();
    bed.customers_come(20, 90);
    bed.experiments.look_at_all().await.unwrap();

    let view = bed.experiments.show("gift-wrap").await.unwrap();
    assert_eq!((view.looks, view.state), (LOOKS, Stage::Decided));
    let kept: Vec<u64> = bed.experiments.looks("gift-wrap", None).await.unwrap().iter().map(|look| look.look).collect();
    assert!(kept.len() < 300, "{} looks", kept.len());
    assert_eq!((kept.first(), kept.last()), (Some(&1), Some(&LOOKS)));
    assert!(kept.windows(2).all(|pair| pair[1] - pair[0] <= 4), "the spread is even: {kept:?}");
    bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
    assert_eq!(bed.replays(1).await, kept.len());
}

#[tokio::test]
async fn two_experiments_do_not_compare_one_flag_at_a_time() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        let other = FILE.replace("experiment: gift-wrap", "experiment: other");
        let files = [("experiments/a.yaml".to_owned(), FILE.to_owned()), ("experiments/b.yaml".to_owned(), other)];
        bed.experiments.apply("c1", &files, Extent::All).await.unwrap();
        bed.experiments.begin("other", &by(None)).await.unwrap();
        let taken = problem(bed.experiments.begin("gift-wrap", &by(None)).await);
        assert!(taken.message.contains("is compared by \"other\""), "{taken:?}");
        let unknown = problem(bed.experiments.show("gift-warp").await);
        assert!(unknown.hint.unwrap().contains("the nearest is \"gift-wrap\""));
    }
}

#[tokio::test]
async fn an_experiment_on_a_flag_that_divides_nobody_does_not_begin() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(&FILE.replace("flag: gift-wrap", "flag: dark"), Extent::New).await;
        let dark = problem(bed.experiments.begin("gift-wrap", &by(None)).await);
        assert_eq!(dark.kind, Kind::Conflict);
        assert!(dark.message.contains("does not divide customers") && dark.hint.is_some(), "{dark:?}");
        assert_eq!(bed.experiments.show("gift-wrap").await.unwrap().state, Stage::Draft);
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_look_is_told_until_it_is_gone() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.declare(FILE, Extent::New).await;
        bed.experiments.begin("gift-wrap", &by(None)).await.unwrap();
        bed.customers.is_gone.store(true, Relaxed);
        bed.experiments.look_at_all().await.unwrap();
        let view = bed.experiments.show("gift-wrap").await.unwrap();
        assert_eq!(view.verdict, None);
        assert!(view.trouble.unwrap().contains("there is no journey \"checkout\""));
        bed.customers.is_gone.store(false, Relaxed);
        bed.experiments.look_at_all().await.unwrap();
        assert_eq!(bed.experiments.show("gift-wrap").await.unwrap().trouble, None);
    }
}
