//! What is counted at once, and what is counted one after the other.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::model::parse;

const STARTED_MS: i64 = 1_000;
const SOME_PERSONS: u64 = 12;

fn definition() -> Definition {
    let text = "{ experiment: x, owner: o, hypothesis: h, flag: x, control: 'off', treatment: 'on', within: 10s,
        planned_persons: 100, metrics: [ { name: paid, role: success, event: paid },
        { name: spent, role: guardrail, event: paid, sum: price } ] }";
    parse(text, "x.yaml").unwrap()
}

fn did(person: u64, at_ms: i64, value: f64) -> Did {
    Did { person, at_ms, value }
}

fn moment(at_ms: i64) -> Moment {
    Moment { look: 1, at_ms, srm_p_before: 1.0 }
}

/// What customers saw and did.
#[derive(Debug, Clone, Default)]
struct World {
    shown: Vec<(u64, i64, &'static str)>,
    paid: Vec<Did>,
    unwitnessed: Vec<u64>,
}

impl World {
    fn shown(&self, of: Option<&Persons>) -> WitnessedExposures {
        let is_asked = |person: u64| of.is_none_or(|of| of.contains(person));
        let shown = self.shown.iter().filter(|(person, ..)| is_asked(*person));
        let exposures =
            ExposureIndex::of(shown.map(|(person, at_ms, variant)| (*person, *at_ms, (*variant).to_owned())));
        let unwitnessed = Persons::of(self.unwitnessed.iter().copied().filter(|person| is_asked(*person)));
        WitnessedExposures { exposures, unwitnessed }
    }

    fn did(&self, of: &[Since]) -> [Vec<Did>; 2] {
        let is_asked = |did: &&Did| of.iter().any(|since| since.person == did.person);
        let mut paid: Vec<Did> = self.paid.iter().filter(is_asked).copied().collect();
        paid.sort_by_key(|did| (did.person, did.at_ms));
        [paid.iter().map(|one| did(one.person, one.at_ms, 1.0)).collect(), paid]
    }

    fn count(&self, counted: &mut Counted, of: Option<&Persons>, at_ms: i64) -> Evidence {
        counted.take_shown(of, &self.shown(of));
        let over = counted.over(at_ms);
        counted.take_did(&over, &self.did(&over));
        counted.evidence(moment(at_ms))
    }

