//! What customers did with and without the treatment, and what that says. Pure.
//!
//! Customers are compared within a *stratum*: the same leg of the ramp, on the same build. What changes over time, and what a
//! new version does, is then in both arms alike, and a ramp whose shares grow does not take the one for the other. Over all
//! strata the difference is Mantel and Haenszel's (1959): each stratum weighs as much as it has to say. A person may be in several
//! strata, so that the variance is that of the sum over persons (as Zeger & Liang 1986 for repeated measurements), and never less
//! than if they were all different persons with one rate.
//!
//! One asymptotic confidence sequence (`experiments::stats::sequence`) goes through all stages, so that a look costs nothing.

use std::collections::BTreeMap;

use experiments::stats::Arms;
use experiments::stats::bernoulli::{Tuning, confidence_sequence};
use experiments::stats::proportions::Count;
use experiments::stats::sequence::{Alternative, Look, one_sided};
use journeys::Entered;
use serde::{Deserialize, Serialize};

use super::state::{Plan, Ramp, percent};
use crate::everybody::does_worse;

/// The chance that a ramp of a treatment that does no harm is ever turned back (semantics.md, "Time in guards"): that of the
/// confidence sequences of all journeys together, and that of the breaker.
const HARM_ALPHA: f64 = 0.04;
const BREAKER_ALPHA: f64 = 0.01;
/// The breaker is for this: customers come through less than half as often.
const DISASTER: f64 = 0.5;
/// Persons for which the breaker's intervals are narrowest.
const BREAKER_TUNED_TO: f64 = 25.0;
/// While a bound at this error speaks against the treatment, no stage ends.
const DOUBT_ALPHA: f64 = 0.25;
/// Of fewer persons in an arm only the breaker speaks, which is exact: the sequence is asymptotic.
const ARM_MIN: u64 = 50;

/// What was seen in one journey. Stored with what it was decided by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub journey: String,
    /// How long a person is followed.
    pub horizon_ms: i64,
    pub strata: Vec<Stratum>,
    /// The sum over persons of their squared contributions.
    pub squares: f64,
    /// Whoever entered before the ramp began, in as much time as is looked back on.
    pub before: Count,
    /// Persons who entered and were not shown one of the two variants, as far as is known.
    pub elsewhere: u64,
}

/// Persons of one leg, on one build.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    pub leg: usize,
    pub release: Option<u64>,
    pub arms: Arms<Count>,
}

/// Which variant somebody had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Control,
    Treatment,
}

/// Adds up what persons did: of each leg, who entered, and which of the two variants they had. Each person counts once in a
/// leg.
pub fn measure(journey: &str, horizon_ms: i64, legs: &[Vec<(Entered, Option<Side>)>], before: Count) -> Seen {
    let mut strata: BTreeMap<(usize, Option<u64>), Arms<Count>> = BTreeMap::new();
    let mut elsewhere = 0;
    let of = |leg: usize, one: &Entered| (leg, one.release);
    for (leg, (one, side)) in each(legs) {
        let Some(side) = side else {
            elsewhere += 1;
            continue;
        };
        let nobody = Arms { a: Count { n: 0, x: 0 }, b: Count { n: 0, x: 0 } };
        let arms = strata.entry(of(leg, one)).or_insert(nobody);
        let count = match side {
            Side::Control => &mut arms.a,
            Side::Treatment => &mut arms.b,
        };
        count.n += 1;
        count.x += u64::from(one.came_through);
    }
    let mut contributions: BTreeMap<u64, f64> = BTreeMap::new();
    for (leg, (one, side)) in each(legs) {
        let Some(side) = side else { continue };
        let arms = strata[&of(leg, one)];
        let both = Count { n: arms.a.n + arms.b.n, x: arms.a.x + arms.b.x };
        let treated = if *side == Side::Treatment { 1.0 } else { 0.0 };
        let came = if one.came_through { 1.0 } else { 0.0 };
        *contributions.entry(one.person).or_default() += (treated - ratio(arms.b.n, both.n)) * (came - both.rate());
    }
    let squares = contributions.values().map(|value| value * value).sum();
    let strata = strata.into_iter().map(|((leg, release), arms)| Stratum { leg, release, arms }).collect();
    Seen { journey: journey.to_owned(), horizon_ms, strata, squares, before, elsewhere }
}

fn each<T>(legs: &[Vec<T>]) -> impl Iterator<Item = (usize, &T)> {
    legs.iter().enumerate().flat_map(|(leg, persons)| persons.iter().map(move |person| (leg, person)))
}

#[expect(clippy::cast_precision_loss, reason = "persons are fewer than 2^52")]
fn number(n: u64) -> f64 {
    n as f64
}

fn ratio(part: u64, whole: u64) -> f64 {
    number(part) / number(whole.max(1))
}

/// The difference over all strata.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    pub look: Look,
    /// Persons of both arms who can be compared.
    pub arms: Arms<Count>,
}

impl Seen {
    /// All persons of the legs that fit.
    pub fn total(&self, fits: impl Fn(usize) -> bool) -> Arms<Count> {
        let sum = |side: fn(&Arms<Count>) -> Count| {
            let counts = self.strata.iter().filter(|stratum| fits(stratum.leg)).map(|stratum| side(&stratum.arms));
            counts.fold(Count { n: 0, x: 0 }, |sum, one| Count { n: sum.n + one.n, x: sum.x + one.x })
        };
        Arms { a: sum(|arms| arms.a), b: sum(|arms| arms.b) }
    }

