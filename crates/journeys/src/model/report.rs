//! A journey's figures: how many came how far, how long it took, by group.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Definition, Entries, Order, Outcome, Outcomes};

/// Most groups of a breakdown; the others are one.
pub const GROUPS_MAX: usize = 50;
/// Most different values that are told apart while counting.
const VALUES_MAX: usize = 10_000;

/// What `journey report` and `journey evaluate` say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub journey: String,
    /// The range of first steps, if it is bounded; `from` is in it, `to` is not.
    pub from: Option<String>,
    pub to: Option<String>,
    pub domain: Option<String>,
    pub order: Order,
    pub within_seconds: f64,
    /// Whose window is open at this instant counts as pending.
    pub as_of: String,
    /// The first step's persons are those who entered.
    pub steps: Vec<StepReport>,
    /// Persons who have not done all steps and may still do so.
    pub pending_persons: u64,
    /// What it is broken down by.
    pub by: Option<String>,
    pub breakdown: Vec<Group>,
    /// Share of those who entered of whom the value of the breakdown is not known.
    pub unjoined_share: Option<f64>,
    /// Probes that are left out, if it is known how many there were.
    pub synthetic_persons: Option<u64>,
    /// Time from the first step to the last, of those who did all.
    pub histogram: Vec<Bin>,
    /// All of it in words.
    pub sentence: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepReport {
    pub name: String,
    /// Who did it, and all steps before it.
    pub persons: u64,
    /// Their share of those who did the step before.
    pub from_previous: Option<f64>,
    /// Their share of those who entered.
    pub from_first: Option<f64>,
    pub seconds_from_previous: Option<Percentiles>,
}

/// Exact: each is the time of one person, by nearest rank.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
}

/// The persons of one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// `null` where it is not known.
    pub value: Option<String>,
    /// This is all further values together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rest: bool,
    pub steps: Vec<StepReport>,
    pub pending_persons: u64,
}

/// Persons who took at most so long, and longer than the bin before says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bin {
    pub to_seconds: f64,
    pub persons: u64,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub definition: &'a Definition,
    pub entries: Entries,
    pub now_ms: i64,
    pub by: Option<&'a str>,
    pub synthetic_persons: Option<u64>,
}

/// Which value a person belongs to.
pub type Grouping<'a> = &'a mut dyn FnMut(&Outcome<'_>) -> Option<Cow<'a, str>>;

impl Report {
    /// Counts outcomes; `grouping` says which value a person belongs to, if it is to be broken down.
    pub fn of(outcomes: &Outcomes, asked: &Asked<'_>, grouping: Option<Grouping<'_>>) -> Self {
        let Asked { definition, entries, .. } = asked;
        let mut all = Tally::new(definition.steps.len());
        for outcome in outcomes.iter() {
            all.add(&outcome);
        }
        let histogram = histogram(outcomes, definition.steps.len());
        let (breakdown, unjoined) = grouping.map_or_else(Default::default, |by| breakdown(outcomes, definition, by));
        let (steps, pending_persons) = all.finish(definition);
        let unjoined_share = asked.by.and_then(|_| share(unjoined, steps[0].persons));
        let mut report = Self {
            journey: definition.journey.clone(),
            from: (entries.from_ms != i64::MIN).then(|| instant(entries.from_ms)),
            to: (entries.to_ms != i64::MAX).then(|| instant(entries.to_ms)),
            domain: definition.domain.clone(),
            order: definition.order,
            within_seconds: definition.within.as_secs_f64(),
            as_of: instant(asked.now_ms),
            steps,
            pending_persons,
            by: asked.by.map(str::to_owned),
            breakdown,
            unjoined_share,
            synthetic_persons: asked.synthetic_persons,
            histogram,
            sentence: String::new(),
        };
        report.sentence = super::sentence::of(&report);
        report
    }
}

/// RFC 3339, as far as there are such times.
pub(crate) fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |time| time.to_string())
}

