//! Advisories against what is live: each marked package is worked out in one transaction with its mark, so that nothing is lost
//! and nothing is opened twice, wherever it is broken off.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use storage::{Audit, Tx};

use super::{PUBLISHER, Security};
use crate::Error;
use crate::model::join::{Change, Closed, Place, Seen, changes};
use crate::model::report::{findings_of, smallest_fix};
use crate::model::{Advisories, Ecosystem, Finding, Package};
use crate::store::finding::{StoredEvent, StoredFinding};
use crate::store::inventory::{Running, StoredInventory};
use crate::store::{self, finding, inventory};

/// Packages of one transaction.
const MARKED_AT_ONCE: u64 = 100;
/// Digits of a finding's key.
const KEY_DIGITS: usize = 16;

impl Security {
    /// Works out the findings of all packages that are marked.
    pub async fn settle(&self) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        loop {
            let mut tx = self.db.begin().await?;
            let marked = inventory::marked(&mut tx, MARKED_AT_ONCE).await?;
            if marked.is_empty() {
                return Ok(());
            }
            for (ecosystem, package) in &marked {
                self.package(&mut tx, ecosystem, package).await?;
                inventory::unmark(&mut tx, ecosystem, package).await?;
            }
            tx.commit().await?;
        }
    }

    async fn package(&self, tx: &mut Tx, ecosystem: &Ecosystem, package: &str) -> Result<(), Error> {
        let running = inventory::running(tx, ecosystem, package).await?;
        let known = finding::of_package(tx, ecosystem, package).await?;
        if running.is_empty() && !known.iter().any(|known| known.is_open) {
            return Ok(());
        }
        let advisories = self.advisories_of(ecosystem, package).await?;
        let seen = seen(ecosystem, &running, &advisories);
        let live: Vec<&str> = running.iter().map(|running| running.version.as_str()).collect();
        let all: Vec<_> = known.iter().map(StoredFinding::known).collect();
        for change in changes(&all, seen, &live) {
            self.write_down(tx, (package, &advisories), &known, change).await?;
        }
        Ok(())
    }

    async fn write_down(
        &self,
        tx: &mut Tx,
        (package, advisories): (&str, &Advisories),
        known: &[StoredFinding],
        change: Change,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let before = |key: &str| known.iter().find(|known| known.key == key).cloned();
        match change {
            Change::Open(seen) => {
                let since = since(tx, package, &seen, now).await?;
                let new = opened(key(&seen.flaw), package, seen, since, (now, advisories));
                write(tx, &new, "opened", None, now).await
            }
            Change::Reopen { key, seen } => {
                let since = since(tx, package, &seen, now).await?;
                let new = opened(key, package, seen, since, (now, advisories));
                write(tx, &new, "reopened", None, now).await
            }
            Change::Update { key, seen } => {
                let Some(before) = before(&key) else { return Ok(()) };
                let detail = difference(&before, &seen);
                let bump = smallest_fix(&seen.flaw, advisories);
                let new = StoredFinding { flaw: seen.flaw, places: seen.places, bump, ..before };
                write(tx, &new, "changed", Some(detail), now).await
            }
            Change::Close { key, why } => {
                let Some(before) = before(&key) else { return Ok(()) };
                let new = StoredFinding { is_open: false, closed: Some(now), closed_why: Some(why), ..before };
                write(tx, &new, "closed", Some(told(why).to_owned()), now).await
            }
        }
    }
}

/// What is found in the versions that run, each with where.
fn seen(ecosystem: &Ecosystem, running: &[Running], advisories: &Advisories) -> Vec<Seen> {
    let mut versions: BTreeMap<&str, (&Running, BTreeSet<Place>)> = BTreeMap::new();
    for one in running {
        let (_, places) = versions.entry(&one.version).or_insert((one, BTreeSet::new()));
        places.insert(Place { service: one.service.clone(), deployment: one.deployment });
    }
    let mut seen = Vec::new();
    for (version, (one, places)) in versions {
        let package = Package::registered(ecosystem.clone(), &one.name, version);
        let places: Vec<Place> = places.into_iter().collect();
        let flaws = findings_of(&one.source, &package, advisories);
        seen.extend(flaws.into_iter().map(|flaw| Seen { flaw, places: places.clone() }));
    }
    seen
}

