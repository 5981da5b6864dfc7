//! What is known, as callers see it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::age::Feeds;
use super::settle::told;
use super::{FeedAge, FeedView, Security};
use crate::Error;
use crate::model::join::Place;
use crate::model::report::without_feed;
use crate::model::{Ecosystem, Finding};
use crate::store::advisory::StoredImport;
use crate::store::finding::StoredFinding;
use crate::store::{self, advisory, finding, inventory};

/// Most findings of a list.
const FINDINGS_SHOWN: u64 = 500;

/// `advisory status --json`: what answers rest on, and how old it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AdvisoryStatus {
    pub count: u64,
    /// Documents of the newest import of each source that are no advisories.
    pub quarantined: u64,
    /// The first hundred of them.
    pub quarantine: Vec<QuarantinedView>,
    pub ecosystems: Vec<FeedView>,
    pub imports: Vec<ImportView>,
    /// Of all advisories the newest time at which one was changed.
    pub newest_modified: Option<String>,
    /// Of what is live and what is mirrored, when the feed that is the oldest was last brought up to date, and how long ago that is.
    pub imported_at: Option<String>,
    pub age_seconds: Option<f64>,
    /// Whether one of those is older than 48 hours, or missing: what is new in that ecosystem is not known.
    pub stale: bool,
    /// Where they are fetched from.
    pub mirror: Option<String>,
    pub sentence: String,
    /// What is live and not known.
    pub unknown: Vec<UnknownView>,
}

/// The newest import of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AdvisorySource)]
pub struct ImportView {
    pub source: String,
    pub began: String,
    /// `null`: it goes on, or was broken off.
    pub ended: Option<String>,
    pub documents: u64,
    pub added: u64,
    pub changed: u64,
    pub same: u64,
    pub older: u64,
    pub quarantined: u64,
    /// Why the newest refresh failed.
    pub trouble: Option<String>,
}

/// A document that is no advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AdvisoryQuarantined)]
pub struct QuarantinedView {
    pub source: String,
    pub path: String,
    pub reason: String,
}

/// Something live of which not everything is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UnknownInventory)]
pub struct UnknownView {
    pub service: String,
    pub deployment: u64,
    /// A file; `null` if nothing of it is known.
    pub path: Option<String>,
    pub reason: String,
}

/// Whether a finding is in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    Open,
    Closed,
}

/// A finding in what is or was live.
#[derive(Debug, Clone)]
pub struct LiveFinding {
    pub key: String,
    pub state: FindingState,
    pub flaw: Finding,
    /// Where it is, or was last.
    pub places: Vec<Place>,
    /// The nearest version without it.
    pub bump: Option<String>,
    pub since: Since,
    pub opened: Timestamp,
    pub closed: Option<Timestamp>,
    /// In words.
    pub closed_why: Option<String>,
}

/// The deployment that brought a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FindingSince)]
pub struct Since {
    pub deployment: u64,
    pub commit: String,
    #[schema(value_type = String)]
    pub at: Timestamp,
}

/// A line of a finding's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingEvent {
    pub at: String,
    /// `opened`, `changed`, `closed`, `reopened`, or what a person did
    pub what: String,
    pub who: String,
    pub detail: Option<String>,
}

impl Security {
    /// What answers rest on.
    pub async fn status(&self) -> Result<AdvisoryStatus, Error> {
        let imports = advisory::imports(&self.db).await?;
        let quarantine = advisory::quarantined(&self.db).await?.into_iter();
        let quarantine = quarantine.map(|(source, path, reason)| QuarantinedView { source, path, reason }).collect();
        let feeds = self.feeds().await?;
        let concerned = self.concerned(&feeds).await?;
        let FeedAge { count, imported_at, age_seconds, stale, sentence, .. } = feeds.age(&concerned);
        let named: BTreeSet<&Ecosystem> = feeds.known.keys().chain(&concerned).collect();
        let newest_modified = feeds.known.values().filter_map(|feed| feed.newest_modified).max();
        Ok(AdvisoryStatus {
            count,
            quarantined: imports.iter().map(|import| import.quarantined).sum(),
            quarantine,
            ecosystems: named.into_iter().map(|ecosystem| feeds.view(ecosystem)).collect(),
            imports: imports.iter().map(import_view).collect(),
            newest_modified: newest_modified.map(|at| at.to_string()),
            imported_at,
            age_seconds,
            stale,
            mirror: self.mirror.as_ref().map(|mirror| mirror.url.clone()),
            sentence,
            unknown: self.unknown_by(&feeds).await?,
        })
    }

    /// What is live and not known: nobody finds anything in it.
    pub async fn unknown(&self) -> Result<Vec<UnknownView>, Error> {
        self.unknown_by(&self.feeds().await?).await
    }

    async fn unknown_by(&self, feeds: &Feeds) -> Result<Vec<UnknownView>, Error> {
        let mut unknown = Vec::new();
        for stored in inventory::live(&self.db).await? {
            let (service, deployment) = (stored.service, stored.deployment);
            let bill = match &stored.bill {
                Some(bill) => inventory::bill(&self.db, bill).await?,
                None => None,
            };
            let gap = |path: Option<String>, reason: String| UnknownView {
                service: service.clone(),
                deployment,
                path,
                reason,
            };
            let Some(inventory) = bill else {
                unknown.push(gap(None, stored.why.unwrap_or_else(|| "it was not read yet".to_owned())));
                continue;
            };
            unknown.extend(inventory.gaps().map(|(path, reason)| gap(Some(path.to_owned()), reason.to_owned())));
            // While there are none at all, that is said once, and not of each file.
            if feeds.count > 0 {
                let without = without_feed(&inventory, |ecosystem| feeds.known.contains_key(ecosystem));
                unknown.extend(without.into_iter().map(|skipped| gap(Some(skipped.path), skipped.reason)));
            }
        }
        Ok(unknown)
    }

