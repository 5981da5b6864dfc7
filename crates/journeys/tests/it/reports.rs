//! What is told of a journey; and that all of it agrees.

use journeys::model::trend::Grain;
use journeys::model::{Report, report::Group};
use journeys::{Audience, By, Journeys, PersonOutcome, PersonsQuery, ReportQuery, Stage, TrendQuery};

use crate::bed::{CHECKOUT, Deed, Memory, beds, deed, file, noon_ms};

/// Four came: one paid, one stopped long ago, one has time left, and one came again.
fn shop() -> Memory {
    let deeds = vec![
        deed("viewed", 1, -300).with(r#"{"plan":"pro"}"#).on(7),
        deed("added", 1, -290),
        deed("paid", 1, -280),
        deed("viewed", 2, -200).with(r#"{"plan":"free"}"#).on(8),
        deed("added", 2, -190),
        deed("paid", 2, -100),
        deed("viewed", 3, -30).with(r#"{"plan":"free"}"#).on(8),
        deed("viewed", 4, -900).with(r#"{"plan":2}"#),
        deed("viewed", 4, -130).with(r#"{"plan":2.0}"#),
        deed("added", 4, -129),
        deed("paid", 4, -70),
        deed("added", 5, -60),
    ];
    let at = |minute: i64| noon_ms() + minute * 60_000;
    let exposures = vec![
        (1, at(-400), "control".to_owned()),
        (2, at(-195), "treatment".to_owned()),
        (4, at(-60), "treatment".to_owned()),
        (3, at(40), "treatment".to_owned()),
    ];
    Memory { deeds, exposures, witnessed: [1, 2].into(), synthetic: 3 }
}

/// Many, over days, at random, with ties.
fn crowd() -> Memory {
    let mut state = 42_u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut deeds = Vec::new();
    for person in 0..400 {
        for _ in 0..below(12) {
            let name = ["viewed", "added", "paid", "other"][usize::try_from(below(4)).unwrap()];
            let minute = -(i64::try_from(below(400)).unwrap()) * 10;
            let plan = ["pro", "free"][usize::try_from(below(2)).unwrap()];
            deeds.push(deed(name, person, minute).with(&format!("{{\"plan\":{plan:?}}}")).on(below(3)));
        }
    }
    Memory { deeds, ..Memory::default() }
}

async fn declared(journeys: &Journeys, text: &str) {
    journeys.apply("aaaaaaa1", &[file("journeys/checkout.yaml", text)], Stage::Live).await.unwrap();
}

fn persons(report: &Report) -> Vec<u64> {
    report.steps.iter().map(|step| step.persons).collect()
}

fn by(text: &str) -> ReportQuery {
    ReportQuery { by: Some(By::parse(text).unwrap()), ..ReportQuery::default() }
}

fn groups(report: &Report) -> Vec<(Option<&str>, u64, u64)> {
    let group = |group: &Group| (group.steps[0].persons, group.steps.last().unwrap().persons);
    report.breakdown.iter().map(|g| (g.value.as_deref(), group(g).0, group(g).1)).collect()
}

#[tokio::test]
async fn a_report_is_what_the_contract_says() {
    for (_store, journeys) in beds(shop).await {
        declared(&journeys, CHECKOUT).await;
        let report = journeys.report("checkout", &by("plan")).await.unwrap();
        insta::assert_json_snapshot!("a_report_is_what_the_contract_says", report);
    }
}

#[tokio::test]
async fn it_is_broken_down_by_what_was_so_at_the_first_step() {
    for (_store, journeys) in beds(shop).await {
        declared(&journeys, CHECKOUT).await;
        let told = journeys.report("checkout", &by("plan")).await.unwrap();
        assert_eq!(groups(&told), [(Some("free"), 2, 0), (Some("2"), 1, 1), (Some("pro"), 1, 1)]);
        let told = journeys.report("checkout", &by("release")).await.unwrap();
        assert_eq!(groups(&told), [(Some("8"), 2, 0), (Some("7"), 1, 1), (None, 1, 1)]);
        assert_eq!(told.unjoined_share, Some(0.25));
        let told = journeys.report("checkout", &by("domain")).await.unwrap();
        assert_eq!(groups(&told), [(Some("sales"), 4, 2)]);
        // Person 2 was exposed within the window, 4 after it, and 3 is yet to be.
        let told = journeys.report("checkout", &by("variant:new")).await.unwrap();
        assert_eq!(groups(&told), [(Some("control"), 1, 1), (Some("treatment"), 1, 0), (None, 2, 1)]);
        assert_eq!(told.unjoined_share, Some(0.5));
    }
}

#[tokio::test]
async fn a_range_bounds_the_first_step_only() {
    for (_store, journeys) in beds(shop).await {
        declared(&journeys, CHECKOUT).await;
        let at = |minute: i64| jiff::Timestamp::from_millisecond(noon_ms() + minute * 60_000).ok();
        let query = |from, to| ReportQuery { from: at(from), to: at(to), ..ReportQuery::default() };
        let told = journeys.report("checkout", &query(-300, -299)).await.unwrap();
        assert_eq!(persons(&told), [1, 1, 1], "what follows lies behind the range");
        let told = journeys.report("checkout", &query(-299, -200)).await.unwrap();
        assert_eq!(persons(&told), [0, 0, 0], "the end is not in it");
        assert!(journeys.report("checkout", &query(0, -1)).await.is_err());
    }
}

#[tokio::test]
async fn witnessed_persons_can_be_asked_for_alone() {
    for (_store, journeys) in beds(shop).await {
        declared(&journeys, CHECKOUT).await;
        let query = ReportQuery { who: Audience::Witnessed, ..ReportQuery::default() };
        assert_eq!(persons(&journeys.report("checkout", &query).await.unwrap()), [2, 2, 1]);
    }
}

#[tokio::test]
async fn strict_order_sees_what_lies_between() {
    fn strict() -> Memory {
        let between: Vec<Deed> = vec![
            deed("viewed", 1, -50),
            deed("added", 1, -49),
            deed("paid", 1, -48),
            deed("viewed", 2, -50),
            deed("help", 2, -49),
            deed("added", 2, -48),
            deed("paid", 2, -47),
        ];
        Memory { deeds: between, ..Memory::default() }
    }
    for (_store, journeys) in beds(strict).await {
        declared(&journeys, &CHECKOUT.replace("within: 1h", "within: 1h\norder: strict")).await;
        let told = journeys.report("checkout", &ReportQuery::default()).await.unwrap();
        assert_eq!(persons(&told), [2, 1, 1]);
    }
}

#[tokio::test]
async fn report_trend_breakdown_and_persons_agree() {
    for order in ["ordered", "strict", "any"] {
        for (_store, journeys) in beds(crowd).await {
            declared(&journeys, &CHECKOUT.replace("within: 1h", &format!("within: 2d\norder: {order}"))).await;
            let report = journeys.report("checkout", &by("plan")).await.unwrap();
            let counts = persons(&report);
            assert!(counts[2] > 3 && counts[0] > counts[2], "{order}: there is something to agree about: {counts:?}");

            for grain in [Grain::Hour, Grain::Day] {
                let trend = TrendQuery { by: grain, ..TrendQuery::default() };
                let points = journeys.trend("checkout", &trend).await.unwrap();
                let sum =
                    points.iter().fold((0, 0, 0), |(e, c, p), at| (e + at.entered, c + at.converted, p + at.pending));
                assert_eq!(sum, (counts[0], counts[2], report.pending_persons), "{order}");
            }
            for (step, count) in counts.iter().enumerate() {
                let sum: u64 = report.breakdown.iter().map(|group| group.steps[step].persons).sum();
                assert_eq!(sum, *count, "{order}");
                let [converted, dropped, pending] = listed(&journeys, step + 1).await;
                assert_eq!(converted, *count, "{order}");
                if step > 0 {
                    assert_eq!(converted + dropped + pending, counts[step - 1], "{order}: nobody is forgotten");
                }
            }
            let bins: u64 = report.histogram.iter().map(|bin| bin.persons).sum();
            assert_eq!(bins, counts[2], "{order}");
            let row = &journeys.list().await.unwrap()[0].figures;
            assert_eq!((row.entered, row.converted, row.pending), (counts[0], counts[2], report.pending_persons));
        }
    }
}

/// How many persons each list has, read page by page.
async fn listed(journeys: &Journeys, step: usize) -> [u64; 3] {
    let mut counts = [0; 3];
    for (at, outcome) in
        [PersonOutcome::Converted, PersonOutcome::Dropped, PersonOutcome::Pending].into_iter().enumerate()
    {
        let mut seen = std::collections::HashSet::new();
        let mut cursor = None;
        loop {
            let query = PersonsQuery { report: ReportQuery::default(), step: Some(step), outcome, limit: 37, cursor };
            let page = journeys.persons("checkout", &query).await.unwrap();
            for row in page.items {
                assert!(seen.insert(row.person), "nobody is there twice");
                counts[at] += 1;
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    counts
}
