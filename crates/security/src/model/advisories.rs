//! All advisories that are known, found by package.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::advisory::{Advisory, Affected};
use super::ecosystem::Ecosystem;
use super::package::Package;

/// Most documents that are told one by one when they cannot be read.
const QUARANTINED_SHOWN: usize = 100;

/// Advisories by ecosystem and normal name, in the order of their ids.
#[derive(Debug, Default)]
pub struct Advisories {
    all: Vec<Advisory>,
    index: HashMap<Ecosystem, HashMap<Box<str>, Vec<Entry>>>,
    feeds: BTreeMap<Ecosystem, Feed>,
    withdrawn: u64,
    quarantined: Vec<Quarantined>,
    quarantined_count: u64,
}

/// One part of one advisory.
#[derive(Debug, Clone, Copy)]
struct Entry {
    advisory: u32,
    affected: u32,
}

/// What is known of one ecosystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Feed {
    pub advisories: u64,
    /// The newest time at which one of them was changed: so old the feed is, at least.
    pub newest_modified: Option<Timestamp>,
}

/// A document that is no advisory: it is kept aside, and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    pub path: String,
    pub reason: String,
}

impl Advisories {
    /// Takes one more. One that was withdrawn is counted and never found.
    pub fn add(&mut self, advisory: Advisory) {
        let number = position(self.all.len());
        for (at, affected) in advisory.affected.iter().enumerate() {
            self.know(&affected.ecosystem, advisory.modified);
            if !advisory.withdrawn {
                let names = self.index.entry(affected.ecosystem.clone()).or_default();
                let entry = Entry { advisory: number, affected: position(at) };
                names.entry(affected.name.clone()).or_default().push(entry);
            }
        }
        self.withdrawn += u64::from(advisory.withdrawn);
        self.all.push(advisory);
    }

    fn know(&mut self, ecosystem: &Ecosystem, modified: Option<Timestamp>) {
        match self.feeds.get_mut(ecosystem) {
            Some(feed) => {
                feed.advisories += 1;
                feed.newest_modified = feed.newest_modified.max(modified);
            }
            None => {
                self.feeds.insert(ecosystem.clone(), Feed { advisories: 1, newest_modified: modified });
            }
        }
    }

    /// Says what is known of each ecosystem, of which only a part is here.
    pub fn set_feeds(&mut self, feeds: BTreeMap<Ecosystem, Feed>) {
        self.feeds = feeds;
    }

    /// Keeps a document aside.
    pub fn quarantine(&mut self, path: String, reason: String) {
        self.quarantined_count += 1;
        if self.quarantined.len() < QUARANTINED_SHOWN {
            self.quarantined.push(Quarantined { path, reason });
        }
    }

    /// What speaks of a package: by advisory, all of its parts that do.
    pub fn of(&self, package: &Package) -> Vec<(&Advisory, Vec<&Affected>)> {
        let name = package.ecosystem.normal(&package.name);
        let entries = self.index.get(&package.ecosystem).and_then(|names| names.get(name.as_ref()));
        let mut found: Vec<(u32, Vec<&Affected>)> = Vec::new();
        for entry in entries.into_iter().flatten() {
            let affected = &self.all[entry.advisory as usize].affected[entry.affected as usize];
            match found.last_mut() {
                Some((advisory, parts)) if *advisory == entry.advisory => parts.push(affected),
                _ => found.push((entry.advisory, vec![affected])),
            }
        }
        found.into_iter().map(|(number, parts)| (&self.all[number as usize], parts)).collect()
    }

    /// The ids of all of them, withdrawn ones too.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|advisory| advisory.id.as_ref())
    }

    /// How many there are, withdrawn ones too.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many of them were withdrawn.
    pub const fn withdrawn(&self) -> u64 {
        self.withdrawn
    }

    /// What is known of an ecosystem; none if there is not one advisory of it.
    pub fn feed(&self, ecosystem: &Ecosystem) -> Option<Feed> {
        self.feeds.get(ecosystem).copied()
    }

    /// The newest time at which any of them was changed.
    pub fn newest_modified(&self) -> Option<Timestamp> {
        self.all.iter().filter_map(|advisory| advisory.modified).max()
    }

    /// The first hundred that were kept aside.
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.quarantined
    }

    pub const fn quarantined_count(&self) -> u64 {
        self.quarantined_count
    }
}

fn position(n: usize) -> u32 {
    u32::try_from(n).expect("a feed is bounded far below that")
}
