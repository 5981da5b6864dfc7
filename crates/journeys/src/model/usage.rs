//! Features: who uses what, how often, and whether that grows.
//!
//! The rule is simple on purpose. Whole days are cut into an earlier and a later half (whole weeks where there are enough).
//! The ratio of persons per day gets a 95 % interval from counts, widened by how much days differ among themselves
//! (quasi-Poisson, McCullagh and Nelder 1989, section 6.2.3). Rising or falling is said only if the interval leaves out 1.

use std::collections::BTreeMap;

use events::{DayCount, NameCount, Names};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::pages::{PAGE_VIEWED, Pages};
use super::report::share;

/// Fewer whole days than this say nothing.
const DAYS_MIN: i64 = 4;
/// Fewer persons-days than this, in both halves together, say nothing.
const PERSONS_MIN: u64 = 20;
/// Of the normal distribution, two-sided 95 %.
const Z: f64 = 1.96;

/// What customers say when they are asked, and that they were: no feature of the product.
const TALK: [&str; 5] = ["survey shown", "survey sent", "survey dismissed", "survey abandoned", "feedback given"];

/// Whether an event is about asking customers, and not about what they do.
pub fn is_talk(event: &str) -> bool {
    TALK.contains(&event)
}

/// Which way the use of a feature goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Rising,
    /// No change that could be told from chance; the interval says how large one may be.
    Steady,
    Falling,
    /// Not used in the earlier half.
    New,
    /// Not used in the later half.
    Gone,
    /// Too few days or persons to say.
    TooFew,
}

/// Persons per day in the later half for each in the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    pub ratio: f64,
    /// 95 % interval.
    pub lower: f64,
    pub upper: f64,
}

/// One day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// `2026-11-24`
    pub day: String,
    pub persons: u64,
    pub events: u64,
}

/// A feature: an event that customers cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Feature {
    pub event: String,
    /// Of page views that the edge tells of: which page, as `/product/:id`.
    #[serde(default)]
    pub page: Option<String>,
    /// Exact; a person's several ids count once.
    pub persons: u64,
    pub events: u64,
    pub per_person: f64,
    /// Share of all persons with any event.
    pub share_of_active: f64,
    /// Every day of the period, also those without use.
    pub by_day: Vec<Day>,
    pub trend: Direction,
    pub change: Option<Change>,
}