    fn count_at_once(&self, at_ms: i64) -> Evidence {
        self.count(&mut Counted::new(definition(), STARTED_MS), None, at_ms)
    }
}

#[test]
fn a_person_counts_once_from_what_they_were_shown_first_to_the_end_of_their_time() {
    let shown = vec![
        (1, 5_000, "on"),
        (1, 90_000, "on"),
        (2, 5_000, "off"),
        // Shown before it began, and again after.
        (3, 500, "on"),
        (3, 6_000, "off"),
        // Shown both, a variant that is not compared, and still being followed.
        (4, 6_000, "off"),
        (4, 7_000, "on"),
        (5, 6_000, "other"),
        (6, 95_000, "on"),
    ];
    let paid = [
        // Before they saw it, within their time (at its very end), and after it.
        (1, 4_999),
        (1, 15_000),
        (1, 15_001),
        (2, 6_000),
        (2, 7_000),
        (4, 8_000),
        (6, 96_000),
    ];
    let paid = paid.map(|(person, at_ms)| did(person, at_ms, 20.0)).to_vec();
    let evidence = World { shown, paid, unwitnessed: vec![7, 8] }.count_at_once(100_000);
    assert_eq!((evidence.shown, evidence.shown_both, evidence.unwitnessed), (Arms { a: 2, b: 2 }, 1, 2));
    let [paid, spent] = [0, 1].map(|at| evidence.metrics[at].arms);
    assert_eq!((paid.a.n, paid.a.mean, paid.b.n, paid.b.mean), (2, 0.5, 1, 1.0));
    assert_eq!((spent.a.mean, spent.b.mean), (20.0, 20.0), "2 spent 20 twice, 3 nothing; 1 spent 20 in their time");
}

/// Something that becomes known of a person, perhaps late.
#[derive(Debug, Clone, Copy)]
enum News {
    Shown(u64, i64, &'static str),
    Paid(u64, i64, i32),
    Unwitnessed(u64),
    /// All that the first did is the second's.
    Joined(u64, u64),
    Forgotten(u64),
}

/// Some in one group, others far away.
fn key() -> impl Strategy<Value = u64> {
    (0..SOME_PERSONS).prop_map(|n| if n % 3 == 0 { n } else { n * (u64::MAX / SOME_PERSONS) })
}

fn news() -> impl Strategy<Value = News> {
    let at_ms = || STARTED_MS - 10..STARTED_MS + 60_000;
    prop_oneof![
        4 => (key(), at_ms(), prop_oneof![Just("on"), Just("off"), Just("other")])
            .prop_map(|(person, at_ms, variant)| News::Shown(person, at_ms, variant)),
        6 => (key(), at_ms(), -400..900_i32).prop_map(|(person, at_ms, cents)| News::Paid(person, at_ms, cents)),
        1 => key().prop_map(News::Unwitnessed),
        1 => (key(), key()).prop_map(|(from, into)| News::Joined(from, into)),
        1 => key().prop_map(News::Forgotten),
    ]
}

impl World {
    /// Gives who changed.
    fn hear(&mut self, news: News) -> Vec<u64> {
        match news {
            News::Shown(person, at_ms, variant) => self.shown.push((person, at_ms, variant)),
            News::Paid(person, at_ms, cents) => self.paid.push(did(person, at_ms, f64::from(cents) / 100.0)),
            News::Unwitnessed(person) => self.unwitnessed.push(person),
            News::Joined(from, into) => {
                self.shown.iter_mut().filter(|(person, ..)| *person == from).for_each(|shown| shown.0 = into);
                self.paid.iter_mut().filter(|did| did.person == from).for_each(|did| did.person = into);
                self.unwitnessed.retain(|person| *person != from);
                return vec![from, into];
            }
            News::Forgotten(person) => {
                self.shown.retain(|shown| shown.0 != person);
                self.paid.retain(|did| did.person != person);
                self.unwitnessed.retain(|other| *other != person);
            }
        }
        match news {
            News::Shown(person, ..) | News::Paid(person, ..) | News::Unwitnessed(person) | News::Forgotten(person) => {
                vec![person]
            }
            News::Joined(..) => unreachable!("it was answered"),
        }
    }
}

proptest! {
    #[test]
    fn carried_on_from_look_to_look_it_is_what_is_counted_at_once(
        looks in vec((vec(news(), 0..12), 0..30_000_i64), 1..12),
    ) {
        let (mut world, mut at_ms) = (World::default(), STARTED_MS);
        let mut counted = Counted::new(definition(), STARTED_MS);
        for (news, later_ms) in looks {
            at_ms += later_ms;
            let changed: Vec<u64> = news.into_iter().flat_map(|news| world.hear(news)).collect();
            let carried = world.count(&mut counted, Some(&Persons::of(changed)), at_ms);
            let at_once = world.count_at_once(at_ms);
            // As text: what differs in the last bit of a number is not the same.
            let [carried, at_once] = [carried, at_once].map(|evidence| serde_json::to_string(&evidence).unwrap());
            prop_assert_eq!(carried, at_once);
        }
    }

    #[test]
    fn in_whatever_order_it_comes_each_person_has_what_they_did(
        persons in btree_map(0..SOME_PERSONS, 0..6_i64, 0..8),
        did in vec((0..SOME_PERSONS, 0..12_i64, -4..5_i32), 0..40),
        is_share: bool,
    ) {
        let settled: Vec<Since> = persons.into_iter().map(|(person, at_ms)| Since { person, at_ms }).collect();
        let did: Vec<Did> = did.iter().map(|(person, at_ms, value)| self::did(*person, *at_ms, f64::from(*value))).collect();
        let wanted: Vec<f64> = settled
            .iter()
            .map(|since| {
                let within = since.at_ms..=since.at_ms + 4;
                let own = did.iter().filter(|did| did.person == since.person && within.contains(&did.at_ms));
                if is_share { f64::from(u8::from(own.count() > 0)) } else { own.fold(0.0, |sum, did| sum + did.value) }
            })
            .collect();
        prop_assert_eq!(values(&settled, &did, 4, is_share), wanted);
    }
}
