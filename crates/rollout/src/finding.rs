//! Findings with what only the joined story knows: since which deployment, of whom, behind which flag, and what can be done now.

mod http;
pub(crate) mod owner;
mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use flags::view::FlagItem;
use jiff::{SignedDuration, Timestamp};
use kernel::Problem;
use security::model::Severity;
use security::model::join::Place;
use security::{FeedAge, FindingEvent, FindingState, LiveFinding, Security, Since, UnknownView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dark::{defined, flags_of};
use crate::facade::{Error, Rollout};

pub use http::routes;
use owner::Owners;

/// Deployments among which one to go back to is looked for.
const RELEASES: usize = 500;

/// `finding list --json`: findings in what is or was live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindingPage {
    /// Open ones first, each newest first.
    pub items: Vec<FindingView>,
    pub next: Option<String>,
    /// What is live and not known: nobody finds anything in it.
    pub unknown: Vec<UnknownView>,
    /// How old that is by which all that is live is judged.
    pub advisories: FeedAge,
}

/// A finding. `id` is the advisory's; `key` is the finding's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    pub id: String,
    pub key: String,
    pub aliases: Vec<String>,
    pub ecosystem: String,
    pub package: String,
    pub version: String,
    pub purl: String,
    /// `informational`, `low`, `medium`, `high`, `critical` or `unknown`
    pub severity: String,
    pub summary: String,
    pub fixed: Vec<String>,
    /// The lockfile.
    pub source: String,
    pub services: Vec<String>,
    /// The deployments it is in, or was last.
    pub deployments: Vec<u64>,
    pub since: Since,
    /// A domain; `null`: nobody owns its lockfile.
    pub owner: Option<String>,
    /// The flag of the change that brought it. It need not stand before all code that uses the package.
    pub flag: Option<FindingFlag>,
    /// `kill`, `roll_back_to:N`, `bump:V`
    pub actions: Vec<String>,
    pub sentence: String,
    pub state: FindingState,
    pub opened: String,
    /// When it is to be mended, by its severity; `null` of what is informational.
    #[serde(default)]
    pub due: Option<String>,
    /// It is open, and that is over.
    #[serde(default)]
    pub overdue: bool,
    pub closed: Option<String>,
    pub closed_why: Option<String>,
    /// Of the finding's page; empty in lists.
    #[serde(default)]
    pub history: Vec<FindingEvent>,
    /// How old the feed of its ecosystem is; of the finding's page, in lists there is one for all.
    #[serde(default)]
    pub advisories: Option<FeedAge>,
}

/// A flag of the change that brought a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindingFlag {
    pub key: String,
    /// The share of all that its split gives another variant than the one it is off with, 0 to 1; `null`: it depends on rules.
    pub exposed_share: Option<f64>,
    pub killed: bool,
}

/// Findings, joined. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Findings {
    pub rollout: Rollout,
    pub security: Security,
}

/// What was looked up already for one answer.
#[derive(Debug, Default)]
struct Known {
    owners: Owners,
    /// By the deployment that brought them.
    flags: BTreeMap<u64, Option<FindingFlag>>,
}

impl Findings {
    /// All, open ones first.
    pub async fn list(&self) -> Result<FindingPage, Error> {
        let mut known = Known::default();
        let mut items = Vec::new();
        for found in self.security.findings().await? {
            items.push(self.view(found, &mut known).await?);
        }
        let (unknown, advisories) = (self.security.unknown().await?, self.security.age().await?);
        Ok(FindingPage { items, next: None, unknown, advisories })
    }

    /// One, by its key or one of its ids.
    pub async fn show(&self, name: &str) -> Result<FindingView, Error> {
        let (found, history) = self.security.finding(name).await?;
        let age = self.security.age_of(&BTreeSet::from([found.flaw.ecosystem.clone()])).await?;
        Ok(FindingView { history, advisories: Some(age), ..self.view(found, &mut Known::default()).await? })
    }

    /// Those in what these deployments brought or have.
    pub(crate) async fn of_deployments(&self, deployments: &[u64]) -> Result<Vec<FindingView>, Error> {
        let mut known = Known::default();
        let mut items = Vec::new();
        for found in self.security.findings_of(deployments).await? {
            items.push(self.view(found, &mut known).await?);
        }
        Ok(items)
    }

    /// Turns off the flag of the change that brought it.
    pub async fn kill(&self, name: &str, by: &flags::By) -> Result<FindingView, Error> {
        let before = self.show(name).await?;
        let Some(flag) = &before.flag else {
            let problem =
                Problem::conflict(format!("no flag is known to stand before {} {}", before.package, before.version));
            let hint = match before.actions.first() {
                Some(action) => format!("what can be done: {action}"),
                None => "nothing can be switched or taken back; a version without it must ship".to_owned(),
            };
            return Err(problem.hint(hint).into());
        };
        let Some(contexts) = &self.rollout.contexts else {
            return Err(Problem::unavailable("flags are not served here").into());
        };
        let why =
            by.why.clone().unwrap_or_else(|| format!("finding {} in {} {}", before.id, before.package, before.version));
        contexts.flags.kill(&flag.key, &flags::By { who: by.who.clone(), why: Some(why.clone()) }).await?;
        let noted = security::By { who: by.who.clone(), why: Some(why) };
        self.security.note(&before.key, &format!("killed flag {}", flag.key), &noted).await?;
        self.show(&before.key).await
    }

