//! The answer to "is what we have affected by what is known".

mod grouping;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::advisories::{Advisories, Feed};
use super::ecosystem::Ecosystem;
use super::inventory::{Inventory, Skipped, Why};
use super::matching::{Judgement, judge};
use super::package::{Origin, Package};
use super::purl;
use super::severity::{Severity, Threshold};
use grouping::{Hit, group};

/// Packages, findings, and what of it is known. Lists are in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub packages: Vec<Row>,
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
    pub advisories: Basis,
}

/// A package where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub ecosystem: Ecosystem,
    pub name: String,
    pub version: String,
    pub purl: String,
    /// The lockfile, or the folder in which it is installed.
    pub source: String,
}

/// One flaw in one package, in as many databases as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    pub ecosystem: Ecosystem,
    pub package: String,
    pub version: String,
    pub purl: String,
    /// Versions without it, as near as possible.
    pub fixed: Vec<String>,
    pub severity: Severity,
    pub summary: String,
    /// The lockfile, or the folder in which it is installed.
    pub source: String,
}

/// What was looked at, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    pub scanned: Vec<String>,
    pub unsupported: Vec<String>,
    pub opaque: Vec<String>,
    pub skipped: Vec<Skipped>,
}

/// What the answer rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Basis {
    pub count: u64,
    pub withdrawn: u64,
    /// Documents that could not be read.
    pub quarantined: u64,
    pub newest_modified: Option<Timestamp>,
    /// Of the ecosystems that packages are of.
    pub ecosystems: BTreeMap<Ecosystem, Option<Feed>>,
}

/// What a gate makes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// So many findings are bad enough.
    Failed {
        findings: usize,
    },
    /// None is, but something could not be judged.
    Unknown,
}

impl Report {
    /// Judges every package by every advisory that speaks of it.
    pub fn of(inventory: &Inventory, advisories: &Advisories) -> Self {
        let mut findings = Vec::new();
        let mut skipped = inventory.skipped.clone();
        for (source, package) in inventory.packages() {
            // Nobody's advisories speak of what is not from the ecosystem's registry.
            if package.origin == Origin::Registry {
                let (hits, unknown) = hits(package, advisories);
                findings.extend(group(hits).into_iter().map(|group| finding(source, package, group)));
                skipped.extend(unknown.into_iter().map(|reason| Skipped::unknown(source, reason)));
            }
        }
        skipped.extend(without_feed(inventory, |ecosystem| advisories.feed(ecosystem).is_some()));
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        Self {
            packages: inventory.packages().map(|(source, package)| row(source, package)).collect(),
            findings,
            coverage: coverage(inventory, skipped),
            advisories: basis(inventory, advisories),
        }
    }

    /// What is not known passes only where the caller takes it.
    pub fn verdict(&self, threshold: Threshold) -> Verdict {
        let findings = self.findings.iter().filter(|finding| threshold.fails(finding.severity)).count();
        if findings > 0 {
            Verdict::Failed { findings }
        } else if self.coverage.is_complete() {
            Verdict::Passed
        } else {
            Verdict::Unknown
        }
    }
}

impl Coverage {
    /// Whether everything that might be affected was judged.
    pub fn is_complete(&self) -> bool {
        let is_known = |skipped: &Skipped| skipped.why == Why::Redundant;
        self.unsupported.is_empty() && self.opaque.is_empty() && self.skipped.iter().all(is_known)
    }
}

impl Finding {
    /// All its ids.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Whether another speaks of the same flaw.
    pub fn is_same_flaw(&self, other: &Self) -> bool {
        self.names().any(|name| other.names().any(|other| other == name))
    }
}

/// What is found in one package of a registry.
pub fn findings_of(source: &str, package: &Package, advisories: &Advisories) -> Vec<Finding> {
    if package.origin != Origin::Registry {
        return Vec::new();
    }
    let (hits, _) = hits(package, advisories);
    group(hits).into_iter().map(|group| finding(source, package, group)).collect()
}

