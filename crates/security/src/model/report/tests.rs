use super::*;
use crate::model::advisory::parse;
use crate::model::inventory::Scanned;

fn advisories(documents: &[String]) -> Advisories {
    let mut advisories = Advisories::default();
    for document in documents {
        advisories.add(parse(document.as_bytes()).unwrap());
    }
    advisories
}

fn document(id: &str, more: &str, affected: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-01-01T00:00:00Z"{more},
            "affected": [{{"package": {{"ecosystem": "crates.io", "name": "ring"}}{affected}}}]}}"#
    )
}

fn inventory(origin: Origin) -> Inventory {
    let package = Package { origin, ..Package::registered(Ecosystem::CratesIo, "ring", "1.0.0") };
    Inventory { files: vec![Scanned::lockfile("Cargo.lock", vec![package])], ..Inventory::default() }
}

fn ids(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.id.as_str()).collect()
}

#[test]
fn one_flaw_in_three_databases_is_one_finding() {
    let report = Report::of(
        &inventory(Origin::Registry),
        &advisories(&[
            document("CVE-2026-1", "", ""),
            document("GHSA-1", r#", "aliases": ["CVE-2026-1"]"#, r#", "database_specific": {"severity": "low"}"#),
            document("RUSTSEC-1", r#", "aliases": ["GHSA-1"]"#, ""),
        ]),
    );
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(finding.id, "RUSTSEC-1");
    assert_eq!(finding.aliases, ["CVE-2026-1", "GHSA-1"]);
    assert_eq!(finding.severity, Severity::Low);
}

#[test]
fn two_flaws_of_one_database_stay_two() {
    let alias = r#", "aliases": ["CVE-2026-1"]"#;
    let documents = [document("RUSTSEC-1", alias, ""), document("RUSTSEC-2", alias, "")];
    assert_eq!(ids(&Report::of(&inventory(Origin::Registry), &advisories(&documents))), ["RUSTSEC-1", "RUSTSEC-2"]);
}

#[test]
fn what_is_related_is_another_flaw() {
    let documents = [document("GHSA-1", "", ""), document("RUSTSEC-1", r#", "related": ["GHSA-1"]"#, "")];
    assert_eq!(ids(&Report::of(&inventory(Origin::Registry), &advisories(&documents))).len(), 2);
}

#[test]
fn what_was_withdrawn_is_counted_and_never_found() {
    let documents = [document("RUSTSEC-1", r#", "withdrawn": "2026-01-02T00:00:00Z""#, "")];
    let report = Report::of(&inventory(Origin::Registry), &advisories(&documents));
    assert_eq!((ids(&report).len(), report.advisories.withdrawn), (0, 1));
    assert_eq!(report.verdict(Threshold::From(Severity::Informational)), Verdict::Passed);
}

#[test]
fn a_package_of_another_origin_is_another_package() {
    let documents = [document("RUSTSEC-1", "", "")];
    for origin in [Origin::Local, Origin::Git { url: "git+https://example.org/ring".into() }] {
        let report = Report::of(&inventory(origin), &advisories(&documents));
        assert_eq!((ids(&report).len(), report.packages.len()), (0, 1));
    }
}

#[test]
fn an_advisory_that_cannot_be_judged_does_not_pass() {
    let git = r#", "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]"#;
    let report = Report::of(&inventory(Origin::Registry), &advisories(&[document("RUSTSEC-1", "", git)]));
    assert_eq!(report.verdict(Threshold::Never), Verdict::Unknown);
    assert!(report.coverage.skipped[0].reason.contains("RUSTSEC-1"), "{:?}", report.coverage);
}

#[test]
fn packages_without_any_advisory_of_their_ecosystem_do_not_pass() {
    let report = Report::of(&inventory(Origin::Registry), &Advisories::default());
    assert_eq!(report.verdict(Threshold::Never), Verdict::Unknown);
    assert_eq!(report.advisories.ecosystems[&Ecosystem::CratesIo], None);
}

#[test]
fn what_is_informational_warns_and_an_unknown_severity_fails() {
    let informational = r#", "database_specific": {"informational": "unmaintained"}"#;
    let verdict = |affected: &str, threshold: Threshold| {
        let documents = [document("RUSTSEC-1", "", affected)];
        Report::of(&inventory(Origin::Registry), &advisories(&documents)).verdict(threshold)
    };
    assert_eq!(verdict(informational, Threshold::From(Severity::Low)), Verdict::Passed);
    assert_eq!(verdict(informational, Threshold::From(Severity::Informational)), Verdict::Failed { findings: 1 });
    assert_eq!(verdict("", Threshold::From(Severity::Critical)), Verdict::Failed { findings: 1 });
    assert_eq!(verdict("", Threshold::Never), Verdict::Passed);
}
