//! How old the feeds are that an answer rests on: the oldest counts, and those that are stale or missing are named.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Security, span};
use crate::Error;
use crate::model::freshness::{Carried, FeedState, newest};
use crate::model::{Ecosystem, Feed, Inventory};
use crate::store::{advisory, carried, inventory};

/// Feeds that a sentence names one by one.
const NAMED: usize = 4;

/// What an answer rests on: of the ecosystems that it concerns, how old the feeds are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedAge {
    /// Advisories of all ecosystems.
    pub count: u64,
    /// When the oldest of its feeds was last brought up to date, and how long ago that is; `null`: it has none.
    pub imported_at: Option<String>,
    pub age_seconds: Option<f64>,
    /// Whether one of its feeds is older than 48 hours, or missing: what is new in that ecosystem is not known.
    pub stale: bool,
    pub sentence: String,
    /// Each ecosystem that it concerns.
    #[serde(default)]
    pub ecosystems: Vec<FeedView>,
}

/// What is known of an ecosystem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AdvisoryFeed)]
pub struct FeedView {
    /// As OSV calls it.
    pub ecosystem: String,
    pub advisories: u64,
    pub newest_modified: Option<String>,
    pub state: FeedState,
    /// When a source last had all of it, and how long ago that is.
    pub renewed_at: Option<String>,
    pub age_seconds: Option<f64>,
    /// That source.
    pub source: Option<String>,
    /// Why its newest refresh failed.
    pub trouble: Option<String>,
}

/// All feeds, as they stand.
#[derive(Debug)]
pub(super) struct Feeds {
    pub(super) count: u64,
    pub(super) known: BTreeMap<Ecosystem, Feed>,
    carried: BTreeMap<Ecosystem, Vec<Carried>>,
    /// By source.
    trouble: BTreeMap<String, String>,
    now: Timestamp,
}

impl Security {
    /// How old that is by which packages of these ecosystems are judged.
    pub async fn age_of(&self, ecosystems: &BTreeSet<Ecosystem>) -> Result<FeedAge, Error> {
        Ok(self.feeds().await?.age(ecosystems))
    }

    /// How old that is by which all that is live is judged.
    pub async fn age(&self) -> Result<FeedAge, Error> {
        let feeds = self.feeds().await?;
        let concerned = self.concerned(&feeds).await?;
        Ok(feeds.age(&concerned))
    }

    /// As [`Security::age_of`], of what some deployments are made of.
    pub async fn age_in(&self, deployments: &[u64]) -> Result<FeedAge, Error> {
        let mut concerned = BTreeSet::new();
        for deployment in deployments {
            if let Some(inventory) = self.inventory(*deployment).await? {
                concerned.extend(ecosystems_of(&inventory));
            }
        }
        self.age_of(&concerned).await
    }

    pub(super) async fn feeds(&self) -> Result<Feeds, Error> {
        let troubled = advisory::imports(&self.db).await?.into_iter();
        Ok(Feeds {
            count: advisory::count(&self.db).await?,
            known: advisory::feeds(&self.db).await?,
            carried: carried::all(&self.db).await?,
            trouble: troubled.filter_map(|import| Some((import.source, import.trouble?))).collect(),
            now: self.clock.now(),
        })
    }

    /// Ecosystems that matter here: of what is live, and those that are mirrored; all there are where nothing is.
    pub(super) async fn concerned(&self, feeds: &Feeds) -> Result<BTreeSet<Ecosystem>, Error> {
        let mut concerned = inventory::live_ecosystems(&self.db).await?;
        let mirrored = self.mirror.iter().flat_map(|mirror| &mirror.ecosystems);
        concerned.extend(mirrored.map(|name| Ecosystem::named(name)));
        if concerned.is_empty() {
            concerned.extend(feeds.carried.keys().cloned());
        }
        Ok(concerned)
    }
}

/// Ecosystems whose advisories speak of what is in an inventory.
pub fn ecosystems_of(inventory: &Inventory) -> BTreeSet<Ecosystem> {
    let registered = inventory.packages().filter(|(_, package)| package.origin == crate::model::Origin::Registry);
    registered.map(|(_, package)| package.ecosystem.clone()).collect()
}