/// The nearest newer version in which the finding's package has not this flaw any more, if the advisories name one.
pub fn smallest_fix(finding: &Finding, advisories: &Advisories) -> Option<String> {
    let scheme = finding.ecosystem.scheme()?;
    let here = scheme.key(&finding.version);
    let mut newer: Vec<&String> = finding.fixed.iter().filter(|version| scheme.key(version) > here).collect();
    newer.sort_by(|a, b| scheme.key(a).cmp(&scheme.key(b)));
    let is_free = |version: &&&String| {
        let package = Package::registered(finding.ecosystem.clone(), &finding.package, version.as_str());
        !findings_of("", &package, advisories).iter().any(|found| found.is_same_flaw(finding))
    };
    newer.iter().find(is_free).map(|version| (*version).clone())
}

fn order(finding: &Finding) -> (&str, &Ecosystem, &str, &str, &str) {
    (&finding.source, &finding.ecosystem, &finding.package, &finding.version, &finding.id)
}

/// Advisories that a package is affected by, and those that cannot be judged.
fn hits<'a>(package: &Package, advisories: &'a Advisories) -> (Vec<Hit<'a>>, Vec<String>) {
    let (mut hits, mut unknown) = (Vec::new(), Vec::new());
    for (advisory, parts) in advisories.of(package) {
        match judge(&parts, &package.version) {
            Judgement::Affected { fixed } => {
                let severity = Severity::worst(parts.iter().map(|part| part.severity));
                hits.push(Hit { advisory, severity, fixed });
            }
            Judgement::Unknown => {
                let Package { name, version, .. } = package;
                unknown.push(format!("{} speaks of {name}, and whether of {version} is not known", advisory.id));
            }
            Judgement::NotAffected => {}
        }
    }
    (hits, unknown)
}

fn finding(source: &str, package: &Package, group: grouping::Group) -> Finding {
    Finding {
        id: group.id,
        aliases: group.aliases,
        ecosystem: package.ecosystem.clone(),
        package: package.name.clone(),
        version: package.version.clone(),
        purl: purl::of(package),
        fixed: group.fixed,
        severity: group.severity,
        summary: group.summary,
        source: source.to_owned(),
    }
}

/// A file of packages of which there is not one advisory was not judged at all.
pub fn without_feed(inventory: &Inventory, has_feed: impl Fn(&Ecosystem) -> bool) -> Vec<Skipped> {
    let mut skipped = Vec::new();
    for file in &inventory.files {
        let registered = file.packages.iter().filter(|package| package.origin == Origin::Registry);
        let ecosystems: BTreeSet<&Ecosystem> = registered.map(|package| &package.ecosystem).collect();
        let unknown = ecosystems.into_iter().filter(|ecosystem| !has_feed(ecosystem));
        skipped.extend(unknown.map(|ecosystem| {
            Skipped::unknown(&file.path, format!("there are no advisories of {ecosystem} to judge it by"))
        }));
    }
    skipped
}

fn row(source: &str, package: &Package) -> Row {
    Row {
        ecosystem: package.ecosystem.clone(),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: purl::of(package),
        source: source.to_owned(),
    }
}

fn coverage(inventory: &Inventory, mut skipped: Vec<Skipped>) -> Coverage {
    skipped.sort_by(|a, b| (&a.path, &a.reason).cmp(&(&b.path, &b.reason)));
    Coverage {
        scanned: inventory.files.iter().map(|file| file.path.clone()).collect(),
        unsupported: inventory.unsupported.clone(),
        opaque: inventory.opaque.clone(),
        skipped,
    }
}

fn basis(inventory: &Inventory, advisories: &Advisories) -> Basis {
    let ecosystems: BTreeSet<Ecosystem> = inventory.packages().map(|(_, package)| package.ecosystem.clone()).collect();
    Basis {
        count: advisories.len() as u64,
        withdrawn: advisories.withdrawn(),
        quarantined: advisories.quarantined_count(),
        newest_modified: advisories.newest_modified(),
        ecosystems: ecosystems.into_iter().map(|ecosystem| (ecosystem.clone(), advisories.feed(&ecosystem))).collect(),
    }
}

#[cfg(test)]
mod tests;
