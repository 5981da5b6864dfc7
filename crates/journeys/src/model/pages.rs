//! Page views by page: the edge tells of every page under one name, and a page is what people call a feature.

use std::collections::{BTreeMap, HashMap, HashSet};

use events::{DayCount, EventRows, NameCount};
use serde_json::value::RawValue;

use super::scalar::{Held, pick};

/// The edge's own event of a page.
pub const PAGE_VIEWED: &str = "page viewed";
/// Its property that pages of one kind have in common: `/product/:id`.
const TEMPLATE: &str = "template";
/// Different pages that are told apart; the rest is one.
const PAGES_MAX: usize = 1_000;
/// Begins with no `/`, so it is no page's template.
const OTHERS: &str = "other pages";

/// Page views of some days, counted as they are read.
#[derive(Debug, Default)]
pub struct Pages(BTreeMap<Option<String>, Page>);

#[derive(Debug, Default)]
struct Page {
    events: u64,
    persons: HashSet<u64>,
    first_ms: i64,
    last_ms: i64,
    days: Vec<DayCount>,
}

impl Pages {
    /// Takes all page views of one day (days since 1970).
    pub fn take(&mut self, day: i64, views: &EventRows) {
        let mut today: HashMap<Option<String>, Vec<usize>> = HashMap::new();
        for row in 0..views.persons.len() {
            let page = views.properties.get(row).and_then(|properties| template(properties));
            today.entry(self.known(page)).or_default().push(row);
        }
        for (page, rows) in today {
            self.0.entry(page).or_default().add(day, views, &rows);
        }
    }

    /// The page itself, as long as there is room for it.
    fn known(&self, page: Option<String>) -> Option<String> {
        if self.0.len() < PAGES_MAX || self.0.contains_key(&page) { page } else { Some(OTHERS.to_owned()) }
    }

    /// Each page with its counts; views without a template have none.
    pub fn counts(self) -> Vec<(Option<String>, NameCount)> {
        let count = |page: Page| NameCount {
            name: PAGE_VIEWED.to_owned(),
            events: page.events,
            persons: page.persons.len() as u64,
            first_ms: page.first_ms,
            last_ms: page.last_ms,
            days: page.days,
        };
        self.0.into_iter().map(|(page, counted)| (page, count(counted))).collect()
    }
}

impl Page {
    fn add(&mut self, day: i64, views: &EventRows, rows: &[usize]) {
        let times = || rows.iter().map(|row| views.times_ms[*row]);
        if self.events == 0 {
            self.first_ms = times().min().unwrap_or_default();
        }
        self.last_ms = times().max().unwrap_or(self.last_ms);
        self.events += rows.len() as u64;
        let persons: HashSet<u64> = rows.iter().map(|row| views.persons[*row]).collect();
        self.days.push(DayCount { day, events: rows.len() as u64, persons: persons.len() as u64 });
        self.persons.extend(persons);
    }
}

fn template(properties: &RawValue) -> Option<String> {
    let mut found = [const { Held::Nothing }];
    pick(properties, &[TEMPLATE], &mut found);
    match &found[0] {
        Held::Text(text) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    }
}
