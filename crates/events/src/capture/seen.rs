//! What the edge itself sees of visitors: which deployment they are given, and which pages they look at.
//!
//! Only visitors who keep cookies count, and a visitor's first request cannot show that. So what it was waits here, within
//! bounds, until the cookie comes back; a client that never sends it back leaves nothing in the log.

use std::sync::atomic::Ordering::Relaxed;

use serde::Serialize;

use super::Inner;
use super::encode::{About, Event};
use super::recent::Recent;
use super::{bots, hash, template};
use crate::record::{Aside, Record, Served, Source};

/// The name of the event.
const PAGE_VIEWED: &str = "page viewed";
const PATH_CHARS_MAX: usize = 500;
const TOLD_MAX: usize = 524_288;
const WAITING_MAX: usize = 65_536;

/// A response of the product that the edge served.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub service: &'a str,
    pub deployment: u64,
    /// The visitor, as the product heard it; `verifier:RUN` when a probe asked.
    pub person: &'a str,
    /// The visitor of the signed cookie that had come with the request.
    pub witness: Option<&'a str>,
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub status: u16,
    /// The response is an HTML page, and pages of this service are counted.
    pub page: bool,
    pub user_agent: Option<&'a str>,
}

/// What was seen lately.
#[derive(Debug)]
pub(super) struct Memory {
    /// The last deployment of each (service, person) that is in the log.
    told: Recent<u64>,
    /// What visitors did whose cookie has not come back yet.
    waiting: Recent<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    deployment: u64,
    at_ms: i64,
    page: Option<Page>,
}

/// Properties of a page view.
#[derive(Debug, Serialize)]
struct Page {
    path: String,
    template: String,
    service: String,
}

impl Default for Memory {
    fn default() -> Self {
        Self { told: Recent::holding(TOLD_MAX), waiting: Recent::holding(WAITING_MAX) }
    }
}

impl Inner {
    pub(super) fn saw(&self, seen: &Seen<'_>) {
        let now_ms = self.now_ms();
        if seen.person.starts_with(super::VERIFIER) {
            if let Some(page) = page_of(seen) {
                self.page_viewed(seen, seen.deployment, &page, now_ms, Some(Aside::Synthetic));
            }
            return;
        }
        let key = hash(&[seen.service, seen.person]);
        let is_waiting = self.memory.waiting.look(key, |waiting| waiting.is_some());
        if seen.witness.is_none() {
            if !is_waiting {
                let waiting = Waiting { deployment: seen.deployment, at_ms: now_ms, page: page_of(seen) };
                self.memory.waiting.put(key, waiting);
            }
            return;
        }
        let aside = seen.user_agent.is_some_and(bots::is_bot).then_some(Aside::Bot);
        if let Some(first) = is_waiting.then(|| self.memory.waiting.take(key)).flatten() {
            self.served(seen, key, first.deployment, first.at_ms);
            if let Some(page) = first.page {
                self.page_viewed(seen, first.deployment, &page, first.at_ms, aside);
            }
        }
        self.served(seen, key, seen.deployment, now_ms);
        if let Some(page) = page_of(seen) {
            self.page_viewed(seen, seen.deployment, &page, now_ms, aside);
        }
    }

    /// Tells the log if it is news.
    fn served(&self, seen: &Seen<'_>, key: u64, deployment: u64, at_ms: i64) {
        if self.memory.told.look(key, |told| told == Some(&deployment)) {
            return;
        }
        let served =
            Served { person: seen.person.into(), service: seen.service.into(), deployment, at_ms, witnessed: true };
        if self.enqueue(Record::Served(served).encode()) {
            self.memory.told.put(key, deployment);
        }
    }

    fn page_viewed(&self, seen: &Seen<'_>, deployment: u64, page: &Page, at_ms: i64, aside: Option<Aside>) {
        let properties = serde_json::to_vec(page).expect("texts are written to memory");
        let about = About {
            source: Source::Edge,
            token: None,
            role: None,
            deployment: Some(deployment),
            witness: seen.witness,
        };
        let event = Event {
            id: uuid::Uuid::new_v4(),
            name: PAGE_VIEWED,
            distinct_id: seen.person,
            time_ms: at_ms,
            received_ms: self.now_ms(),
            properties: &properties,
            about,
            aside,
        };
        let mut record = Vec::with_capacity(properties.len() + 256);
        event.write(&mut record);
        if self.enqueue(record.into()) {
            self.counts.page_views.fetch_add(1, Relaxed);
        }
    }
}

/// The page, if a person looked at one.
fn page_of(seen: &Seen<'_>) -> Option<Page> {
    let is_view = seen.page && seen.method == "GET" && (200..300).contains(&seen.status);
    is_view.then(|| Page {
        path: seen.path.chars().take(PATH_CHARS_MAX).collect(),
        template: template::of(seen.path),
        service: seen.service.into(),
    })
}
