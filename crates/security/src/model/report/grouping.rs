//! One flaw is one finding, in however many databases it is.

use std::collections::{BTreeSet, HashMap};

use crate::model::advisory::Advisory;
use crate::model::severity::Severity;

/// An advisory that a package is affected by.
pub(super) struct Hit<'a> {
    pub(super) advisory: &'a Advisory,
    pub(super) severity: Severity,
    pub(super) fixed: Vec<String>,
}

/// What becomes one finding.
pub(super) struct Group {
    pub(super) id: String,
    pub(super) aliases: Vec<String>,
    pub(super) severity: Severity,
    pub(super) fixed: Vec<String>,
    pub(super) summary: String,
}

/// Puts together what different databases say of one flaw. Two advisories of one database are two flaws to that database, so
/// they stay two, even if another database gives both one id.
pub(super) fn group(mut hits: Vec<Hit<'_>>) -> Vec<Group> {
    hits.sort_by_key(|hit| (rank(&hit.advisory.id), hit.advisory.id.clone()));
    let mut groups: Vec<Vec<Hit<'_>>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for hit in hits {
        let advisory = hit.advisory;
        let names: Vec<&str> = names(advisory).collect();
        let number = names
            .iter()
            .filter_map(|name| known.get(name).copied())
            .find(|number| groups[*number].iter().all(|other| database(&other.advisory.id) != database(&advisory.id)))
            .unwrap_or(groups.len());
        for name in names {
            known.entry(name).or_insert(number);
        }
        match groups.get_mut(number) {
            Some(group) => group.push(hit),
            None => groups.push(vec![hit]),
        }
    }
    groups.iter().map(|group| merged(group)).collect()
}

fn names(advisory: &Advisory) -> impl Iterator<Item = &str> {
    std::iter::once(advisory.id.as_ref()).chain(advisory.aliases.iter().map(AsRef::as_ref))
}

/// The ecosystem's own database knows best; a number that says nothing of the package comes last.
fn rank(id: &str) -> u8 {
    match database(id) {
        "CVE" => 2,
        "GHSA" => 1,
        _ => 0,
    }
}

fn database(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// The first one's name; the worst severity; all that is known.
fn merged(group: &[Hit<'_>]) -> Group {
    let id = group[0].advisory.id.to_string();
    let others: BTreeSet<&str> = group.iter().flat_map(|hit| names(hit.advisory)).filter(|name| *name != id).collect();
    let summary = group.iter().map(|hit| hit.advisory.summary.as_ref()).find(|summary| !summary.is_empty());
    let mut fixed: Vec<String> = Vec::new();
    for version in group.iter().flat_map(|hit| &hit.fixed) {
        if !fixed.contains(version) {
            fixed.push(version.clone());
        }
    }
    Group {
        aliases: others.into_iter().map(str::to_owned).collect(),
        severity: Severity::worst(group.iter().map(|hit| hit.severity)),
        summary: summary.unwrap_or_default().to_owned(),
        fixed,
        id,
    }
}
