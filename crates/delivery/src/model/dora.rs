//! DORA's five metrics of one service (<https://dora.dev/guides/dora-metrics/>, wording of 2025), from what is recorded.
//!
//! A **deployment** is a version that began to have customers. It **failed** if it was taken back, if a later commit says that it
//! mends (`Fixes:`) or undoes one that it brought, or if a flag that it brought was turned off because of what it did. A version **brings** the commits of trunk that no version had brought to customers
//! before. Each figure stands beside the number of things that it was counted from; of nothing there is no figure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trunk::names;

const DAY_SECONDS: f64 = 86_400.0;

/// From, and up to but without, these instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Window {
    fn has(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The one of the same length that ends `times` windows before it.
    pub(crate) fn back(self, times: u32) -> Self {
        let length = self.to.duration_since(self.from).saturating_mul(i32::try_from(times).unwrap_or(i32::MAX));
        let earlier = |at: Timestamp| at.checked_sub(length).unwrap_or(Timestamp::MIN);
        Self { from: earlier(self.from), to: earlier(self.to) }
    }

    fn days(self) -> f64 {
        self.to.duration_since(self.from).as_secs_f64().max(0.0) / DAY_SECONDS
    }
}

/// A commit of trunk that concerns the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) sha: String,
    /// On trunk; a version contains what has a smaller one than its own commit.
    pub(crate) position: u64,
    pub(crate) committed: Timestamp,
    pub(crate) landed: Timestamp,
    /// When its own run passed, if it had one.
    pub(crate) verified: Option<Timestamp>,
    /// Commits that it says it mends or undoes, as written.
    pub(crate) mends: Vec<String>,
}

/// A version that had customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) number: u64,
    /// Of its commit; `None` if trunk does not have it any more.
    pub(crate) position: Option<u64>,
    /// When the first customers got it.
    pub(crate) exposed: Timestamp,
    /// When all had it, for the first time.
    pub(crate) live: Option<Timestamp>,
    pub(crate) taken_back: Option<TakenBack>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TakenBack {
    /// When all customers were off it; `None` while they are not.
    pub(crate) done: Option<Timestamp>,
}

/// A flag that was turned off because of what it did to customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedOff {
    pub flag: String,
    /// The commit whose definition was in force.
    pub commit: String,
    /// When the first customer had it at the step at which it was turned off.
    pub since: Timestamp,
    /// When nobody was given it any more.
    pub off: Timestamp,
    pub who: String,
    pub why: String,
}

/// All that is known of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    /// Before that nothing was recorded.
    pub(crate) since: Timestamp,
    pub(crate) commits: Vec<Commit>,
    pub(crate) versions: Vec<Version>,
    /// Of all flags; `None`: nobody can say.
    pub(crate) turned_off: Option<Vec<TurnedOff>>,
}

/// The five metrics of one service. Services are never blended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraService)]
pub struct ServiceDora {
    pub service: String,
    /// The part of the window that was watched, in days.
    pub days: f64,
    pub lead_time: LeadTime,
    pub deployment_frequency: Frequency,
    pub change_failure_rate: Share,
    pub recovery_time: Recovery,
    pub rework_rate: Share,
    /// The failures that were met by turning a flag off; the figures above count them.
    pub by_flags: ByFlags,
    /// What these figures do not know, in sentences.
    pub unknown: Vec<String>,
}

/// Failures that were met by turning a flag off, and the figures as they are without them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraByFlags)]
pub struct ByFlags {
    /// Deployments that failed by nothing else; oldest first.
    pub failures: Vec<FlagFailure>,
    /// Without them.
    pub change_failure_rate: Share,
    /// Without them.
    pub recovery_time: Recovery,
}

/// A deployment that brought a flag which was turned off because of what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraFlagFailure)]
pub struct FlagFailure {
    pub deployment: u64,
    pub flag: String,
    /// From the first customer at the step at which it was turned off …
    pub since: String,
    /// … to when nobody was given it any more.
    pub off: String,
    pub who: String,
    pub why: String,
}

/// From the commit to all customers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraLeadTime)]
pub struct LeadTime {
    pub median_seconds: Option<f64>,
    pub p90_seconds: Option<f64>,
    /// Medians of its parts; they need not add up to the median of the whole.
    pub commit_to_trunk_seconds: Option<f64>,
    /// To the end of the run that verified the version which brought it.
    pub trunk_to_verified_seconds: Option<f64>,
    pub verified_to_live_seconds: Option<f64>,
    /// Changes that all customers got for the first time in the window.
    pub changes: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraFrequency)]