    /// Nothing while no stratum has persons of both arms, or all of them did the same.
    pub fn difference(&self) -> Option<Difference> {
        let (mut score, mut weights, mut variance) = (0.0, 0.0, 0.0);
        let mut arms = Arms { a: Count { n: 0, x: 0 }, b: Count { n: 0, x: 0 } };
        for Stratum { arms: Arms { a, b }, .. } in &self.strata {
            if a.n == 0 || b.n == 0 {
                continue;
            }
            let both = Count { n: a.n + b.n, x: a.x + b.x };
            let weight = number(a.n) * number(b.n) / number(both.n);
            weights += weight;
            score += weight * (b.rate() - a.rate());
            variance += weight * both.rate() * (1.0 - both.rate());
            arms.a = Count { n: arms.a.n + a.n, x: arms.a.x + a.x };
            arms.b = Count { n: arms.b.n + b.n, x: arms.b.x + b.x };
        }
        let se = variance.max(self.squares).sqrt() / weights;
        // As many persons in arms of one size would say as much.
        let look = Look { n: 4.0 * weights, estimate: score / weights, se };
        (weights > 0.0 && se > 0.0).then_some(Difference { look, arms })
    }

    /// No smaller harm is shown: the upper bound of the difference, valid at any look.
    pub fn upper(&self, plan: &Plan) -> Option<f64> {
        Some(bound(self.difference()?.look, plan, harm_alpha(plan)))
    }
}

fn harm_alpha(plan: &Plan) -> f64 {
    HARM_ALPHA / number(plan.journeys.len().max(1) as u64)
}

fn bound(look: Look, plan: &Plan, alpha: f64) -> f64 {
    // Narrowest when two stages have the persons that they are to have.
    let n_star = 8.0 * number(plan.step_persons.max(ARM_MIN));
    one_sided(look, Alternative::Less, alpha, n_star).bound
}

/// What all journeys together say.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Nothing speaks against the treatment.
    Holds,
    /// It looks worse, and that is not sure.
    Doubtful { why: String },
    /// Customers do worse whether they have it or not.
    Everybody { why: String },
    /// It is worse.
    Worse { why: String },
    /// It is so much worse that nothing is waited for.
    Disaster { why: String },
}

/// What is worst comes first; attribution before that: what customers with the treatment do is compared with what others do at
/// the same time on the same build, and only if that shows nothing with what was before.
pub fn judge(ramp: &Ramp, seen: &[Seen]) -> Judgement {
    let plan = &ramp.plan;
    let first = |of: &dyn Fn(&Seen) -> Option<String>| seen.iter().find_map(of);
    if let Some(why) = first(&|seen| disaster(ramp, seen)) {
        return Judgement::Disaster { why };
    }
    if let Some(why) = first(&|seen| worse(plan, seen, harm_alpha(plan))) {
        return Judgement::Worse { why };
    }
    if let Some(why) = first(&|seen| everybody(ramp, seen)) {
        return Judgement::Everybody { why };
    }
    match first(&|seen| worse(plan, seen, DOUBT_ALPHA)) {
        Some(why) => Judgement::Doubtful { why },
        None => Judgement::Holds,
    }
}

fn worse(plan: &Plan, seen: &Seen, alpha: f64) -> Option<String> {
    let Difference { look, arms } = seen.difference()?;
    let is_worse = arms.a.n.min(arms.b.n) >= ARM_MIN && bound(look, plan, alpha) < 0.0;
    is_worse.then(|| {
        format!(
            "{} ({:+.1} points at the same time on the same build, at most {:+.1} at any look)",
            beside(plan, seen, arms),
            look.estimate * 100.0,
            // What is told is always the bound that decides.
            bound(look, plan, harm_alpha(plan)) * 100.0,
        )
    })
}

/// In the stage that goes on; the error is shared by all stages and journeys.
fn disaster(ramp: &Ramp, seen: &Seen) -> Option<String> {
    let plan = &ramp.plan;
    let shared_by = number((plan.stages.len() * plan.journeys.len()).max(1) as u64);
    let alpha = BREAKER_ALPHA / shared_by / 2.0;
    let tuning = Tuning { t_opt: BREAKER_TUNED_TO, alpha_opt: alpha };
    let stage = ramp.stage();
    let arms = seen.total(|leg| ramp.legs.get(leg).is_some_and(|leg| leg.stage == stage));
    let [was, is] = [arms.a, arms.b].map(|count| confidence_sequence(count, tuning, alpha));
    (is.upper < DISASTER * was.lower).then(|| {
        format!(
            "{}: less than half, whatever look ({})",
            beside(plan, seen, arms),
            between(is.lower, was.lower, is.upper)
        )
    })
}

fn between(lower: f64, was: f64, upper: f64) -> String {
    format!("between {} and {}, beside at least {}", percent(lower), percent(upper), percent(was))
}

/// Those who do not have the treatment, in the leg that goes on, beside all who came before the ramp.
fn everybody(ramp: &Ramp, seen: &Seen) -> Option<String> {
    let leg = ramp.legs.len().checked_sub(1)?;
    let now = seen.total(|other| other == leg).a;
    let before = seen.before;
    does_worse(before, now, ramp.plan.step_persons.max(ARM_MIN)).then(|| {
        format!(
            "{}: without {:?} {} of {} persons come through, before the ramp it was {} of {}: it is not the flag",
            seen.journey,
            ramp.plan.treatment,
            percent(now.rate()),
            now.n,
            percent(before.rate()),
            before.n,
        )
    })
}

fn beside(plan: &Plan, seen: &Seen, Arms { a, b }: Arms<Count>) -> String {
    format!(
        "{}: {} of {} persons with {:?} come through, beside {} of {} with {:?}",
        seen.journey,
        percent(b.rate()),
        b.n,
        plan.treatment,
        percent(a.rate()),
        a.n,
        plan.control,
    )
}