    async fn view(&self, found: LiveFinding, known: &mut Known) -> Result<FindingView, Error> {
        let is_open = found.state == FindingState::Open;
        let owner = known.owners.of(&self.rollout, &found).await;
        let flag = self.flag(&found.since, known).await;
        let back = if is_open { self.back(&found).await? } else { None };
        let mut actions = Vec::new();
        if is_open {
            actions.extend(flag.as_ref().filter(|flag| !flag.killed).map(|_| "kill".to_owned()));
            actions.extend(back.map(|number| format!("roll_back_to:{number}")));
            actions.extend(found.bump.as_ref().map(|version| format!("bump:{version}")));
        }
        let now = self.rollout.clock.now();
        let sentence = sentence::of(&found, owner.as_deref(), flag.as_ref(), back, now);
        Ok(FindingView { owner, flag, actions, sentence, ..view(found, now) })
    }

    /// The newest earlier version of its service that is known to be without it, if it is in one service.
    async fn back(&self, found: &LiveFinding) -> Result<Option<u64>, Error> {
        let [Place { service, deployment }] = found.places.as_slice() else { return Ok(None) };
        let free = self.security.without(&found.flaw, service, *deployment).await?;
        let releases = self.rollout.delivery.releases(RELEASES).await?;
        let was_good = |number: &u64| {
            releases.iter().any(|r| r.number == *number && r.live_at.is_some() && r.taken_back.is_none())
        };
        Ok(free.into_iter().find(was_good))
    }

    /// The flag of the changes that shipped with it, if they have exactly one: which of several stands before the package is not
    /// known.
    async fn flag(&self, since: &Since, known: &mut Known) -> Option<FindingFlag> {
        if let Some(flag) = known.flags.get(&since.deployment) {
            return flag.clone();
        }
        let found = self.find_flag(since).await;
        let found = found.inspect_err(|error| {
            tracing::warn!(
                deployment = since.deployment,
                error = kernel::chain(&error),
                "its changes' flags are not known"
            );
        });
        let flag = found.ok().flatten();
        known.flags.insert(since.deployment, flag.clone());
        flag
    }

    async fn find_flag(&self, since: &Since) -> Result<Option<FindingFlag>, Error> {
        let commit = since.commit.as_str();
        let Some(contexts) = self.rollout.contexts.as_ref().filter(|_| !commit.is_empty()) else { return Ok(None) };
        let defined = defined(&self.rollout.delivery.files(commit, &["flags/"]).await?);
        let base = match self.replaced_by(since.deployment).await? {
            Some(before) => Some(before),
            None => self.rollout.delivery.parent(commit).await?,
        };
        let keys = flags_of(&self.rollout, commit, base.as_deref(), &defined).await?;
        let [key] = keys.as_slice() else { return Ok(None) };
        let flag = contexts.flags.show(key).await?;
        let off = flag.off_variant.or(flag.default_variant);
        Ok(Some(FindingFlag {
            key: key.clone(),
            exposed_share: share(&flag.item, off.as_deref()),
            killed: flag.item.killed,
        }))
    }
}

impl Findings {
    /// The commit that customers had before a deployment.
    async fn replaced_by(&self, deployment: u64) -> Result<Option<String>, Error> {
        let releases = self.rollout.delivery.releases(RELEASES).await?;
        let of = |number: u64| releases.iter().find(|release| release.number == number);
        let before = of(deployment).and_then(|release| release.replaces).and_then(of);
        Ok(before.map(|release| release.commit.clone()))
    }
}

/// Of all whom no rule singles out, the share that gets something else than what the flag is off with.
fn share(flag: &FlagItem, off: Option<&str>) -> Option<f64> {
    if flag.killed {
        return Some(0.0);
    }
    let off = off?;
    if flag.split.is_empty() {
        return None;
    }
    let on: f64 = flag.split.iter().filter(|share| share.variant != off).map(|share| share.share).sum();
    Some(on.clamp(0.0, 1.0))
}

/// By itself; whose it is and what helps is not in it.
fn view(found: LiveFinding, now: Timestamp) -> FindingView {
    let LiveFinding { key, state, flaw, places, since, opened, closed, closed_why, .. } = found;
    let mut services: Vec<String> = places.iter().map(|place| place.service.clone()).collect();
    services.dedup();
    let due = due(flaw.severity, opened);
    FindingView {
        id: flaw.id,
        key,
        aliases: flaw.aliases,
        ecosystem: flaw.ecosystem.name().to_owned(),
        package: flaw.package,
        version: flaw.version,
        purl: flaw.purl,
        severity: flaw.severity.word().to_owned(),
        summary: flaw.summary,
        fixed: flaw.fixed,
        source: flaw.source,
        services,
        deployments: places.iter().map(|place| place.deployment).collect(),
        since,
        owner: None,
        flag: None,
        actions: Vec::new(),
        sentence: String::new(),
        state,
        opened: opened.to_string(),
        due: due.map(|at| at.to_string()),
        overdue: state == FindingState::Open && due.is_some_and(|due| due < now),
        closed: closed.map(|at| at.to_string()),
        closed_why,
        history: Vec::new(),
        advisories: None,
    }
}

fn due(severity: Severity, opened: Timestamp) -> Option<Timestamp> {
    let days = severity.due_days()?;
    opened.checked_add(SignedDuration::from_hours(24 * days)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worse_is_due_earlier_and_what_nobody_rated_is_not_harmless() {
        use Severity::{Critical, High, Informational, Low, Medium, Unknown};
        let opened: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
        let told = [Critical, High, Unknown, Medium, Low].map(|severity| due(severity, opened).unwrap().to_string());
        assert_eq!(
            told,
            [
                "2026-11-08T10:00:00Z",
                "2026-12-01T10:00:00Z",
                "2026-12-01T10:00:00Z",
                "2027-01-30T10:00:00Z",
                "2027-04-30T10:00:00Z"
            ]
        );
        assert_eq!(due(Informational, opened), None);
    }
}
