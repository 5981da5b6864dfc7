//! Who uses what, how often: counts by name and day, of exact numbers of persons.

use std::collections::BTreeMap;

use super::Error;
use super::answers::{DayCount, EventRows, NameCount, Names, Properties, Releases, Select, Who};
use super::query;
use super::state::Shared;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Blocks while it reads.
pub(super) fn names(shared: &Shared, from_ms: i64, to_ms: i64) -> Result<Names, Error> {
    let all = Select {
        names: Vec::new(),
        from_ms,
        to_ms,
        properties: Properties::Left,
        releases: Releases::Left,
        who: Who::Everyone,
    };
    let mut seen: Vec<(i64, u64)> = Vec::new();
    let mut names = Names::default();
    query::each(shared, all, |list| {
        if !list.persons.is_empty() {
            names.items.push(count(&list, &mut seen));
        }
    })?;
    seen.sort_unstable();
    seen.dedup();
    for (day, _) in &seen {
        *names.active.entry(*day).or_default() += 1;
    }
    let mut persons: Vec<u64> = seen.into_iter().map(|(_, person)| person).collect();
    persons.sort_unstable();
    persons.dedup();
    names.persons = persons.len() as u64;
    Ok(names)
}

/// Rows are sorted by (person, time): a person's day is new when it is not the one before.
fn count(list: &EventRows, seen: &mut Vec<(i64, u64)>) -> NameCount {
    let mut days = BTreeMap::<i64, DayCount>::new();
    let (mut persons, mut before) = (0, None);
    for (person, time) in list.persons.iter().zip(&list.times_ms) {
        let day = time.div_euclid(DAY_MS);
        let count = days.entry(day).or_insert(DayCount { day, events: 0, persons: 0 });
        count.events += 1;
        if before != Some((*person, day)) {
            count.persons += 1;
            seen.push((day, *person));
        }
        persons += u64::from(before.is_none_or(|(other, _)| other != *person));
        before = Some((*person, day));
    }
    NameCount {
        name: list.name.clone(),
        events: list.persons.len() as u64,
        persons,
        first_ms: list.times_ms.iter().copied().min().unwrap_or_default(),
        last_ms: list.times_ms.iter().copied().max().unwrap_or_default(),
        days: days.into_values().collect(),
    }
}
