//! The same as [CycloneDX 1.6](https://cyclonedx.org/docs/1.6/json/): what there is, and what is known to be wrong with it.
//!
//! The same input gives the same bytes: no time, and a serial number only if the caller has one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::inventory::Inventory;
use super::package::Package;
use super::purl;
use super::report::{Finding, Report};
use super::severity::Severity;

/// What the caller says of the document.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// What it is of.
    pub name: &'a str,
    /// Who writes it.
    pub tool_version: &'a str,
    /// `urn:uuid:…`
    pub serial_number: Option<&'a str>,
    /// Whether it is of something that was deployed.
    pub release: Option<Release<'a>>,
}

/// A deployment, as a document names it.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    pub deployment: u64,
    pub repository: &'a str,
    pub commit: &'a str,
    /// Of the artifact: `sha256:…`
    pub digest: &'a str,
}

/// The bill of materials.
pub fn bill(inventory: &Inventory, document: Document<'_>) -> Value {
    let mut bill = json!({ "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6" });
    if let Some(serial_number) = document.serial_number {
        bill["serialNumber"] = json!(serial_number);
    }
    bill["version"] = json!(1);
    bill["metadata"] = json!({
        "tools": { "components": [{ "type": "application", "name": "trunkline", "version": document.tool_version }] },
        "component": whole(document),
        "properties": left_out(inventory),
    });
    bill["components"] = components(inventory);
    bill
}

/// The bill with the findings of a report in it.
pub fn bill_with_findings(inventory: &Inventory, report: &Report, document: Document<'_>) -> Value {
    let mut bill = bill(inventory, document);
    if let (Some(newest), Some(properties)) =
        (report.advisories.newest_modified, bill["metadata"]["properties"].as_array_mut())
    {
        properties.push(property("trunkline:advisories:newest_modified", &newest.to_string()));
    }
    bill["vulnerabilities"] = vulnerabilities(&report.findings);
    bill
}

/// The reference of the whole.
const ROOT: &str = "root";

/// What the bill is of.
fn whole(document: Document<'_>) -> Value {
    let mut component = json!({ "type": "application", "bom-ref": ROOT, "name": document.name });
    if let Some(Release { deployment, repository, commit, digest }) = document.release {
        component["version"] = json!(commit);
        component["properties"] = json!([
            property("trunkline:deployment", &deployment.to_string()),
            property("trunkline:repository", repository),
            property("trunkline:artifact", digest),
        ]);
    }
    component
}

/// What the bill is not complete in.
fn left_out(inventory: &Inventory) -> Value {
    let unsupported = inventory.unsupported.iter().map(|path| property("trunkline:unsupported", path));
    let opaque = inventory.opaque.iter().map(|path| property("trunkline:opaque", path));
    let skipped = inventory
        .skipped
        .iter()
        .map(|skipped| property("trunkline:skipped", &format!("{}: {}", skipped.path, skipped.reason)));
    unsupported.chain(opaque).chain(skipped).collect()
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// Each package once, with all places where it is.
fn components(inventory: &Inventory) -> Value {
    let mut components: BTreeMap<String, (&Package, Vec<&str>)> = BTreeMap::new();
    for (source, package) in inventory.packages() {
        components.entry(purl::of(package)).or_insert_with(|| (package, Vec::new())).1.push(source);
    }
    components.into_iter().map(|(purl, (package, sources))| component(&purl, package, &sources)).collect()
}

fn component(purl: &str, package: &Package, sources: &[&str]) -> Value {
    let occurrences: Vec<Value> = sources.iter().map(|source| json!({ "location": source })).collect();
    json!({
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "evidence": { "occurrences": occurrences },
    })
}

/// Each flaw once, with all packages that have it.
fn vulnerabilities(findings: &[Finding]) -> Value {
    let mut flaws: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        flaws.entry(&finding.id).or_default().push(finding);
    }
    flaws.into_values().map(|of_one| vulnerability(&of_one)).collect()
}

fn vulnerability(of_one: &[&Finding]) -> Value {
    let first = of_one[0];
    let mut references: Vec<&str> = of_one.iter().map(|finding| finding.purl.as_str()).collect();
    references.sort_unstable();
    references.dedup();
    let affects: Vec<Value> = references.iter().map(|reference| json!({ "ref": reference })).collect();
    let others: Vec<Value> =
        first.aliases.iter().map(|id| json!({ "id": id, "source": { "name": source(id) } })).collect();
    let mut vulnerability = json!({
        "id": first.id,
        "source": { "name": source(&first.id) },
        "references": others,
        "ratings": [{ "severity": rating(first.severity) }],
        "affects": affects,
    });
    if !first.summary.is_empty() {
        vulnerability["description"] = json!(first.summary);
    }
    if !first.fixed.is_empty() {
        vulnerability["recommendation"] = json!(format!("update {} to {}", first.package, first.fixed.join(" or ")));
    }
    vulnerability
}

fn source(id: &str) -> &'static str {
    match id.split('-').next() {
        Some("CVE") => "NVD",
        Some("GHSA") => "GitHub Advisory Database",
        Some("RUSTSEC") => "RustSec",
        Some("PYSEC") => "PyPA Advisory Database",
        _ => "OSV",
    }
}

fn rating(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "info",
        other => other.word(),
    }
}
