//! The gate of known vulnerabilities: what a change brings is judged before it ships.
//!
//! Compared is what was built and its commit with exactly what customers have: what is there already stops nothing, and what is
//! not known stops it, unless it is not known of what customers have either. While no advisories were imported nothing is judged,
//! and that is said.

use std::collections::BTreeSet;
use std::time::Duration;

use delivery::gate::{Candidate, Failure, Gate, Judgement, LiveArtifact, Verdict};
use delivery::git::Mirror;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;
use ownership::model::Product;
use security::model::inventory::Why;
use security::model::report::{Finding, Report};
use security::model::{Advisories, Inventory, Threshold};
use security::{Installed, Security, ecosystems_of};
use serde_json::json;

use crate::finding::owner;

/// Reading a large product and what it built takes a while.
const TIME_LIMIT: Duration = Duration::from_mins(3);
/// Findings and gaps that are told one by one.
const TOLD: usize = 50;

/// Asks security.
#[derive(Debug, Clone)]
pub struct VulnerabilityGate {
    pub security: Security,
    /// From which severity on a new finding stops a change; one that nobody knows does too.
    pub threshold: Threshold,
}

impl Gate for VulnerabilityGate {
    fn name(&self) -> &'static str {
        "security"
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    fn judge(&self, candidate: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>> {
        async move { self.answer(&candidate).await }.boxed()
    }
}

/// What customers have.
#[derive(Debug, Default)]
struct Baseline {
    inventory: Inventory,
    /// The deployments.
    live: Vec<u64>,
    /// Of which nothing is known.
    unknown: Vec<u64>,
}

impl VulnerabilityGate {
    async fn answer(&self, candidate: &Candidate) -> Result<Judgement, Failure> {
        let inventory = match self.read(candidate).await {
            Ok(inventory) => inventory,
            Err(problem) => return Ok(unreadable(problem)),
        };
        let advisories = self.security.age_of(&ecosystems_of(&inventory)).await?;
        let packages = inventory.packages().count();
        if advisories.count == 0 {
            let summary =
                format!("not scanned: no advisories were imported, so nothing is known of its {packages} packages");
            let hint =
                "`trunkline advisory import DIR` takes them in, `trunkline up --advisory-mirror URL` fetches them";
            let problems = vec![Problem::unavailable("no advisories were imported").hint(hint)];
            return Ok(Judgement::new(Verdict::NotJudged, summary).with_problems(problems));
        }
        let baseline = self.baseline(&candidate.live).await?;
        let (after, before) = (self.security.judge(&inventory).await?, self.security.judge(&baseline.inventory).await?);
        let brought = Brought::of(&after, &before, is_first(&baseline), self.threshold);
        let owners = owners(candidate).await;
        let owner = |path: &str| owner::owner(owners.as_ref()?, path);
        let age = format!("; {}", advisories.sentence);
        let evidence = json!({
            "packages": packages,
            "new": brought.new,
            "here_already": brought.there,
            "fixed": brought.fixed,
            "not_known": brought.gaps,
            "compared_with": baseline.live,
            "advisories": advisories,
        });
        let problems = brought.problems(&owner);
        Ok(brought.judgement(&owner, &age).with_problems(problems).with_evidence(evidence))
    }

    /// What the commit and what was built of it are made of.
    async fn read(&self, candidate: &Candidate) -> Result<Inventory, Problem> {
        let mut inventory = self.security.read(&candidate.checkout, Installed::Unlocked).await?;
        for built in &candidate.artifacts {
            inventory.add(&self.security.read(&built.path, Installed::All).await?);
        }
        Ok(inventory)
    }

