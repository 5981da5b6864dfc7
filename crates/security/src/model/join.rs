//! What becomes of findings when advisories change or what is live does: one decision over values.

use serde::{Deserialize, Serialize};

use super::report::Finding;

/// Where a package runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub service: String,
    pub deployment: u64,
}

/// A finding as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub key: String,
    pub is_open: bool,
    pub flaw: Finding,
    pub places: Vec<Place>,
}

/// What is found in what is live now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub flaw: Finding,
    /// In order.
    pub places: Vec<Place>,
}

/// What is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Open(Seen),
    Reopen {
        key: String,
        seen: Seen,
    },
    /// It goes on, and something of it is different.
    Update {
        key: String,
        seen: Seen,
    },
    Close {
        key: String,
        why: Closed,
    },
}

/// Why a finding is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// Nothing that is live has the package in that version.
    Gone,
    /// The package is live, and no advisory speaks of that version any more.
    TakenBack,
}

/// Of one package: what changes from what is known to what is seen. `live` are its versions that run.
pub fn changes(known: &[Known], seen: Vec<Seen>, live: &[&str]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut met = vec![false; known.len()];
    for seen in seen {
        let is_it = |known: &Known| known.flaw.version == seen.flaw.version && known.flaw.is_same_flaw(&seen.flaw);
        // Of two that were one flaw only later, the open one goes on.
        let matching = known.iter().enumerate().filter(|(number, known)| !met[*number] && is_it(known));
        let Some((number, found)) = matching.max_by_key(|(_, known)| known.is_open) else {
            changes.push(Change::Open(seen));
            continue;
        };
        met[number] = true;
        let key = found.key.clone();
        if !found.is_open {
            changes.push(Change::Reopen { key, seen });
        } else if found.flaw != seen.flaw || found.places != seen.places {
            changes.push(Change::Update { key, seen });
        }
    }
    for (known, met) in known.iter().zip(met) {
        if known.is_open && !met {
            let runs = live.contains(&known.flaw.version.as_str());
            let why = if runs { Closed::TakenBack } else { Closed::Gone };
            changes.push(Change::Close { key: known.key.clone(), why });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Ecosystem, Severity};

    fn flaw(id: &str, aliases: &[&str], version: &str) -> Finding {
        Finding {
            id: id.into(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            ecosystem: Ecosystem::Npm,
            package: "a".into(),
            version: version.into(),
            purl: format!("pkg:npm/a@{version}"),
            fixed: vec!["2.0.0".into()],
            severity: Severity::High,
            summary: String::new(),
            source: "package-lock.json".into(),
        }
    }

    fn seen(flaw: Finding, deployment: u64) -> Seen {
        Seen { flaw, places: vec![Place { service: "shop".into(), deployment }] }
    }

    fn known(flaw: Finding, is_open: bool, deployment: u64) -> Known {
        Known { key: "k".into(), is_open, places: seen(flaw.clone(), deployment).places, flaw }
    }

    #[test]
    fn what_is_seen_first_opens_and_what_is_seen_again_stays() {
        let now = seen(flaw("GHSA-1", &["CVE-1"], "1.0.0"), 3);
        assert_eq!(changes(&[], vec![now.clone()], &["1.0.0"]), [Change::Open(now.clone())]);
        assert_eq!(changes(&[known(now.flaw.clone(), true, 3)], vec![now], &["1.0.0"]), []);
    }

    #[test]
    fn another_database_or_deployment_changes_it_and_opens_none() {
        let before = known(flaw("CVE-1", &[], "1.0.0"), true, 3);
        let now = seen(flaw("GHSA-1", &["CVE-1"], "1.0.0"), 4);
        let wanted = Change::Update { key: "k".into(), seen: now.clone() };
        assert_eq!(changes(&[before], vec![now], &["1.0.0"]), [wanted]);
    }

    #[test]
    fn it_closes_with_its_reason_and_opens_again() {
        let open = known(flaw("CVE-1", &[], "1.0.0"), true, 3);
        let closed = |why| vec![Change::Close { key: "k".into(), why }];
        assert_eq!(changes(std::slice::from_ref(&open), vec![], &["2.0.0"]), closed(Closed::Gone));
        assert_eq!(changes(std::slice::from_ref(&open), vec![], &["1.0.0"]), closed(Closed::TakenBack));
        let was = Known { is_open: false, ..open };
        assert_eq!(changes(std::slice::from_ref(&was), vec![], &[]), [], "what is closed is left alone");
        let again = seen(was.flaw.clone(), 9);
        assert_eq!(changes(&[was], vec![again.clone()], &["1.0.0"]), [Change::Reopen { key: "k".into(), seen: again }]);
    }

    #[test]
    fn another_version_with_the_flaw_is_another_finding() {
        let open = known(flaw("CVE-1", &[], "1.0.0"), true, 3);
        let now = seen(flaw("CVE-1", &[], "1.1.0"), 4);
        let wanted = [Change::Open(now.clone()), Change::Close { key: "k".into(), why: Closed::Gone }];
        assert_eq!(changes(&[open], vec![now], &["1.1.0"]), wanted);
    }
}
