use super::*;
use crate::model::ecosystem::Ecosystem;
use crate::model::severity::Severity;

fn affected(ecosystem: Ecosystem, ranges: Vec<Range>, versions: &[&str]) -> Affected {
    let versions = versions.iter().map(|version| (*version).into()).collect();
    Affected { ecosystem, name: "a".into(), severity: Severity::Unknown, ranges, versions }
}

fn range(order: Order, events: &[(&str, &str)]) -> Range {
    let event = |(kind, version): &(&str, &str)| {
        let version = (*version).into();
        match *kind {
            "introduced" => Event::Introduced(version),
            "fixed" => Event::Fixed(version),
            "last" => Event::LastAffected(version),
            _ => Event::Limit(version),
        }
    };
    Range { order, events: events.iter().map(event).collect() }
}

fn is_affected(events: &[(&str, &str)], version: &str) -> bool {
    let affected = affected(Ecosystem::CratesIo, vec![range(Order::SemVer, events)], &[]);
    matches!(judge(&[&affected], version), Judgement::Affected { .. })
}

#[test]
fn fixed_is_exclusive_and_the_last_affected_inclusive() {
    let fixed = [("introduced", "1.0.0"), ("fixed", "1.2.0")];
    assert!(is_affected(&fixed, "1.0.0") && is_affected(&fixed, "1.1.9") && is_affected(&fixed, "1.2.0-rc.1"));
    assert!(!is_affected(&fixed, "0.9.9") && !is_affected(&fixed, "1.2.0") && !is_affected(&fixed, "1.0.0-rc.1"));
    let last = [("introduced", "1.0.0"), ("last", "1.2.0")];
    assert!(is_affected(&last, "1.2.0") && !is_affected(&last, "1.2.1"));
    let one = [("introduced", "1.0.0"), ("last", "1.0.0")];
    assert!(is_affected(&one, "1.0.0") && !is_affected(&one, "1.0.1"));
}

#[test]
fn zero_is_before_every_pre_release() {
    assert!(is_affected(&[("introduced", "0")], "0.0.0-alpha"));
    assert!(is_affected(&[("introduced", "0.0.0-0")], "0.0.0-alpha"));
    assert!(!is_affected(&[("introduced", "1.0.0")], "1.0.0-alpha"));
}

#[test]
fn events_are_sorted_by_version_not_by_their_place_in_the_file() {
    let events = [
        ("fixed", "3.1.0"),
        ("introduced", "2.0.0"),
        ("fixed", "1.5.0"),
        ("introduced", "0"),
        ("introduced", "3.0.0"),
        ("fixed", "2.2.0"),
    ];
    for (version, wanted) in
        [("1.4.9", true), ("1.5.0", false), ("2.1.0", true), ("2.2.0", false), ("3.0.5", true), ("3.1.0", false)]
    {
        assert_eq!(is_affected(&events, version), wanted, "{version}");
    }
}

#[test]
fn a_range_without_an_end_goes_on() {
    assert!(is_affected(&[("introduced", "1.0.0")], "999.0.0"));
}

#[test]
fn a_limit_ends_what_the_range_says() {
    let events = [("introduced", "1.0.0"), ("limit", "2.0.0")];
    assert!(is_affected(&events, "1.9.0") && !is_affected(&events, "2.0.0"));
    assert!(is_affected(&[("introduced", "1.0.0"), ("limit", "*")], "9.0.0"));
}

#[test]
fn listed_versions_are_affected_whatever_the_ranges_say() {
    let only_git = range(Order::Git, &[("introduced", "0")]);
    let part = affected(Ecosystem::PyPi, vec![only_git.clone()], &["1.0", "1.2.0"]);
    assert_eq!(judge(&[&part], "1.2"), Judgement::Affected { fixed: Vec::new() });
    assert_eq!(judge(&[&part], "1.1"), Judgement::NotAffected);
    let part = affected(Ecosystem::PyPi, vec![only_git], &[]);
    assert_eq!(judge(&[&part], "1.1"), Judgement::Unknown);
}

#[test]
fn an_order_that_is_not_known_decides_nothing() {
    let native = range(Order::Native, &[("introduced", "0"), ("fixed", "2")]);
    let part = affected(Ecosystem::Other("Maven".into()), vec![native], &[]);
    assert_eq!(judge(&[&part], "1"), Judgement::Unknown);
}

#[test]
fn what_speaks_of_no_version_speaks_of_all() {
    let part = affected(Ecosystem::Npm, Vec::new(), &[]);
    assert_eq!(judge(&[&part], "1.0.0"), Judgement::Affected { fixed: Vec::new() });
}

#[test]
fn the_fix_is_the_one_that_ends_the_stretch() {
    let events = [("introduced", "0"), ("fixed", "1.2.0"), ("introduced", "2.0.0"), ("fixed", "2.1.0")];
    let part = affected(Ecosystem::CratesIo, vec![range(Order::SemVer, &events)], &[]);
    assert_eq!(judge(&[&part], "2.0.1"), Judgement::Affected { fixed: vec!["2.1.0".into()] });
    assert_eq!(judge(&[&part], "1.0.0"), Judgement::Affected { fixed: vec!["1.2.0".into()] });
}