    async fn baseline(&self, live: &[LiveArtifact]) -> Result<Baseline, Failure> {
        let mut baseline = Baseline::default();
        for artifact in live {
            baseline.live.push(artifact.deployment);
            let kept = self.security.inventory(artifact.deployment).await?;
            // An earlier Trunkline may have seen less in it; what the change has is read by this one.
            let read = self.security.read(&artifact.path, Installed::All).await.ok();
            if kept.is_none() && read.is_none() {
                // What customers have is not known, so all that the change has counts as new.
                baseline.unknown.push(artifact.deployment);
            }
            for inventory in kept.iter().chain(&read) {
                baseline.inventory.add(inventory);
            }
        }
        Ok(baseline)
    }
}

/// What a change is made of is not known.
pub fn unreadable(problem: Problem) -> Judgement {
    let summary = format!("what it is made of cannot be read: {}", problem.told());
    Judgement::new(Verdict::Unknown, summary).with_problems(vec![problem])
}

/// A product must be able to begin.
fn is_first(baseline: &Baseline) -> bool {
    baseline.live.is_empty()
}

async fn owners(candidate: &Candidate) -> Option<Product> {
    owner::declared(&Mirror::existing(&candidate.mirror, ""), &candidate.commit).await.ok()
}

/// The same without a server: what a commit holds beside what its parent held, by the advisories of a folder. `None` is a commit
/// without a parent.
pub async fn vulnerabilities_judgement(
    candidate: &Candidate,
    (after, before): (&Inventory, Option<&Inventory>),
    advisories: &Advisories,
    threshold: Threshold,
) -> Judgement {
    let nothing = Inventory::default();
    let (after, was) = (Report::of(after, advisories), Report::of(before.unwrap_or(&nothing), advisories));
    let brought = Brought::of(&after, &was, before.is_none(), threshold);
    let owners = owners(candidate).await;
    let owner = |path: &str| owner::owner(owners.as_ref()?, path);
    let newest = advisories.newest_modified().map_or_else(String::new, |at| format!(", the newest changed {at}"));
    let age = format!("; beside its parent, by {} advisories{newest}", advisories.len());
    let problems = brought.problems(&owner);
    brought.judgement(&owner, &age).with_problems(problems)
}

/// What a change brings.
#[derive(Debug)]
struct Brought {
    /// New, and bad enough.
    bad: Vec<Finding>,
    new: Vec<Finding>,
    there: usize,
    fixed: usize,
    /// (path, why)
    gaps: Vec<(String, String)>,
    is_first: bool,
    packages: usize,
}

impl Brought {
    fn of(after: &Report, before: &Report, is_first: bool, threshold: Threshold) -> Self {
        let is_there = |finding: &Finding, report: &Report| {
            report.findings.iter().any(|other| {
                other.ecosystem == finding.ecosystem
                    && other.package == finding.package
                    && other.version == finding.version
                    && other.is_same_flaw(finding)
            })
        };
        let (there, new): (Vec<_>, Vec<_>) = after.findings.iter().partition(|finding| is_there(finding, before));
        let fixed = before.findings.iter().filter(|finding| !is_there(finding, after)).count();
        let known: BTreeSet<(String, String)> = gaps(before).collect();
        Self {
            bad: new
                .iter()
                .filter(|finding| threshold.fails(finding.severity))
                .map(|finding| (*finding).clone())
                .collect(),
            new: new.into_iter().cloned().collect(),
            there: there.len(),
            fixed,
            gaps: gaps(after).filter(|gap| !known.contains(gap)).collect(),
            is_first,
            packages: after.packages.len(),
        }
    }

    fn judgement(&self, owner: &dyn Fn(&str) -> Option<String>, age: &str) -> Judgement {
        if let [first, more @ ..] = self.bad.as_slice() {
            let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
            return Judgement::new(Verdict::Failed, format!("{}{more}{age}", told(first, owner)));
        }
        let packages = self.packages;
        let counts = format!(
            "{packages} packages; it brings {} findings, fixes {}, leaves {}",
            self.new.len(),
            self.fixed,
            self.there
        );
        match self.gaps.as_slice() {
            [] => Judgement::new(Verdict::Passed, format!("{counts}{age}")),
            [(path, why), ..] if self.is_first => {
                // The first version has nothing to be compared with; a product must be able to begin.
                let more = self.gaps.len();
                let summary =
                    format!("{counts}; {more} not known, and the first version ships with them: {path}: {why}{age}");
                Judgement::new(Verdict::Passed, summary)
            }
            [(path, why), ..] => {
                let more = self.gaps.len() - 1;
                let more = if more == 0 { String::new() } else { format!(", and {more} more") };
                Judgement::new(Verdict::Unknown, format!("{path}: {why}{more}; {counts}{age}"))
            }
        }
    }