pub struct Frequency {
    /// `null` where less than a day was watched.
    pub per_day: Option<f64>,
    /// Days in UTC with at least one.
    pub days_with_deployment: u64,
    pub deployments: u64,
}

/// A share of the deployments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraShare)]
pub struct Share {
    /// 0 to 1.
    pub rate: Option<f64>,
    pub counted: u64,
    /// Out of so many.
    pub deployments: u64,
}

/// From the first customer on a deployment that failed until all had a good version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DoraRecovery)]
pub struct Recovery {
    pub median_seconds: Option<f64>,
    pub p90_seconds: Option<f64>,
    /// So many failed and were made good.
    pub recovered: u64,
    /// So many failed and are not made good yet; they are not in the median.
    pub open: u64,
}

/// Measures a service in a window.
pub(crate) fn measure(service: &str, history: &History, window: Window) -> ServiceDora {
    let watched = Window { from: window.from.max(history.since), to: window.to };
    let story = Story::of(history);
    let (lead_time, left_out) = story.lead_time(window, history.since);
    let deployed: Vec<_> = story.versions().filter(|(_, version)| window.has(version.exposed)).collect();
    let mut failures: Vec<_> = deployed.iter().filter_map(|(index, _)| story.failure(*index)).collect();
    let (without, without_time) = (share(failures.len(), deployed.len()), recovery(&failures));
    let turned_off = history.turned_off.as_deref().unwrap_or_default();
    let is_else_fine = |(index, _): &&(usize, &Version)| story.failure(*index).is_none();
    let by_flags = deployed.iter().filter(is_else_fine);
    let by_flags: Vec<_> =
        by_flags.filter_map(|(index, v)| Some((v.number, story.turned_off(*index, turned_off)?))).collect();
    failures.extend(by_flags.iter().map(|(_, off)| Failure { since: off.since, restored: Some(off.off) }));
    let reworked = deployed.iter().filter(|(index, _)| story.is_rework(*index)).count();
    let recovery_time = recovery(&failures);
    let deployment_frequency = frequency(&deployed, watched);
    let mut unknown = unknown(history, window, watched, left_out);
    if recovery_time.open > 0 {
        unknown.push(format!("{} that failed are not made good yet, and not in the recovery time", recovery_time.open));
    }
    ServiceDora {
        service: service.to_owned(),
        days: (watched.days() * 1_000.0).round() / 1_000.0,
        lead_time,
        deployment_frequency,
        change_failure_rate: share(failures.len(), deployed.len()),
        recovery_time,
        rework_rate: share(reworked, deployed.len()),
        by_flags: ByFlags {
            failures: by_flags.into_iter().map(|(number, off)| flag_failure(number, off)).collect(),
            change_failure_rate: without,
            recovery_time: without_time,
        },
        unknown,
    }
}

/// Changes that have no lead time that means anything.
#[derive(Debug, Clone, Copy, Default)]
struct LeftOut {
    /// Their clocks say that they were made after customers had them.
    ahead: u64,
    /// They were made before anybody watched.
    older: u64,
}

/// A deployment that failed.
#[derive(Debug, Clone, Copy)]
struct Failure {
    since: Timestamp,
    /// When it was made good.
    restored: Option<Timestamp>,
}

/// Which version brought which commit, worked out once.
struct Story<'a> {
    commits: Vec<&'a Commit>,
    by_sha: BTreeMap<&'a str, usize>,
    /// By the time of their first customers.
    versions: Vec<&'a Version>,
    /// For each version the indices of the commits that it brought.
    brings: Vec<Vec<usize>>,
    /// Those that went live, by the time when they did.
    live: Vec<(Timestamp, &'a Version)>,
    /// For each commit those that say that they mend it.
    mended_by: Vec<Vec<usize>>,
}

