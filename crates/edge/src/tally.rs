//! Per deployment: how many requests, failures, clients and persons, and how long they took.
//!
//! Invariants: recording takes no lock but the one of a shard of a set, for an insertion; a request is charged to the
//! window that was in force when it began; memory is bounded (see [`distinct`] and [`KEPT`]).

pub(crate) mod distinct;
pub(crate) mod histogram;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::model::{Counts, Tally};
use distinct::Distinct;
use histogram::Histogram;

/// Tallies of this many deployments are kept; beyond, those routed longest ago go.
pub(crate) const KEPT: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Counter {
    requests: AtomicU64,
    failures: AtomicU64,
    in_flight: AtomicU64,
    latency: Histogram,
    clients: Distinct,
    failed_clients: Distinct,
    persons: Distinct,
}

impl Counter {
    fn tally(&self) -> Tally {
        Tally {
            requests: self.requests.load(Relaxed),
            failures: self.failures.load(Relaxed),
            clients: self.clients.len(),
            failed_clients: self.failed_clients.len(),
            persons: self.persons.len(),
            latency: self.latency.quantiles(),
            in_flight: self.in_flight.load(Relaxed),
            saturated: [&self.clients, &self.failed_clients, &self.persons].iter().any(|set| set.is_saturated()),
        }
    }

    fn fail(&self, who: Who) {
        self.failures.fetch_add(1, Relaxed);
        self.failed_clients.insert(who.client);
    }

    fn count(&self, who: Who) {
        self.requests.fetch_add(1, Relaxed);
        self.clients.insert(who.client);
        if let Some(person) = who.person {
            self.persons.insert(person);
        }
    }
}

/// Who sent a request, as hashes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    pub(crate) client: u64,
    /// Only if witnessed.
    pub(crate) person: Option<u64>,
}

/// The two tallies of a deployment that a request is charged to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tallies {
    total: Arc<Counter>,
    in_window: Arc<Counter>,
}

impl Tallies {
    fn each(&self) -> [&Counter; 2] {
        [&self.total, &self.in_window]
    }
}

/// One request on its way through one deployment. Dropping it ends its time in flight; if nothing was said of it until
/// then, the client left early: it counts as a request and as no failure.
#[derive(Debug)]
pub(crate) struct Charge {
    tallies: Tallies,
    who: Who,
    since: Instant,
    counted: bool,
    failed: bool,
}

impl Charge {
    pub(crate) fn begin(tallies: &Tallies, who: Who, since: Instant) -> Self {
        for counter in tallies.each() {
            counter.in_flight.fetch_add(1, Relaxed);
        }
        Self { tallies: tallies.clone(), who, since, counted: false, failed: false }
    }

    /// The response's head is there.
    pub(crate) fn answered(&mut self, status: http::StatusCode) {
        self.count();
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        for counter in self.tallies.each() {
            counter.latency.record(micros);
        }
        if status.is_server_error() {
            self.failed();
        }
    }

    /// No response, or a broken or late one. At most one failure per request.
    pub(crate) fn failed(&mut self) {
        self.count();
        if !std::mem::replace(&mut self.failed, true) {
            self.tallies.each().iter().for_each(|counter| counter.fail(self.who));
        }
    }

    /// The request goes elsewhere or again: as if it had never come here.
    pub(crate) fn withdraw(mut self) {
        self.counted = true;
    }

    fn count(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.tallies.each().iter().for_each(|counter| counter.count(self.who));
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.count();
        for counter in self.tallies.each() {
            counter.in_flight.fetch_sub(1, Relaxed);
        }
    }
}

/// The tallies of all deployments.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    entries: HashMap<(String, u64), Entry>,
    turn: u64,
}

#[derive(Debug)]
struct Entry {
    tallies: Tallies,
    window: String,
    routed: u64,
}

impl Book {
    /// The tallies of a deployment under `window`; a new window starts at zero.
    pub(crate) fn open(&self, service: &str, deployment: u64, window: &str) -> Tallies {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.turn += 1;
        let routed = pages.turn;
        let fresh = || Entry { tallies: Tallies::default(), window: window.to_owned(), routed };
        let entry = pages.entries.entry((service.to_owned(), deployment)).or_insert_with(fresh);
        entry.routed = routed;
        if entry.window != window {
            window.clone_into(&mut entry.window);
            entry.tallies.in_window = Arc::default();
        }
        let tallies = entry.tallies.clone();
        pages.forget_oldest();
        tallies
    }

    pub(crate) fn counts(&self) -> Vec<Counts> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = pages.entries.iter().map(|((service, deployment), entry)| Counts {
            service: service.clone(),
            deployment: *deployment,
            total: entry.tallies.total.tally(),
            window: entry.window.clone(),
            in_window: entry.tallies.in_window.tally(),
        });
        let mut counts: Vec<_> = counts.collect();
        counts.sort_by(|a, b| (&a.service, a.deployment).cmp(&(&b.service, b.deployment)));
        counts
    }
}

impl Pages {
    fn forget_oldest(&mut self) {
        while self.entries.len() > KEPT {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.routed).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn who(client: u64) -> Who {
        Who { client, person: None }
    }

    #[test]
    fn a_failure_counts_once_and_a_client_that_leaves_is_none() {
        let book = Book::default();
        let tallies = book.open("shop", 1, "1/0");
        let mut charge = Charge::begin(&tallies, who(1), Instant::now());
        assert_eq!(book.counts()[0].total.in_flight, 1);
        charge.answered(StatusCode::BAD_GATEWAY);
        charge.failed();
        drop(charge);
        drop(Charge::begin(&tallies, who(2), Instant::now()));
        let total = book.counts()[0].total;
        assert_eq!((total.requests, total.failures, total.clients, total.failed_clients), (2, 1, 2, 1));
        assert_eq!(total.in_flight, 0);
    }

    #[test]
    fn a_new_window_starts_at_zero_and_old_requests_stay_in_the_old_one() {
        let book = Book::default();
        let mut slow = Charge::begin(&book.open("shop", 1, "1/0"), who(1), Instant::now());
        let mut new = Charge::begin(&book.open("shop", 1, "1/1"), who(2), Instant::now());
        slow.answered(StatusCode::INTERNAL_SERVER_ERROR);
        new.answered(StatusCode::OK);
        let counts = &book.counts()[0];
        assert_eq!((counts.total.requests, counts.total.failures), (2, 1));
        assert_eq!((counts.in_window.requests, counts.in_window.failures, counts.window.as_str()), (1, 0, "1/1"));
    }

    #[test]
    fn a_bounded_number_of_deployments_is_kept() {
        let book = Book::default();
        for deployment in 0..KEPT as u64 + 10 {
            book.open("shop", deployment, "w");
        }
        let counts = book.counts();
        assert_eq!((counts.len(), counts[0].deployment), (KEPT, 10));
    }
}