    fn problems(&self, owner: &dyn Fn(&str) -> Option<String>) -> Vec<Problem> {
        let bad = self.bad.iter().take(TOLD).map(|finding| {
            let problem = Problem::invalid(told(finding, owner));
            let hint = match finding.fixed.first() {
                Some(version) => format!("{} {version} has it not any more", finding.package),
                None => format!("no version without it is known; do without {}, or use another", finding.package),
            };
            Problem { file: Some(finding.source.clone()), ..problem }.hint(hint)
        });
        let gaps = self.gaps.iter().take(TOLD).map(|(path, why)| Problem {
            file: Some(path.clone()),
            ..Problem::invalid(why.clone()).hint("what is in it is not known, and what customers have has it not")
        });
        bad.chain(gaps).collect()
    }
}

fn told(finding: &Finding, owner: &dyn Fn(&str) -> Option<String>) -> String {
    let Finding { id, package, version, fixed, severity, source, .. } = finding;
    let fixed = match fixed.as_slice() {
        [] => "no fixed version is known".to_owned(),
        fixed => format!("fixed in {}", fixed.join(", ")),
    };
    let owner = owner(source).map_or_else(|| "nobody".to_owned(), |owner| format!("domain {owner}"));
    format!("{package} {version} has {id} ({}), {fixed}; {source} is owned by {owner}", severity.word())
}

/// What of a report is not known, as far as it is not that advisories of commits are never judged.
fn gaps(report: &Report) -> impl Iterator<Item = (String, String)> {
    let coverage = &report.coverage;
    let unsupported = coverage.unsupported.iter().map(|path| (path.clone(), "its format is not supported".to_owned()));
    let opaque = coverage.opaque.iter().map(|path| (path.clone(), "nobody looks into it".to_owned()));
    let skipped = coverage.skipped.iter().filter(|skipped| skipped.why == Why::Unknown);
    unsupported.chain(opaque).chain(skipped.map(|skipped| (skipped.path.clone(), skipped.reason.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use security::model::advisory::{Advisory, Affected, Event, Order, Range};
    use security::model::inventory::{Scanned, Skipped};
    use security::model::{Ecosystem, Package, Severity};

    fn advisories(severity: Severity) -> Advisories {
        let events = vec![Event::Introduced("0".into()), Event::Fixed("1.2.1".into())];
        let mut advisories = Advisories::default();
        advisories.add(Advisory {
            id: "GHSA-1".into(),
            modified: None,
            withdrawn: false,
            aliases: vec![],
            summary: "padding of the wrong side".into(),
            affected: vec![Affected {
                ecosystem: Ecosystem::Npm,
                name: "leftish".into(),
                severity,
                ranges: vec![Range { order: Order::SemVer, events }],
                versions: vec![],
            }],
        });
        advisories
    }

    fn inventory(version: &str) -> Inventory {
        let packages = vec![Package::registered(Ecosystem::Npm, "leftish", version)];
        Inventory { files: vec![Scanned::lockfile("package-lock.json", packages)], ..Inventory::default() }
    }

    fn judged(before: Option<&Inventory>, after: &Inventory, severity: Severity) -> Judgement {
        let baseline = Baseline {
            inventory: before.cloned().unwrap_or_default(),
            live: before.map(|_| 7).into_iter().collect(),
            unknown: vec![],
        };
        let advisories = advisories(severity);
        let (after, before) = (Report::of(after, &advisories), Report::of(&baseline.inventory, &advisories));
        let brought = Brought::of(&after, &before, is_first(&baseline), Threshold::From(Severity::High));
        let owner = |_: &str| Some("sales".to_owned());
        brought.judgement(&owner, "").with_problems(brought.problems(&owner))
    }

    #[test]
    fn a_new_finding_stops_the_change_and_names_package_versions_advisory_and_owner() {
        let told = judged(Some(&inventory("1.2.1")), &inventory("1.2.0"), Severity::High);
        assert_eq!(told.state, Verdict::Failed);
        assert_eq!(
            told.summary,
            "leftish 1.2.0 has GHSA-1 (high), fixed in 1.2.1; package-lock.json is owned by domain sales"
        );
        assert_eq!(told.problems[0].hint.as_deref(), Some("leftish 1.2.1 has it not any more"));
    }

    #[test]
    fn what_customers_have_already_and_what_is_not_bad_enough_stops_nothing() {
        let old = inventory("1.2.0");
        assert_eq!(judged(Some(&old), &old, Severity::High).state, Verdict::Passed);
        assert_eq!(judged(Some(&inventory("1.2.1")), &old, Severity::Low).state, Verdict::Passed);
        assert_eq!(judged(Some(&inventory("1.2.1")), &old, Severity::Unknown).state, Verdict::Failed);
        let fixed = judged(Some(&old), &inventory("1.2.1"), Severity::High);
        assert!(fixed.summary.contains("brings 0 findings, fixes 1, leaves 0"), "{}", fixed.summary);
    }

    #[test]
    fn what_is_not_known_stops_it_unless_it_is_not_known_of_what_customers_have() {
        let old = inventory("1.2.1");
        let mut gap = old.clone();
        gap.skipped.push(Skipped::unknown("Cargo.lock", "it may be cut off"));
        let told = judged(Some(&old), &gap, Severity::High);
        assert_eq!(told.state, Verdict::Unknown);
        assert!(told.summary.starts_with("Cargo.lock: it may be cut off"), "{}", told.summary);
        assert_eq!(judged(Some(&gap), &gap, Severity::High).state, Verdict::Passed);
        let first = judged(None, &gap, Severity::High);
        assert_eq!(first.state, Verdict::Passed);
        assert!(first.summary.contains("not known, and the first version ships with them"), "{}", first.summary);
    }
}
