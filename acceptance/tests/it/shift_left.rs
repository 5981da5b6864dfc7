//! What is met before it ships, without a server: a vulnerable dependency, a broken principle.

use acceptance::{Repository, binary};
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

const LOCK: &str = r#"{ "name": "pets", "version": "1.0.0", "lockfileVersion": 3, "packages": {
    "": { "name": "pets", "version": "1.0.0", "dependencies": { "leftish": "1.2.0" } },
    "node_modules/leftish": { "version": "1.2.0", "resolved": "https://registry.npmjs.org/leftish/-/leftish-1.2.0.tgz" } } }"#;

const ADVISORY: &str = r#"{ "schema_version": "1.6.0", "id": "GHSA-test-0001", "modified": "2026-11-20T00:00:00Z",
    "summary": "padding of the wrong side", "database_specific": { "severity": "HIGH" },
    "affected": [{ "package": { "ecosystem": "npm", "name": "leftish" },
        "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.2.1" }] }] }] }"#;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sellers }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ann }
spec: { memberOf: [sellers] }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations:
    trunkline.dev/paths: /src/sales/
    trunkline.dev/tables: orders
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: stock
  annotations:
    trunkline.dev/paths: /src/stock/
spec: { owner: sellers }
";

const PRINCIPLE: &str = "---
statement: A domain's tables are written by that domain alone.
why: Two writers of one table cannot both be right.
agreed_by: [ann]
checks: [write-to-foreign-table]
mode: MODE
---
";

/// The exit code, and the document on either output.
fn run(folder: &std::path::Path, args: &[&str]) -> (i32, Value) {
    let output = Command::new(binary()).args(args).current_dir(folder).output().unwrap();
    let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    let document = serde_json::from_slice(text).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(text).into()));
    (output.status.code().unwrap(), document)
}

fn product() -> (TempDir, Repository) {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("pets"));
    (root, repository)
}

#[test]
fn a_vulnerable_dependency_is_named_with_what_mends_it_and_a_cut_lockfile_is_never_fine() {
    let (root, repository) = product();
    repository.write("package-lock.json", LOCK);
    let advisories = root.path().join("osv");
    std::fs::create_dir(&advisories).unwrap();
    std::fs::write(advisories.join("one.json"), ADVISORY).unwrap();
    let advisories = advisories.to_str().unwrap();
    let scan = ["scan", ".", "--advisories", advisories, "--format", "json"];
    let (code, found) = run(repository.folder(), &scan);
    assert_eq!(code, 1, "{found}");
    let finding = &found["findings"][0];
    assert_eq!(
        (&finding["id"], &finding["package"], &finding["version"], &finding["fixed"]),
        (&json!("GHSA-test-0001"), &json!("leftish"), &json!("1.2.0"), &json!(["1.2.1"]))
    );

    repository.write("package-lock.json", &LOCK.replace("1.2.0", "1.2.1"));
    let (code, clean) = run(repository.folder(), &scan);
    assert_eq!((code, &clean["findings"]), (0, &json!([])), "{clean}");

    repository.write("package-lock.json", &LOCK[..LOCK.len() / 2]);
    let (code, unknown) = run(repository.folder(), &scan);
    assert_eq!(code, 2, "{unknown}");
    assert!(unknown.to_string().contains("package-lock.json"), "{unknown}");

    repository.write("package-lock.json", LOCK);
    let (code, sbom) = run(repository.folder(), &["sbom", "."]);
    assert_eq!((code, &sbom["bomFormat"], &sbom["specVersion"]), (0, &json!("CycloneDX"), &json!("1.6")), "{sbom}");
    assert!(sbom.to_string().contains("pkg:npm/leftish@1.2.0"), "{sbom}");
}

#[test]
fn a_write_to_another_domains_table_is_observed_until_its_people_turn_the_principle_on() {
    let (_root, repository) = product();
    repository.write("catalog-info.yaml", CATALOG);
    repository.write("src/stock/count.sql", "INSERT INTO orders (id) VALUES (1);\n");
    repository.write("principles/own-tables.md", &PRINCIPLE.replace("MODE", "observe"));
    repository.commit("a write");
    let check = ["own", "check", "--json"];
    let foreign = |document: &Value| -> Vec<Value> {
        let all = document["violations"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|one| one["check"] == "write-to-foreign-table").collect()
    };
    let (code, observed) = run(repository.folder(), &check);
    assert_eq!((code, foreign(&observed).len()), (0, 1), "{observed}");

    repository.write("principles/own-tables.md", &PRINCIPLE.replace("MODE", "deny"));
    let (code, denied) = run(repository.folder(), &check);
    let violation = &foreign(&denied)[0];
    assert_eq!((code, &violation["severity"]), (1, &json!("deny")), "{denied}");
    assert_eq!((&violation["path"], &violation["line"]), (&json!("src/stock/count.sql"), &json!(1)));
    let hint = violation["hint"].as_str().unwrap();
    assert!(hint.contains("trunkline waiver add write-to-foreign-table"), "{hint}");
}