/// From whole numbers, so that shares of shares never drift.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 persons")]
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[expect(clippy::cast_precision_loss, reason = "a window is at most a year")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// Persons and times of one group.
#[derive(Debug)]
struct Tally {
    persons: Vec<u64>,
    /// Time from the step before, in milliseconds; of the first step none.
    waits_ms: Vec<Vec<i64>>,
    pending: u64,
}

impl Tally {
    fn new(steps: usize) -> Self {
        Self { persons: vec![0; steps], waits_ms: vec![Vec::new(); steps], pending: 0 }
    }

    fn add(&mut self, outcome: &Outcome<'_>) {
        for (step, time_ms) in outcome.times_ms.iter().enumerate() {
            self.persons[step] += 1;
            if step > 0 {
                self.waits_ms[step].push(time_ms - outcome.times_ms[step - 1]);
            }
        }
        self.pending += u64::from(outcome.is_pending);
    }

    fn absorb(&mut self, other: Self) {
        self.persons.iter_mut().zip(other.persons).for_each(|(all, more)| *all += more);
        self.waits_ms.iter_mut().zip(other.waits_ms).for_each(|(all, more)| all.extend(more));
        self.pending += other.pending;
    }

    fn finish(mut self, definition: &Definition) -> (Vec<StepReport>, u64) {
        let mut steps: Vec<StepReport> = Vec::with_capacity(self.persons.len());
        for (at, step) in definition.steps.iter().enumerate() {
            let persons = self.persons[at];
            let previous = steps.last().map(|step| step.persons);
            steps.push(StepReport {
                name: step.name.clone(),
                persons,
                from_previous: previous.and_then(|previous| share(persons, previous)),
                from_first: share(persons, self.persons[0]),
                seconds_from_previous: percentiles(&mut self.waits_ms[at]),
            });
        }
        (steps, self.pending)
    }
}

/// By nearest rank: of n times the one at place ⌈p·n⌉.
fn percentiles(times_ms: &mut [i64]) -> Option<Percentiles> {
    if times_ms.is_empty() {
        return None;
    }
    let mut at = |percent: usize| {
        let rank = (times_ms.len() * percent).div_ceil(100) - 1;
        seconds(*times_ms.select_nth_unstable(rank).1)
    };
    Some(Percentiles { p50: at(50), p90: at(90), p99: at(99) })
}

/// Groups by persons who entered, the unknown last; and how many are of no known value.
fn breakdown(outcomes: &Outcomes, definition: &Definition, by: Grouping<'_>) -> (Vec<Group>, u64) {
    let steps = definition.steps.len();
    let mut known: HashMap<String, Tally> = HashMap::new();
    let mut unknown = Tally::new(steps);
    let mut rest = Tally::new(steps);
    for outcome in outcomes.iter() {
        let tally = match by(&outcome) {
            None => &mut unknown,
            Some(value) if known.contains_key(value.as_ref()) => known.get_mut(value.as_ref()).expect("it is there"),
            Some(value) if known.len() < VALUES_MAX => {
                known.entry(value.into_owned()).or_insert_with(|| Tally::new(steps))
            }
            Some(_) => &mut rest,
        };
        tally.add(&outcome);
    }
    let mut known: Vec<(String, Tally)> = known.into_iter().collect();
    known.sort_by(|(a, more), (b, fewer)| fewer.persons[0].cmp(&more.persons[0]).then_with(|| a.cmp(b)));
    for (_, tally) in known.split_off(known.len().min(GROUPS_MAX)) {
        rest.absorb(tally);
    }
    let unjoined = unknown.persons[0];
    let group = |value: Option<String>, is_rest, tally: Tally| {
        let (steps, pending_persons) = tally.finish(definition);
        Group { value, is_rest, steps, pending_persons }
    };
    let mut groups: Vec<Group> = known.into_iter().map(|(value, tally)| group(Some(value), false, tally)).collect();
    if rest.persons[0] > 0 {
        groups.push(group(Some("others".into()), true, rest));
    }
    if unjoined > 0 {
        groups.push(group(None, false, unknown));
    }
    (groups, unjoined)
}

/// Bounds of bins: 1, 2, 5, 10, 20, 50 … seconds.
fn histogram(outcomes: &Outcomes, steps: usize) -> Vec<Bin> {
    let bounds: Vec<i64> = (3..=10).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_i64.pow(power))).collect();
    let mut counts = vec![0_u64; bounds.len() + 1];
    let converted = outcomes.iter().filter(|outcome| outcome.depth() == steps && steps > 1);
    for outcome in converted {
        let took_ms = outcome.times_ms[steps - 1] - outcome.entered_ms();
        counts[bounds.partition_point(|bound| *bound < took_ms)] += 1;
    }
    let (Some(first), Some(last)) = (counts.iter().position(|n| *n > 0), counts.iter().rposition(|n| *n > 0)) else {
        return Vec::new();
    };
    // A window has at most a year, so nothing lies beyond the last bound.
    let bins = bounds.iter().zip(&counts).take(last + 1).skip(first);
    bins.map(|(bound, persons)| Bin { to_seconds: seconds(*bound), persons: *persons }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_of_persons() {
        let mut times: Vec<i64> = (1..=10).rev().map(|n| n * 1000).collect();
        assert_eq!(percentiles(&mut times), Some(Percentiles { p50: 5.0, p90: 9.0, p99: 10.0 }));
        assert_eq!(percentiles(&mut [700]), Some(Percentiles { p50: 0.7, p90: 0.7, p99: 0.7 }));
        assert_eq!(
            percentiles(&mut [0, 0]),
            Some(Percentiles { p50: 0.0, p90: 0.0, p99: 0.0 }),
            "no time at all counts"
        );
        assert_eq!(percentiles(&mut []), None);
    }
}
