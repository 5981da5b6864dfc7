//! The customers' own books: what they asked for, what they got, and from which release.
//!
//! Kept without asking Trunkline anything, so that its claims can be held against them. A failure is an answer of 500 or
//! more, or none at all.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use serde::Serialize;

use super::walks::{Taken, Walks};

/// So many seconds are kept one by one.
const SECONDS_KEPT: usize = 120;
/// Of so many failures it is known what they were.
const FAILURES_KEPT: usize = 256;

/// The books, shared by all who write them.
#[derive(Debug)]
pub struct Books {
    inner: Mutex<Inner>,
    walks: Mutex<Walks>,
}

/// All that was written down, or the difference of two such.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    pub visits: u64,
    pub requests: u64,
    pub failures: u64,
    /// Failures without any answer.
    pub broken: u64,
    pub orders: u64,
    /// Pages that ask for a note for the courier.
    pub noted: u64,
    /// Distinct ones.
    pub customers: u64,
    /// Distinct ones who met a failure.
    pub failed_customers: u64,
    /// By release number, oldest first. `None`: the answer did not come from the shop.
    pub releases: Vec<ReleaseLedger>,
}

/// What came from one release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReleaseLedger {
    pub release: Option<u64>,
    pub requests: u64,
    pub failures: u64,
    pub customers: u64,
    pub failed_customers: u64,
    /// How often somebody who had it was then served by an older one.
    pub moved_back: u64,
}

/// One second of it: requests by release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Second {
    /// Since the books were opened.
    pub second: u64,
    pub requests: Vec<(Option<u64>, u64)>,
    pub failures: u64,
}

/// One answer, or the lack of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) customer: usize,
    pub(crate) release: Option<u64>,
    pub(crate) ending: Ending,
}

/// How a request ended. What failed says what was asked and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    Served,
    Failed(String),
    Broken(String),
}

impl Ending {
    fn failure(&self) -> Option<&str> {
        match self {
            Self::Served => None,
            Self::Failed(what) | Self::Broken(what) => Some(what),
        }
    }
}

#[derive(Debug)]
struct Inner {
    opened: Instant,
    totals: Ledger,
    releases: BTreeMap<Option<u64>, Page>,
    customers: HashSet<usize>,
    failed: HashSet<usize>,
    last_release: BTreeMap<usize, u64>,
    /// When the first customer got a release.
    firsts: BTreeMap<u64, SystemTime>,
    seconds: VecDeque<Second>,
    /// The last failures.
    met: VecDeque<String>,
}

#[derive(Debug, Default)]
struct Page {
    requests: u64,
    failures: u64,
    customers: HashSet<usize>,
    failed: HashSet<usize>,
    moved_back: u64,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                opened: Instant::now(),
                totals: Ledger::default(),
                releases: BTreeMap::new(),
                customers: HashSet::new(),
                failed: HashSet::new(),
                last_release: BTreeMap::new(),
                firsts: BTreeMap::new(),
                seconds: VecDeque::new(),
                met: VecDeque::new(),
            }),
            walks: Mutex::default(),
        }
    }
}

impl Books {
    /// Everything until now.
    pub fn ledger(&self) -> Ledger {
        let inner = self.inner();
        let releases = inner.releases.iter().map(|(release, page)| ReleaseLedger {
            release: *release,
            requests: page.requests,
            failures: page.failures,
            customers: page.customers.len() as u64,
            failed_customers: page.failed.len() as u64,
            moved_back: page.moved_back,
        });
        Ledger {
            customers: inner.customers.len() as u64,
            failed_customers: inner.failed.len() as u64,
            releases: releases.collect(),
            ..inner.totals.clone()
        }
    }

    /// The last seconds, oldest first.
    pub fn seconds(&self) -> Vec<Second> {
        self.inner().seconds.iter().cloned().collect()
    }

    /// The first failure after so many, where it is still known.
    pub(crate) fn failure_after(&self, failures: u64) -> Option<String> {
        let inner = self.inner();
        let forgotten = inner.totals.failures.saturating_sub(inner.met.len() as u64);
        let at = usize::try_from(failures.checked_sub(forgotten)?).ok()?;
        inner.met.get(at).cloned()
    }

    /// When the first customer got a release, by their own clock.
    pub(crate) fn first_of(&self, release: u64) -> Option<SystemTime> {
        self.inner().firsts.get(&release).copied()
    }

    /// A new book of the ways to an order.
    pub(crate) fn open_walks(&self) {
        *self.walks.lock().unwrap_or_else(PoisonError::into_inner) = Walks::default();
    }

    pub(crate) fn walks(&self) -> Walks {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn walk(&self, customer: usize, taken: Taken) {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner).write(customer, taken);
    }

    pub(crate) fn visit(&self) {
        self.inner().totals.visits += 1;
    }

    pub(crate) fn order(&self) {
        self.inner().totals.orders += 1;
    }

    pub(crate) fn noted(&self) {
        self.inner().totals.noted += 1;
    }