impl Feeds {
    pub(super) fn age(&self, concerned: &BTreeSet<Ecosystem>) -> FeedAge {
        let ecosystems: Vec<FeedView> = concerned.iter().map(|ecosystem| self.view(ecosystem)).collect();
        let oldest = concerned.iter().filter_map(|ecosystem| self.renewed(ecosystem)).min();
        let is_stale = ecosystems.iter().any(|feed| feed.state != FeedState::Fresh);
        FeedAge {
            count: self.count,
            imported_at: oldest.map(|at| at.to_string()),
            age_seconds: oldest.map(|at| self.since(at).as_secs_f64()),
            // Where nobody has advisories, nothing is known of whatever comes.
            stale: is_stale || (self.count == 0 && concerned.is_empty()),
            sentence: sentence(self.count, &ecosystems),
            ecosystems,
        }
    }

    pub(super) fn view(&self, ecosystem: &Ecosystem) -> FeedView {
        let by = self.carried.get(ecosystem).and_then(|carried| newest(carried));
        let age = by.map(|by| self.since(by.renewed));
        let known = self.known.get(ecosystem);
        // An ecosystem that is mirrored and was never fetched has its trouble from the source that failed.
        let failed = || self.trouble.iter().find(|(source, _)| source.ends_with(&format!("/{ecosystem}/all.zip")));
        let trouble = by.map_or_else(|| failed().map(|(_, why)| why), |by| self.trouble.get(&by.source));
        FeedView {
            ecosystem: ecosystem.name().to_owned(),
            advisories: known.map_or(0, |feed| feed.advisories),
            newest_modified: known.and_then(|feed| feed.newest_modified).map(|at| at.to_string()),
            state: FeedState::of(age),
            renewed_at: by.map(|by| by.renewed.to_string()),
            age_seconds: age.map(|age| age.as_secs_f64()),
            source: by.map(|by| by.source.clone()),
            trouble: trouble.cloned(),
        }
    }

    fn renewed(&self, ecosystem: &Ecosystem) -> Option<Timestamp> {
        newest(self.carried.get(ecosystem)?).map(|by| by.renewed)
    }

    fn since(&self, at: Timestamp) -> SignedDuration {
        self.now.duration_since(at).max(SignedDuration::ZERO)
    }
}

/// `120 advisories; npm is stale: brought up to date 40 days ago, what is new since then is not known; there is no feed of PyPI`
fn sentence(count: u64, feeds: &[FeedView]) -> String {
    if count == 0 {
        return "no advisories were imported, so nothing is known to be affected or not".to_owned();
    }
    let age = |feed: &FeedView| span(SignedDuration::from_secs_f64(feed.age_seconds.unwrap_or_default()));
    if feeds.is_empty() {
        return format!("{count} advisories, and none of them speak of what is there");
    }
    let mut parts = vec![format!("{count} advisories")];
    let mut stale: Vec<&FeedView> = feeds.iter().filter(|feed| feed.state == FeedState::Stale).collect();
    stale.sort_by(|a, b| a.renewed_at.cmp(&b.renewed_at));
    let told = stale.iter().take(NAMED).map(|feed| {
        format!(
            "{} is stale: brought up to date {} ago, what is new since then is not known",
            feed.ecosystem,
            age(feed)
        )
    });
    parts.extend(told);
    if stale.len() > NAMED {
        parts.push(format!("{} more are stale", stale.len() - NAMED));
    }
    let missing = feeds.iter().filter(|feed| feed.state == FeedState::Missing);
    let missing: Vec<&str> = missing.map(|feed| feed.ecosystem.as_str()).collect();
    if !missing.is_empty() {
        parts.push(format!("there is no feed of {}, so nothing of it is known", missing.join(", ")));
    }
    let fresh: Vec<&FeedView> = feeds.iter().filter(|feed| feed.state == FeedState::Fresh).collect();
    if let Some(oldest) = fresh.iter().min_by(|a, b| a.renewed_at.cmp(&b.renewed_at)) {
        let names = fresh.iter().take(NAMED).map(|feed| feed.ecosystem.as_str()).collect::<Vec<_>>().join(", ");
        let more = if fresh.len() > NAMED { format!(" and {} more", fresh.len() - NAMED) } else { String::new() };
        let at_least = if fresh.len() > 1 { ", the oldest" } else { "" };
        parts.push(format!("{names}{more} brought up to date{at_least} {} ago", age(oldest)));
    }
    parts.join("; ")
}