/// The same flaw in the same version has the same key, whoever finds it.
fn key(flaw: &Finding) -> String {
    let text = format!("{}\n{}\n{}\n{}", flaw.id, flaw.ecosystem, flaw.package, flaw.version);
    hex::encode(Sha256::digest(text))[..KEY_DIGITS].to_owned()
}

fn opened(
    key: String,
    package: &str,
    seen: Seen,
    since: u64,
    (now, advisories): (Timestamp, &Advisories),
) -> StoredFinding {
    StoredFinding {
        key,
        is_open: true,
        bump: smallest_fix(&seen.flaw, advisories),
        flaw: seen.flaw,
        package: package.to_owned(),
        places: seen.places,
        since,
        opened: now,
        closed: None,
        closed_why: None,
    }
}

/// The deployment that brought the version: the first of those that have it without a gap up to what is live now; of several
/// services the one that had it first.
async fn since(tx: &mut Tx, package: &str, seen: &Seen, now: Timestamp) -> Result<u64, Error> {
    let bills = inventory::bills_with_version(tx, &seen.flaw.ecosystem, package, &seen.flaw.version).await?;
    let mut first: Option<(Timestamp, u64)> = None;
    for place in &seen.places {
        let earlier = inventory::of_service_in(tx, &place.service, place.deployment).await?;
        let has_it = |stored: &&StoredInventory| stored.bill.as_ref().is_some_and(|bill| bills.contains(bill));
        let brought = earlier.iter().take_while(has_it).last();
        let brought = brought.map_or((now, place.deployment), |stored| (stored.since, stored.deployment));
        first = Some(first.map_or(brought, |first| first.min(brought)));
    }
    Ok(first.map_or(0, |(_, deployment)| deployment))
}

fn difference(before: &StoredFinding, seen: &Seen) -> String {
    let mut parts = Vec::new();
    if before.places != seen.places {
        let places = seen.places.iter().map(|place| format!("{} {}", place.service, place.deployment));
        parts.push(format!("live as {}", places.collect::<Vec<_>>().join(", ")));
    }
    if before.flaw.severity != seen.flaw.severity {
        parts.push(format!("severity {} instead of {}", seen.flaw.severity.word(), before.flaw.severity.word()));
    }
    if before.flaw.fixed != seen.flaw.fixed {
        parts.push(format!("fixed in {}", seen.flaw.fixed.join(", ")));
    }
    if before.flaw.id != seen.flaw.id || before.flaw.aliases != seen.flaw.aliases {
        parts.push(format!("called {}", seen.flaw.names().collect::<Vec<_>>().join(", ")));
    }
    if parts.is_empty() { "its description".to_owned() } else { parts.join("; ") }
}

/// In words.
pub(super) const fn told(why: Closed) -> &'static str {
    match why {
        Closed::Gone => "nothing that is live has it any more",
        Closed::TakenBack => "no advisory speaks of this version any more",
    }
}

async fn write(
    tx: &mut Tx,
    new: &StoredFinding,
    what: &str,
    detail: Option<String>,
    now: Timestamp,
) -> Result<(), Error> {
    finding::put(tx, new).await?;
    let who = "trunkline".to_owned();
    let event = StoredEvent { at: now, what: what.to_owned(), who: who.clone(), detail: detail.clone() };
    store::finding::tell(tx, &new.key, &event).await?;
    let after = json!({
        "finding": new.key,
        "id": new.flaw.id,
        "package": new.flaw.package,
        "version": new.flaw.version,
        "severity": new.flaw.severity,
        "services": new.places.iter().map(|place| place.service.as_str()).collect::<BTreeSet<_>>(),
        "state": if new.is_open { "open" } else { "closed" },
    });
    let what = format!("finding.{what}");
    tx.publish(PUBLISHER, &what, &after).await?;
    tx.audit(Audit { who, what, subject: new.key.clone(), why: detail, before: None, after: Some(after) }).await?;
    Ok(())
}
