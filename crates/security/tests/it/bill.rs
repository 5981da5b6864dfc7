//! The bill of materials is CycloneDX 1.6 by its official schema, and always the same.

use jsonschema::Resource;
use security::model::cyclonedx::{Document, Release, bill, bill_with_findings};
use security::model::inventory::{Inventory, Scanned, Skipped};
use security::model::{Advisories, Advisory, Ecosystem, Origin, Package, Report};
use serde_json::{Value, json};

use crate::suites;

const DOCUMENT: Document<'static> =
    Document { name: "shop", tool_version: "0.1.0", serial_number: None, release: None };

fn inventory() -> Inventory {
    let url = "git+https://example.org/fork.git#0123".to_owned();
    let packages = vec![
        Package::registered(Ecosystem::CratesIo, "ring", "0.17.8"),
        Package { origin: Origin::Git { url }, ..Package::registered(Ecosystem::CratesIo, "fork", "1.0.0") },
        Package::registered(Ecosystem::Npm, "@scope/part", "1.0.0-rc.1+build"),
        Package::registered(Ecosystem::PyPi, "Zope.Interface", "1!2.0"),
    ];
    let twice = vec![Package::registered(Ecosystem::CratesIo, "ring", "0.17.8")];
    Inventory {
        files: vec![Scanned::lockfile("Cargo.lock", packages), Scanned::lockfile("inner/Cargo.lock", twice)],
        unsupported: vec!["go.mod".into()],
        opaque: vec!["lib/a.jar".into()],
        skipped: vec![Skipped::unknown("requirements.txt", "line 1: a is not pinned to one version")],
    }
}

fn advisories() -> Advisories {
    let advisory: Advisory = security::model::advisory::parse(
        json!({
            "id": "RUSTSEC-2025-0009", "modified": "2026-08-21T00:00:00Z", "aliases": ["CVE-2025-4432"], "summary": "it may panic",
            "affected": [{ "package": { "ecosystem": "crates.io", "name": "ring" },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "0.17.12" }] }] }]
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    let mut advisories = Advisories::default();
    advisories.add(advisory);
    advisories
}

fn validator(files: &std::collections::BTreeMap<String, Vec<u8>>) -> jsonschema::Validator {
    let schema = |name: &str| -> Value { serde_json::from_slice(&files[&format!("schema/{name}")]).unwrap() };
    let mut registry = jsonschema::Registry::new();
    for name in ["spdx.schema.json", "jsf-0.82.schema.json"] {
        let resource = Resource::from_contents(schema(name));
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), resource).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&schema("bom-1.6.schema.json")).unwrap()
}

#[test]
fn bills_are_valid_by_the_official_schema() {
    let Some(files) = suites::files("suites/cyclonedx.tar.zst") else { return };
    let validator = validator(&files);
    let inventory = inventory();
    let report = Report::of(&inventory, &advisories());
    let release = Some(Release { deployment: 7, repository: "shop", commit: "0123abc", digest: "sha256:4567" });
    let serial_number = Some("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79");
    for bill in [
        bill(&inventory, DOCUMENT),
        bill_with_findings(&inventory, &report, DOCUMENT),
        bill(&inventory, Document { serial_number, ..DOCUMENT }),
        bill(&inventory, Document { release, ..DOCUMENT }),
    ] {
        let errors: Vec<String> = validator.iter_errors(&bill).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{bill:#}");
    }
    let mut broken = bill(&inventory, DOCUMENT);
    broken["components"][0]["type"] = json!("thing");
    assert!(!validator.is_valid(&broken));
}

#[test]
fn a_bill_has_each_package_once_with_all_its_places() {
    let bill = bill(&inventory(), DOCUMENT);
    insta::assert_json_snapshot!(bill);
}