impl<'a> Story<'a> {
    fn of(history: &'a History) -> Self {
        let mut commits: Vec<_> = history.commits.iter().collect();
        commits.sort_by_key(|commit| commit.position);
        let mut versions: Vec<_> = history.versions.iter().collect();
        versions.sort_by_key(|version| (version.exposed, version.number));
        let mut live: Vec<_> = versions.iter().filter_map(|version| Some((version.live?, *version))).collect();
        live.sort_by_key(|(at, version)| (*at, version.number));
        let by_sha: BTreeMap<_, _> = commits.iter().enumerate().map(|(i, commit)| (commit.sha.as_str(), i)).collect();
        let mut brings = vec![Vec::new(); versions.len()];
        let reach = reach(&versions);
        for (i, commit) in commits.iter().enumerate() {
            if let Some(bringer) = brings.get_mut(first(&reach, commit.position)) {
                bringer.push(i);
            }
        }
        let mut story = Self { mended_by: vec![Vec::new(); commits.len()], commits, by_sha, versions, brings, live };
        story.connect();
        story
    }

    /// Notes who mends whom.
    fn connect(&mut self) {
        for mender in 0..self.commits.len() {
            for reference in &self.commits[mender].mends {
                let Some(mended) = self.find(reference).filter(|mended| *mended < mender) else { continue };
                self.mended_by[mended].push(mender);
            }
        }
    }

    /// The commit that `reference` names.
    fn find(&self, reference: &str) -> Option<usize> {
        let reference = reference.to_ascii_lowercase();
        let (sha, index) = self.by_sha.range(reference.as_str()..).next()?;
        names(&reference, sha).then_some(*index)
    }

    fn versions(&self) -> impl Iterator<Item = (usize, &'a Version)> {
        self.versions.iter().copied().enumerate()
    }

    /// When all customers had the commit for the first time, and in which version.
    fn arrival(&self, reach: &[u64], commit: &Commit) -> Option<(Timestamp, &'a Version)> {
        self.live.get(first(reach, commit.position)).copied()
    }

    fn live_reach(&self) -> Vec<u64> {
        reach(&self.live.iter().map(|(_, version)| *version).collect::<Vec<_>>())
    }

    /// And how many changes were left out of it.
    fn lead_time(&self, window: Window, since: Timestamp) -> (LeadTime, LeftOut) {
        let reach = self.live_reach();
        let (mut whole, mut parts) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
        let mut left_out = LeftOut::default();
        for commit in &self.commits {
            let Some((live, version)) = self.arrival(&reach, commit).filter(|(live, _)| window.has(*live)) else {
                continue;
            };
            let lead = live.duration_since(commit.committed);
            if lead.is_negative() {
                left_out.ahead += 1;
                continue;
            }
            // Commits have whole seconds.
            if commit.committed.as_second() < since.as_second() {
                left_out.older += 1;
                continue;
            }
            whole.push(lead);
            let verified = self.verified(version);
            let spans = [
                Some(commit.landed.duration_since(commit.committed)),
                verified.map(|verified| verified.duration_since(commit.landed)),
                verified.map(|verified| live.duration_since(verified)),
            ];
            for (part, span) in parts.iter_mut().zip(spans) {
                part.extend(span.filter(|span| !span.is_negative()));
            }
        }
        let [to_trunk, to_verified, to_live] = parts;
        let lead_time = LeadTime {
            changes: whole.len() as u64,
            median_seconds: median(&mut whole),
            p90_seconds: p90(&mut whole),
            commit_to_trunk_seconds: median(&mut { to_trunk }),
            trunk_to_verified_seconds: median(&mut { to_verified }),
            verified_to_live_seconds: median(&mut { to_live }),
        };
        (lead_time, left_out)
    }

    /// When the commit of a version was verified.
    fn verified(&self, version: &Version) -> Option<Timestamp> {
        let position = version.position?;
        let index = self.commits.binary_search_by_key(&position, |commit| commit.position).ok()?;
        self.commits[index].verified
    }

    /// Whether and how a version failed.
    fn failure(&self, index: usize) -> Option<Failure> {
        let version = self.versions[index];
        if let Some(back) = version.taken_back {
            return Some(Failure { since: version.exposed, restored: back.done });
        }
        let menders = self.brings[index].iter().flat_map(|commit| &self.mended_by[*commit]);
        // What lands before customers have it mends nothing that they saw.
        let menders: Vec<_> = menders.filter(|m| self.commits[**m].landed >= version.exposed).collect();
        let reach = self.live_reach();
        let restored =
            menders.iter().filter_map(|m| self.arrival(&reach, self.commits[**m])).map(|(live, _)| live).min();
        (!menders.is_empty()).then_some(Failure { since: version.exposed, restored })
    }