/// Features by persons, most first; each page is one. `days` are days since 1970, the last of them today.
pub fn features(names: &Names, pages: Pages, days: std::ops::RangeInclusive<i64>) -> Vec<Feature> {
    let today = *days.end();
    // The day on which it all began is not whole, as is today.
    let begun = names.active.keys().next().map_or(today, |first| first + 1);
    let whole = begun.max(*days.start())..today;
    let others = names.items.iter().filter(|name| name.name != PAGE_VIEWED).map(|name| (None, name.clone()));
    let counted = others.chain(pages.counts());
    let mut features: Vec<Feature> =
        counted.map(|(page, name)| Feature { page, ..feature(&name, names.persons, &days, &whole) }).collect();
    features.sort_by(|a, b| b.persons.cmp(&a.persons).then_with(|| (&a.event, &a.page).cmp(&(&b.event, &b.page))));
    features
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 events")]
fn feature(
    name: &NameCount,
    active: u64,
    days: &std::ops::RangeInclusive<i64>,
    whole: &std::ops::Range<i64>,
) -> Feature {
    let counted: BTreeMap<i64, &DayCount> = name.days.iter().map(|day| (day.day, day)).collect();
    let persons = |day: i64| counted.get(&day).map_or(0, |count| count.persons);
    let (trend, change) = direction(&whole.clone().map(persons).collect::<Vec<_>>());
    let by_day = days.clone().map(|day| Day {
        day: date(day),
        persons: persons(day),
        events: counted.get(&day).map_or(0, |count| count.events),
    });
    Feature {
        event: name.name.clone(),
        page: None,
        persons: name.persons,
        events: name.events,
        per_person: name.events as f64 / name.persons.max(1) as f64,
        share_of_active: share(name.persons, active).unwrap_or(0.0),
        by_day: by_day.collect(),
        trend,
        change,
    }
}

fn date(days: i64) -> String {
    let epoch = Date::constant(1970, 1, 1);
    let span = jiff::Span::new().try_days(days).ok();
    span.and_then(|span| epoch.checked_add(span).ok()).map_or_else(|| format!("day {days}"), |date| date.to_string())
}

/// From persons on each whole day.
fn direction(days: &[u64]) -> (Direction, Option<Change>) {
    let half = match days.len() / 2 {
        half @ 0..7 => half,
        half => half / 7 * 7,
    };
    let days = &days[days.len() - 2 * half..];
    let (earlier, later) = days.split_at(half);
    let (before, after): (u64, u64) = (earlier.iter().sum(), later.iter().sum());
    if i64::try_from(days.len()).unwrap_or(i64::MAX) < DAYS_MIN || before + after < PERSONS_MIN {
        return (Direction::TooFew, None);
    }
    if before == 0 || after == 0 {
        return (if before == 0 { Direction::New } else { Direction::Gone }, None);
    }
    let change = change(earlier, later);
    let direction = match change {
        Change { lower, .. } if lower > 1.0 => Direction::Rising,
        Change { upper, .. } if upper < 1.0 => Direction::Falling,
        _ => Direction::Steady,
    };
    (direction, Some(change))
}

/// Halves are equally long and neither is without persons.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 persons")]
fn change(earlier: &[u64], later: &[u64]) -> Change {
    let sum = |half: &[u64]| half.iter().sum::<u64>() as f64;
    // Pearson's statistic: how much more the days of one half differ than counts of chance do.
    let pearson = |half: &[u64]| {
        let mean = sum(half) / half.len() as f64;
        half.iter().map(|day| (*day as f64 - mean).powi(2) / mean).sum::<f64>()
    };
    let freedom = (earlier.len() + later.len() - 2) as f64;
    let dispersion = ((pearson(earlier) + pearson(later)) / freedom).max(1.0);
    let (before, after) = (sum(earlier), sum(later));
    let error = (dispersion * (1.0 / before + 1.0 / after)).sqrt();
    let ratio = after / before;
    Change { ratio, lower: ratio * (-Z * error).exp(), upper: ratio * (Z * error).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_said_only_if_chance_would_not_do() {
        let cases: [(&[u64], Direction); 8] = [
            (&[100, 100, 100, 200, 200, 200], Direction::Rising),
            (&[200, 200, 200, 100, 100, 100], Direction::Falling),
            (&[100, 101, 99, 103, 98, 102], Direction::Steady),
            (&[0, 0, 0, 40, 40, 40], Direction::New),
            (&[40, 40, 40, 0, 0, 0], Direction::Gone),
            (&[1, 2, 1, 3, 2, 4], Direction::TooFew),
            (&[1000, 2000], Direction::TooFew),
            // Twice as much on average, and days that differ by more than that.
            (&[10, 190, 20, 400, 30, 350], Direction::Steady),
        ];
        for (days, expected) in cases {
            assert_eq!(direction(days).0, expected, "{days:?}");
        }
    }

    #[test]
    fn whole_weeks_are_compared_where_there_are_enough() {
        // A weekend is quiet. Of 17 days the last 14 count, so both halves have one.
        let week = [100, 100, 100, 100, 100, 10, 10];
        let days: Vec<u64> = [1, 1, 1].into_iter().chain(week).chain(week).collect();
        let (direction, change) = direction(&days);
        assert_eq!((direction, change.unwrap().ratio), (Direction::Steady, 1.0));
    }

    #[test]
    fn the_interval_covers_as_often_as_it_says() {
        // Counts without any change: the interval leaves out 1 in about one of twenty.
        let mut state = 7_u64;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        // A binomial count of 200 throws.
        let mut count = || (0..200).map(|_| u64::from(below(10) == 0)).sum::<u64>();
        let rounds = 2_000;
        let wrong = (0..rounds)
            .filter(|_| {
                let days: Vec<u64> = (0..14).map(|_| count()).collect();
                !matches!(direction(&days).0, Direction::Steady)
            })
            .count();
        assert!(wrong < rounds * 8 / 100, "{wrong} of {rounds} without a change were told to have one");
    }
}
