//! Findings are those of cargo-audit, row by row, and of the reference evaluator for the other ecosystems.

use std::collections::BTreeSet;

use security::model::inventory::{Inventory, Scanned};
use security::model::lockfile::{self, Format};
use security::model::place::Source;
use security::model::{Advisories, Report, Severity};
use security::offline;
use serde_json::Value;

use crate::suites;

fn report(advisories: &Advisories, path: &str, bytes: &[u8]) -> Report {
    let format = Format::of(path.rsplit('/').next().unwrap(), None).unwrap();
    let source = Source { file: path, text: std::str::from_utf8(bytes).unwrap() };
    let packages = lockfile::read(format, source).unwrap().packages;
    let files = vec![Scanned::lockfile(path, packages)];
    Report::of(&Inventory { files, ..Inventory::default() }, advisories)
}

/// Id, package and version.
type Row = (String, String, String);

fn row(fields: &[Value]) -> Row {
    let [id, name, version] = fields else { panic!("{fields:?}") };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(id), text(name), text(version))
}

fn found(report: &Report, is_informational: impl Fn(Severity) -> bool) -> BTreeSet<Row> {
    let findings = report.findings.iter().filter(|finding| is_informational(finding.severity));
    findings.map(|finding| (finding.id.clone(), finding.package.clone(), finding.version.clone())).collect()
}

#[test]
fn findings_in_cargo_lockfiles_are_those_of_cargo_audit() {
    let Some(files) = suites::files("lockfiles/lockfiles-dev.tar.zst") else { return };
    let Some(golden) = suites::json("lockfiles/cargo-dev-golden.json") else { return };
    let Some(feed) = suites::path("osv/crates.io") else { return };
    let advisories = offline::advisories(&feed).unwrap();
    assert_eq!((advisories.len(), advisories.quarantined_count(), advisories.withdrawn()), (1_206, 0, 13));
    let mut rows = 0;
    for file in golden["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let report = report(&advisories, path, &files[path]);
        assert_eq!(report.packages.len() as u64, file["dependencies"].as_u64().unwrap(), "{path}");
        let vulnerabilities: BTreeSet<Row> =
            file["vulnerabilities"].as_array().unwrap().iter().map(|fields| row(fields.as_array().unwrap())).collect();
        let warnings: BTreeSet<Row> =
            file["warnings"].as_array().unwrap().iter().map(|fields| row(&fields.as_array().unwrap()[1..])).collect();
        assert_eq!(found(&report, |severity| severity != Severity::Informational), vulnerabilities, "{path}");
        assert_eq!(found(&report, |severity| severity == Severity::Informational), warnings, "{path}");
        rows += vulnerabilities.len() + warnings.len();
    }
    assert_eq!(rows, 323);
}

#[test]
fn all_real_advisories_are_read() {
    let Some(feed) = suites::path("osv") else { return };
    let advisories = offline::advisories(&feed).unwrap();
    assert_eq!(advisories.quarantined(), []);
    assert_eq!(advisories.len(), 23_647);
}