    /// The first flag that was turned off of those that a version brought.
    fn turned_off<'b>(&self, index: usize, all: &'b [TurnedOff]) -> Option<&'b TurnedOff> {
        let brought =
            |off: &&TurnedOff| self.brings[index].iter().any(|commit| self.commits[*commit].sha == off.commit);
        all.iter().filter(brought).min_by_key(|off| off.off)
    }

    /// Whether a version was made because of one before it: it brings what mends or undoes what customers had already.
    fn is_rework(&self, index: usize) -> bool {
        let before: BTreeSet<_> = self.brings[..index].iter().flatten().collect();
        let mends = |mended: &usize| self.mended_by[*mended].iter().any(|mender| self.brings[index].contains(mender));
        before.into_iter().any(mends)
    }
}

fn flag_failure(deployment: u64, off: &TurnedOff) -> FlagFailure {
    let (since, end) = (off.since.to_string(), off.off.to_string());
    let TurnedOff { flag, who, why, .. } = off.clone();
    FlagFailure { deployment, flag, since, off: end, who, why }
}

/// For each version, the newest commit that it or one before it has.
fn reach(versions: &[&Version]) -> Vec<u64> {
    let mut newest = 0;
    let positions = versions.iter().map(|version| version.position.unwrap_or(0));
    positions
        .map(|position| {
            newest = position.max(newest);
            newest
        })
        .collect()
}

/// The first version that has the commit at `position`.
fn first(reach: &[u64], position: u64) -> usize {
    reach.partition_point(|newest| *newest < position)
}

fn frequency(deployed: &[(usize, &Version)], watched: Window) -> Frequency {
    let days: BTreeSet<_> = deployed.iter().map(|(_, version)| day(version.exposed)).collect();
    let per_day = (watched.days() >= 1.0).then(|| count(deployed.len()) / watched.days());
    Frequency { per_day, days_with_deployment: days.len() as u64, deployments: deployed.len() as u64 }
}

fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

fn share(counted: usize, deployments: usize) -> Share {
    let rate = (deployments > 0).then(|| count(counted) / count(deployments));
    Share { rate, counted: counted as u64, deployments: deployments as u64 }
}

fn recovery(failures: &[Failure]) -> Recovery {
    let times = failures.iter().filter_map(|failure| Some(failure.restored?.duration_since(failure.since)));
    let mut times: Vec<_> = times.map(|time| time.max(SignedDuration::ZERO)).collect();
    Recovery {
        recovered: times.len() as u64,
        open: (failures.len() - times.len()) as u64,
        median_seconds: median(&mut times),
        p90_seconds: p90(&mut times),
    }
}

fn unknown(history: &History, window: Window, watched: Window, LeftOut { ahead, older }: LeftOut) -> Vec<String> {
    let mut unknown = Vec::new();
    if history.since > window.from {
        unknown.push(format!("nothing is known of the time before {}", history.since));
    }
    if watched.days() < 1.0 {
        unknown.push("less than a day was watched, so there is no number of deployments a day".into());
    }
    if ahead > 0 {
        unknown.push(format!(
            "left out of the lead time, because by their committers' clocks they were made after they went live: {ahead}"
        ));
    }
    if older > 0 {
        unknown
            .push(format!("left out of the lead time, because they were made before their trunk was watched: {older}"));
    }
    if history.turned_off.is_none() {
        unknown.push(
            "which flags were turned off could not be asked, so that a failure met by that is not counted".into(),
        );
    }
    unknown.push(
        "a failure that no rollback, no revert, no `Fixes:` and no flag that was turned off with a reason tells of is not known".into(),
    );
    unknown
}

/// Of an even number, the mean of the two in the middle.
fn median(times: &mut [SignedDuration]) -> Option<f64> {
    times.sort_unstable();
    let upper = times.get(times.len() / 2)?.as_secs_f64();
    let is_odd = times.len() % 2 == 1;
    Some(if is_odd { upper } else { f64::midpoint(times[times.len() / 2 - 1].as_secs_f64(), upper) })
}

/// The smallest that nine tenths are not above (nearest rank).
fn p90(times: &mut [SignedDuration]) -> Option<f64> {
    times.sort_unstable();
    let rank = (times.len() * 9).div_ceil(10);
    Some(times.get(rank.checked_sub(1)?)?.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "counts of deployments stay far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests;
