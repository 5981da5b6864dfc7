//! A finding in one sentence: what, since when, of whom, behind what, and what can be done.

use jiff::Timestamp;
use security::model::Finding;
use security::{FindingState, LiveFinding, span};

use super::FindingFlag;
use crate::lineage::{percent, short};

/// "CVE-X is in production since deployment N (commit, 9 days), owned by domain Y, …: kill switch available, or roll back to M."
pub(super) fn of(
    found: &LiveFinding,
    owner: Option<&str>,
    flag: Option<&FindingFlag>,
    back: Option<u64>,
    now: Timestamp,
) -> String {
    let Finding { id, package, version, .. } = &found.flaw;
    let what = format!("{id} ({package} {version})");
    let since = &found.since;
    let whose = owner.map_or_else(|| "owned by nobody".to_owned(), |owner| format!("owned by domain {owner}"));
    if found.state == FindingState::Closed {
        let why = found.closed_why.as_deref().unwrap_or("it is not in production any more");
        let lasted = found.closed.map_or_else(String::new, |at| format!(" ({})", span(at.duration_since(since.at))));
        return format!("{what} was in production since deployment {}{lasted}, {whose}: {why}.", since.deployment);
    }
    let age = span(now.duration_since(since.at));
    let mut text =
        format!("{what} is in production since deployment {} ({}, {age})", since.deployment, short(&since.commit));
    text.push_str(&services(found));
    text.push_str(", ");
    text.push_str(&whose);
    if let Some(flag) = flag {
        text.push_str(&behind(flag));
    }
    format!("{text}: {}.", ways(found, flag, back))
}

fn services(found: &LiveFinding) -> String {
    let mut services: Vec<&str> = found.places.iter().map(|place| place.service.as_str()).collect();
    services.dedup();
    if services.len() < 2 { String::new() } else { format!(" in {}", services.join(" and ")) }
}

fn behind(flag: &FindingFlag) -> String {
    let exposed = match flag.exposed_share {
        _ if flag.killed => "killed".to_owned(),
        Some(share) => format!("{} exposed", percent(share)),
        None => "how many are exposed depends on its rules".to_owned(),
    };
    format!(", brought in by the change with flag {} ({exposed})", flag.key)
}

fn ways(found: &LiveFinding, flag: Option<&FindingFlag>, back: Option<u64>) -> String {
    let mut ways = Vec::new();
    match flag {
        Some(flag) if flag.killed => ways.push("the flag is off".to_owned()),
        Some(_) => ways.push("kill switch available".to_owned()),
        None => {}
    }
    ways.extend(back.map(|number| format!("roll back to {number}")));
    ways.extend(found.bump.as_ref().map(|version| format!("bump to {version}")));
    if ways.is_empty() {
        "no flag, no earlier version without it and no fixed version is known".to_owned()
    } else {
        ways.join(", or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use security::Since;
    use security::model::join::Place;
    use security::model::{Ecosystem, Severity};

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn found() -> LiveFinding {
        LiveFinding {
            key: "k".into(),
            state: FindingState::Open,
            flaw: Finding {
                id: "CVE-2026-1".into(),
                aliases: vec![],
                ecosystem: Ecosystem::Npm,
                package: "left-pad".into(),
                version: "1.0.0".into(),
                purl: "pkg:npm/left-pad@1.0.0".into(),
                fixed: vec!["1.0.1".into()],
                severity: Severity::High,
                summary: String::new(),
                source: "package-lock.json".into(),
            },
            places: vec![Place { service: "shop".into(), deployment: 9 }],
            bump: Some("1.0.1".into()),
            since: Since { deployment: 7, commit: "a1b2c3d4e5".into(), at: at(1) },
            opened: at(9),
            closed: None,
            closed_why: None,
        }
    }

    #[test]
    fn the_sentence_says_since_when_of_whom_behind_what_and_what_to_do() {
        let flag = FindingFlag { key: "one-page".into(), exposed_share: Some(0.031), killed: false };
        assert_eq!(
            of(&found(), Some("sales"), Some(&flag), Some(6), at(10)),
            "CVE-2026-1 (left-pad 1.0.0) is in production since deployment 7 (a1b2c3d, 9 days), owned by domain sales, brought in by the change with flag one-page (3.1 % exposed): kill switch available, or roll back to 6, or bump to 1.0.1."
        );
    }

    #[test]
    fn what_is_not_known_is_not_claimed() {
        let told = of(&LiveFinding { bump: None, ..found() }, None, None, None, at(10));
        assert!(told.contains("owned by nobody: no flag, no earlier version without it"), "{told}");
        let off = FindingFlag { key: "one-page".into(), exposed_share: Some(0.0), killed: true };
        assert!(of(&found(), None, Some(&off), None, at(10)).contains("one-page (killed): the flag is off, or bump"));
    }

    #[test]
    fn what_is_over_says_why() {
        let why = Some("nothing that is live has it any more".into());
        let closed = LiveFinding { state: FindingState::Closed, closed: Some(at(10)), closed_why: why, ..found() };
        assert_eq!(
            of(&closed, Some("sales"), None, None, at(20)),
            "CVE-2026-1 (left-pad 1.0.0) was in production since deployment 7 (9 days), owned by domain sales: nothing that is live has it any more."
        );
    }
}