/// Only what a commit brings stops it, and the gate is a step of the check as it is one of trunk's runs.
#[test]
fn a_check_asks_the_principles_what_a_commit_brings() {
    let (_root, repository) = product();
    let write = |file: &str| repository.write(file, "INSERT INTO orders (id) VALUES (1);\n");
    repository.write("trunkline.yaml", &crate::pets::Declaration::default().text());
    repository.write("app.py", "");
    repository.write("catalog-info.yaml", CATALOG);
    repository.write("principles/own-tables.md", &PRINCIPLE.replace("MODE", "deny"));
    write("src/stock/old.sql");
    repository.commit("what was there before");
    repository.write("README.md", "nothing to see");
    repository.commit("an innocent change");
    let gate = |document: &Value| -> Value {
        let all = document["checks"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|step| step["name"] == "gate: ownership").unwrap_or_default()
    };
    let (code, fine) = run(repository.folder(), &["check", "--json"]);
    assert_eq!((code, &gate(&fine)["state"]), (0, &json!("passed")), "{fine}");

    write("src/stock/new.sql");
    repository.commit("a write to another domain's table");
    let (code, stopped) = run(repository.folder(), &["check", "--json"]);
    assert_eq!((code, &gate(&stopped)["state"]), (1, &json!("failed")), "{stopped}");
    let why = stopped["why"].as_str().unwrap();
    assert!(why.contains("src/stock/new.sql:1: ") && why.contains("(principles/own-tables)"), "{why}");
    let violation = &stopped["violations"][0];
    assert_eq!((&violation["path"], &violation["line"]), (&json!("src/stock/new.sql"), &json!(1)), "{stopped}");
    assert!(violation["hint"].as_str().unwrap().contains("trunkline waiver add"), "{stopped}");
}

/// Beside the parent: what it had already stops nothing. Without advisories nothing is said to be fine.
#[test]
fn a_check_asks_what_vulnerabilities_a_commit_brings() {
    let (root, repository) = product();
    repository.write("trunkline.yaml", &crate::pets::Declaration::default().text());
    repository.write("app.py", "");
    repository.commit("nothing installed");
    let advisories = root.path().join("osv");
    std::fs::create_dir_all(&advisories).unwrap();
    std::fs::write(advisories.join("a.json"), ADVISORY).unwrap();
    let by = ["check", "--json", "--advisories", advisories.to_str().unwrap()];
    let gate = |document: &Value| -> Value {
        let all = document["checks"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|step| step["name"] == "gate: security").unwrap_or_default()
    };
    repository.write("package-lock.json", LOCK);
    repository.commit("pad to the left");
    let (code, stopped) = run(repository.folder(), &by);
    assert_eq!((code, &gate(&stopped)["verdict"]), (1, &json!("failed")), "{stopped}");
    let why = stopped["why"].as_str().unwrap();
    assert!(why.contains("leftish 1.2.0 has GHSA-test-0001 (high), fixed in 1.2.1; package-lock.json"), "{why}");
    let (code, unknown) = run(repository.folder(), &["check", "--json"]);
    assert_eq!((code, &gate(&unknown)["verdict"]), (0, &json!("not_judged")), "{unknown}");

    repository.write("README.md", "nothing to see");
    repository.commit("an innocent change");
    let (code, fine) = run(repository.folder(), &by);
    assert_eq!((code, &gate(&fine)["verdict"]), (0, &json!("passed")), "{fine}");
    repository.write("package-lock.json", &LOCK[..LOCK.len() - 40]);
    repository.commit("half a lockfile");
    let (code, cut) = run(repository.folder(), &["check", "--json"]);
    assert_eq!((code, &gate(&cut)["verdict"]), (1, &json!("unknown")), "{cut}");
}
