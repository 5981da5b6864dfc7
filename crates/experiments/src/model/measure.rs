//! From what customers saw and did to the evidence of a look.
//!
//! A person belongs to the variant that they were shown first since the experiment began, and is followed from then on for the
//! experiment's time, in both arms alike; who is still being followed is in no figure yet. So the figures of a look are those of
//! persons of whom everything is known, and no later look changes what they did.

use events::ExposureIndex;
use journeys::{Did, SETTLED_MS};

use super::{Definition, Evidence, MetricEvidence};
use crate::stats::{Arms, Moments};

/// A running experiment at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub look: u64,
    pub started_ms: i64,
    pub at_ms: i64,
    pub srm_p_before: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Control,
    Treatment,
}

/// A person since they were first shown one of the variants.
#[derive(Debug, Clone, Copy)]
struct Followed {
    person: u64,
    since_ms: i64,
    side: Side,
    /// Shown the other one too.
    is_both: bool,
}

/// Adds it all up; `did` is of each metric, in the definition's order. Persons are added in the order of their keys, so that the
/// same events give the same figures, bit for bit.
pub fn measure(
    definition: &Definition,
    moment: Moment,
    (exposures, unwitnessed): (&ExposureIndex, u64),
    did: &[Vec<Did>],
) -> Evidence {
    let followed = followed(definition, moment.started_ms, exposures);
    let (both, one): (Vec<Followed>, Vec<Followed>) = followed.into_iter().partition(|person| person.is_both);
    let over_ms = moment.at_ms - definition.within_ms() - SETTLED_MS;
    let settled: Vec<Followed> = one.iter().copied().filter(|person| person.since_ms <= over_ms).collect();
    let metrics = definition.metrics.iter().zip(did).map(|(metric, did)| {
        let values = values(&settled, did, definition.within_ms(), metric.sum.is_none());
        MetricEvidence { name: metric.name.clone(), arms: add_up(&settled, &values) }
    });
    let count = |side| one.iter().filter(|person| person.side == side).count() as u64;
    Evidence {
        look: moment.look,
        started_ms: moment.started_ms,
        at_ms: moment.at_ms,
        shown: Arms { a: count(Side::Control), b: count(Side::Treatment) },
        shown_both: both.len() as u64,
        unwitnessed,
        srm_p_before: moment.srm_p_before,
        metrics: metrics.collect(),
    }
}

/// In the order of their keys.
fn followed(definition: &Definition, started_ms: i64, exposures: &ExposureIndex) -> Vec<Followed> {
    let mut followed: Vec<Followed> = Vec::new();
    for (person, since_ms, variant) in exposures.each().filter(|(_, at_ms, _)| *at_ms >= started_ms) {
        let side = match variant {
            variant if variant == definition.control => Side::Control,
            variant if variant == definition.treatment => Side::Treatment,
            _ => continue,
        };
        match followed.last_mut().filter(|last| last.person == person) {
            Some(last) => last.is_both |= last.side != side,
            None => followed.push(Followed { person, since_ms, side, is_both: false }),
        }
    }
    followed
}

/// What each did within their time, in the same order.
fn values(settled: &[Followed], did: &[Did], within_ms: i64, is_share: bool) -> Vec<f64> {
    let mut values = vec![0.0; settled.len()];
    let mut at = 0;
    for one in did {
        // What is done comes by person too, but for a list after the other: then it is looked for from the start.
        if at > 0 && settled[at - 1].person >= one.person {
            at = settled.partition_point(|followed| followed.person < one.person);
        }
        at += settled[at..].iter().take_while(|followed| followed.person < one.person).count();
        let Some(followed) = settled.get(at).filter(|followed| followed.person == one.person) else { continue };
        if one.at_ms < followed.since_ms || one.at_ms - followed.since_ms > within_ms {
            continue;
        }
        values[at] = if is_share { 1.0 } else { values[at] + one.value };
    }
    values
}

fn add_up(settled: &[Followed], values: &[f64]) -> Arms<Moments> {
    let mut arms = Arms::<Moments>::default();
    for (person, value) in settled.iter().zip(values) {
        match person.side {
            Side::Control => arms.a.add(*value),
            Side::Treatment => arms.b.add(*value),
        }
    }
    arms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse;

    fn definition() -> Definition {
        let text = "{ experiment: x, owner: o, hypothesis: h, flag: x, control: 'off', treatment: 'on', within: 10s,
            planned_persons: 100, metrics: [ { name: paid, role: success, event: paid },
            { name: spent, role: guardrail, event: paid, sum: price } ] }";
        parse(text, "x.yaml").unwrap()
    }

    fn did(person: u64, at_ms: i64, value: f64) -> Did {
        Did { person, at_ms, value }
    }

    #[test]
    fn a_person_counts_once_from_what_they_were_shown_first_to_the_end_of_their_time() {
        let shown = [
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
        let index = ExposureIndex::of(shown.map(|(person, at_ms, variant)| (person, at_ms, variant.to_owned())));
        let events = [
            // Before they saw it, within their time (at its very end), and after it.
            did(1, 4_999, 1.0),
            did(1, 15_000, 1.0),
            did(1, 15_001, 1.0),
            did(2, 6_000, 1.0),
            did(2, 7_000, 1.0),
            did(4, 8_000, 1.0),
            did(6, 96_000, 1.0),
        ];
        let spent = events.map(|one| did(one.person, one.at_ms, 20.0));
        let moment = Moment { look: 1, started_ms: 1_000, at_ms: 100_000, srm_p_before: 1.0 };
        let evidence = measure(&definition(), moment, (&index, 7), &[events.to_vec(), spent.to_vec()]);
        assert_eq!((evidence.shown, evidence.shown_both, evidence.unwitnessed), (Arms { a: 2, b: 2 }, 1, 7));
        let [paid, spent] = [0, 1].map(|at| evidence.metrics[at].arms);
        assert_eq!((paid.a.n, paid.a.mean, paid.b.n, paid.b.mean), (2, 0.5, 1, 1.0));
        assert_eq!((spent.a.mean, spent.b.mean), (20.0, 20.0), "2 spent 20 twice, 3 nothing; 1 spent 20 in their time");
    }

    fn followed(person: u64, since_ms: i64) -> Followed {
        Followed { person, since_ms, side: Side::Control, is_both: false }
    }

    proptest::proptest! {
        #[test]
        fn in_whatever_order_it_comes_each_person_has_what_they_did(
            persons in proptest::collection::btree_map(0..12_u64, 0..6_i64, 0..8),
            did in proptest::collection::vec((0..12_u64, 0..12_i64, -4..5_i32), 0..40),
            is_share: bool,
        ) {
            let settled: Vec<Followed> = persons.iter().map(|(person, since)| followed(*person, *since)).collect();
            let did: Vec<Did> = did.iter().map(|(person, at_ms, value)| self::did(*person, *at_ms, f64::from(*value))).collect();
            let wanted: Vec<f64> = settled
                .iter()
                .map(|one| {
                    let within = one.since_ms..=one.since_ms + 4;
                    let own = did.iter().filter(|did| did.person == one.person && within.contains(&did.at_ms));
                    if is_share { f64::from(u8::from(own.count() > 0)) } else { own.fold(0.0, |sum, did| sum + did.value) }
                })
                .collect();
            proptest::prop_assert_eq!(values(&settled, &did, 4, is_share), wanted);
        }
    }
}