    pub(crate) fn write(&self, entry: &Entry) {
        let mut inner = self.inner();
        inner.count(entry);
        inner.second(entry.release, entry.ending != Ending::Served);
        inner.follow(entry);
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn count(&mut self, entry: &Entry) {
        let page = self.releases.entry(entry.release).or_default();
        page.requests += 1;
        page.customers.insert(entry.customer);
        self.totals.requests += 1;
        self.customers.insert(entry.customer);
        if let Some(what) = entry.ending.failure() {
            page.failures += 1;
            page.failed.insert(entry.customer);
            self.totals.failures += 1;
            self.failed.insert(entry.customer);
            if self.met.len() == FAILURES_KEPT {
                self.met.pop_front();
            }
            self.met.push_back(what.to_owned());
        }
        self.totals.broken += u64::from(matches!(entry.ending, Ending::Broken(_)));
    }

    fn second(&mut self, release: Option<u64>, is_failure: bool) {
        let now = self.opened.elapsed().as_secs();
        if self.seconds.back().is_none_or(|last| last.second < now) {
            self.seconds.push_back(Second { second: now, ..Second::default() });
        }
        if self.seconds.len() > SECONDS_KEPT {
            self.seconds.pop_front();
        }
        let Some(second) = self.seconds.back_mut() else { return };
        second.failures += u64::from(is_failure);
        match second.requests.iter_mut().find(|(of, _)| *of == release) {
            Some((_, count)) => *count += 1,
            None => second.requests.push((release, 1)),
        }
    }

    /// Notes whether somebody is thrown back to an older release.
    fn follow(&mut self, entry: &Entry) {
        let Some(release) = entry.release else { return };
        self.firsts.entry(release).or_insert_with(now);
        let Some(before) = self.last_release.insert(entry.customer, release) else { return };
        if before > release {
            self.releases.entry(Some(before)).or_default().moved_back += 1;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the demo stands outside: it is a customer with a clock of their own")]
fn now() -> SystemTime {
    SystemTime::now()
}

impl Ledger {
    /// What was added since `earlier`. Distinct customers are counted from the beginning and their difference are those
    /// who came for the first time.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let releases = self.releases.iter().map(|now| now.since(&earlier.release(now.release)));
        Self {
            visits: self.visits.saturating_sub(earlier.visits),
            requests: self.requests.saturating_sub(earlier.requests),
            failures: self.failures.saturating_sub(earlier.failures),
            broken: self.broken.saturating_sub(earlier.broken),
            orders: self.orders.saturating_sub(earlier.orders),
            noted: self.noted.saturating_sub(earlier.noted),
            customers: self.customers.saturating_sub(earlier.customers),
            failed_customers: self.failed_customers.saturating_sub(earlier.failed_customers),
            releases: releases.filter(|release| release.requests > 0).collect(),
        }
    }

    /// The part of one release; zeros if it never answered.
    pub fn release(&self, release: Option<u64>) -> ReleaseLedger {
        let found = self.releases.iter().find(|ledger| ledger.release == release);
        found.cloned().unwrap_or(ReleaseLedger { release, ..ReleaseLedger::default() })
    }
}

impl ReleaseLedger {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            release: self.release,
            requests: self.requests.saturating_sub(earlier.requests),
            failures: self.failures.saturating_sub(earlier.failures),
            customers: self.customers.saturating_sub(earlier.customers),
            failed_customers: self.failed_customers.saturating_sub(earlier.failed_customers),
            moved_back: self.moved_back.saturating_sub(earlier.moved_back),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(what: &str) -> Ending {
        Ending::Failed(what.into())
    }

    fn entry(customer: usize, release: u64, ending: Ending) -> Entry {
        Entry { customer, release: Some(release), ending }
    }

    #[test]
    fn customers_count_once_and_failures_by_release() {
        let books = Books::default();
        for ending in [Ending::Served, failed("one"), failed("two")] {
            books.write(&entry(1, 4, ending));
        }
        books.write(&entry(2, 3, Ending::Served));
        books.write(&Entry { customer: 2, release: None, ending: Ending::Broken("three".into()) });
        let met: Vec<_> = (0..4).map(|failures| books.failure_after(failures)).collect();
        assert_eq!(met, [Some("one".into()), Some("two".into()), Some("three".into()), None]);
        let ledger = books.ledger();
        assert_eq!((ledger.requests, ledger.failures, ledger.broken), (5, 3, 1));
        assert_eq!((ledger.customers, ledger.failed_customers), (2, 2));
        let four = ledger.release(Some(4));
        assert_eq!((four.requests, four.failures, four.customers, four.failed_customers), (3, 2, 1, 1));
    }

    #[test]
    fn the_difference_of_two_ledgers_is_what_happened_between() {
        let books = Books::default();
        books.write(&entry(1, 3, failed("one")));
        let before = books.ledger();
        books.write(&entry(1, 4, Ending::Served));
        let between = books.ledger().since(&before);
        assert_eq!((between.requests, between.failures), (1, 0));
        assert_eq!(between.releases.iter().map(|r| r.release).collect::<Vec<_>>(), [Some(4)]);
    }

    #[test]
    fn who_is_thrown_back_is_noticed() {
        let books = Books::default();
        for release in [3, 4, 4, 3, 4] {
            books.write(&entry(1, release, Ending::Served));
        }
        assert_eq!(books.ledger().release(Some(4)).moved_back, 1);
        assert_eq!(books.ledger().release(Some(3)).moved_back, 0);
    }
}