    /// Findings, open ones first, the newest first; at most five hundred.
    pub async fn findings(&self) -> Result<Vec<LiveFinding>, Error> {
        let mut findings = Vec::new();
        let mut known = BTreeMap::new();
        for stored in finding::list(&self.db, FINDINGS_SHOWN).await? {
            let since = match known.get(&stored.since) {
                Some(since) => Since::clone(since),
                None => self.since(&stored).await?,
            };
            known.insert(stored.since, since.clone());
            findings.push(live_finding(stored, since));
        }
        Ok(findings)
    }

    /// One, by its key or by one of its ids, with its history.
    pub async fn finding(&self, name: &str) -> Result<(LiveFinding, Vec<FindingEvent>), Error> {
        let stored = match finding::find(&self.db, name).await? {
            Some(stored) => stored,
            None => self.named(name).await?,
        };
        let history = finding::history(&self.db, &stored.key).await?;
        let history = history.into_iter().map(|event| FindingEvent {
            at: event.at.to_string(),
            what: event.what,
            who: event.who,
            detail: event.detail,
        });
        let history = history.collect();
        let since = self.since(&stored).await?;
        Ok((live_finding(stored, since), history))
    }

    async fn named(&self, name: &str) -> Result<StoredFinding, Error> {
        let all = finding::list(&self.db, FINDINGS_SHOWN).await?;
        let mut found: Vec<_> = all.into_iter().filter(|stored| stored.flaw.names().any(|id| id == name)).collect();
        if found.iter().any(|stored| stored.is_open) {
            found.retain(|stored| stored.is_open);
        }
        if found.len() > 1 {
            let keys: Vec<&str> = found.iter().map(|stored| stored.key.as_str()).collect();
            let problem = Problem::conflict(format!("{name} is found in {} packages or versions", found.len()));
            return Err(problem.hint(format!("name one of {}", keys.join(", "))).into());
        }
        found.pop().ok_or_else(|| {
            let problem = Problem::not_found(format!("there is no finding {name:?}"));
            problem.hint("`trunkline finding list` shows them; a key or an advisory's id names one").into()
        })
    }

    async fn since(&self, stored: &StoredFinding) -> Result<Since, Error> {
        let found = inventory::find(&self.db, stored.since).await?;
        let (commit, at) = found.map_or_else(|| (String::new(), stored.opened), |found| (found.commit, found.since));
        Ok(Since { deployment: stored.since, commit, at })
    }

    /// Findings in what a change's commit brought to customers, open and closed.
    pub async fn findings_of(&self, deployments: &[u64]) -> Result<Vec<LiveFinding>, Error> {
        let all = self.findings().await?;
        let is_there = |place: &Place| deployments.contains(&place.deployment);
        Ok(all
            .into_iter()
            .filter(|found| found.places.iter().any(is_there) || deployments.contains(&found.since.deployment))
            .collect())
    }
}

fn import_view(import: &StoredImport) -> ImportView {
    ImportView {
        source: import.source.clone(),
        began: import.began.to_string(),
        ended: import.ended.map(|at| at.to_string()),
        documents: import.documents,
        added: import.added,
        changed: import.changed,
        same: import.same,
        older: import.older,
        quarantined: import.quarantined,
        trouble: import.trouble.clone(),
    }
}

fn live_finding(stored: StoredFinding, since: Since) -> LiveFinding {
    LiveFinding {
        key: stored.key,
        state: if stored.is_open { FindingState::Open } else { FindingState::Closed },
        flaw: stored.flaw,
        places: stored.places,
        bump: stored.bump,
        since,
        opened: stored.opened,
        closed: stored.closed,
        closed_why: stored.closed_why.map(|why| told(why).to_owned()),
    }
}

/// `9 days`, `3 hours`, `5 minutes`.
pub fn span(age: SignedDuration) -> String {
    let (count, unit) = match age.as_secs() {
        seconds if seconds >= 2 * 86_400 => (seconds / 86_400, "days"),
        seconds if seconds >= 2 * 3_600 => (seconds / 3_600, "hours"),
        seconds if seconds >= 120 => (seconds / 60, "minutes"),
        seconds => (seconds.max(0), "seconds"),
    };
    format!("{count} {unit}")
}

impl Security {
    /// The finding's key of every open finding of a deployment.
    pub async fn open_in(&self, deployment: u64) -> Result<Vec<LiveFinding>, Error> {
        let all = self.findings().await?;
        let is_there = |found: &LiveFinding| found.places.iter().any(|place| place.deployment == deployment);
        Ok(all.into_iter().filter(|found| found.state == FindingState::Open && is_there(found)).collect())
    }

    /// How many packages a deployment is made of; nothing if that is not known.
    pub async fn components(&self, deployment: u64) -> Result<Option<u64>, Error> {
        let Some(stored) = store::inventory::find(&self.db, deployment).await? else { return Ok(None) };
        let Some(bill) = stored.bill else { return Ok(None) };
        let inventory = inventory::bill(&self.db, &bill).await?;
        Ok(inventory.map(|inventory| inventory.packages().count() as u64))
    }
}
