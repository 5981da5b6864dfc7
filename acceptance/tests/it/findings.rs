//! A product with a dependency that turns out to be vulnerable: found in production at once, switched off, fixed; and stopped at
//! the gate where it would come in new, or where nobody knows what comes in.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Installation, Repository, Sdk, binary, products, until, until_within};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kills::{Random, chosen};
use crate::pets::{Declaration, SOON};
use crate::shown::{FLAG, FLAGS};

pub(crate) const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: { name: sales, annotations: { trunkline.dev/paths: \"/*\" } }
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sellers }
spec: { type: team, children: [] }
";

fn lockfile(packages: &[(&str, &str)]) -> String {
    let mut wanted = serde_json::Map::new();
    let mut locked = serde_json::Map::new();
    for (name, version) in packages {
        wanted.insert((*name).to_owned(), json!(version));
        let resolved = format!("https://registry.npmjs.org/{name}/-/{name}-{version}.tgz");
        locked.insert(format!("node_modules/{name}"), json!({ "version": version, "resolved": resolved }));
    }
    locked.insert(String::new(), json!({ "name": "pets", "version": "1.0.0", "dependencies": wanted }));
    json!({ "name": "pets", "version": "1.0.0", "lockfileVersion": 3, "packages": locked }).to_string()
}

fn advisory(id: &str, package: &str, fixed: &str) -> String {
    json!({
        "schema_version": "1.6.0", "id": id, "modified": "2026-11-20T00:00:00Z", "summary": format!("{package} is bad"),
        "database_specific": { "severity": "HIGH" },
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    })
    .to_string()
}

struct Story {
    trunkline: Installation,
    repository: Repository,
    root: TempDir,
}

impl Story {
    /// Live as deployment 1, without any package.
    fn begin() -> Self {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::new(&root.path().join("pets"));
        products::python(&repository, "v1");
        repository.write("trunkline.yaml", &Declaration::default().text());
        repository.write("catalog-info.yaml", CATALOG);
        let first = repository.commit("first version");
        let trunkline = Installation::start(repository.folder(), &root.path().join("data"));
        trunkline.until_phase(&first, "live", SOON);
        Self { trunkline, repository, root }
    }

    /// Imports these documents, by name.
    fn import(&self, documents: &[(&str, String)]) -> Value {
        let folder = self.root.path().join("advisories");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in documents {
            std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
        }
        let (code, imported) = self.trunkline.cli(&["advisory", "import", &folder.display().to_string()]);
        assert_eq!(code, 0, "{imported}");
        imported
    }

    fn findings(&self) -> Vec<Value> {
        self.trunkline.cli(&["finding", "list"]).1["items"].as_array().cloned().unwrap_or_default()
    }

    fn finding(&self, id: &str) -> Option<Value> {
        self.findings().into_iter().find(|finding| finding["id"] == id)
    }

    /// Waits until the gate has stopped a change; why.
    fn until_stopped(&self, sha: &str) -> String {
        let mut why = String::new();
        until_within("the gate stops it", SOON, || {
            let change = self.trunkline.change(sha);
            change["why"].as_str().unwrap_or_default().clone_into(&mut why);
            why.contains("gate security")
        });
        why
    }
}

#[test]
fn a_vulnerability_in_production_is_found_switched_off_and_fixed() {
    let story = Story::begin();
    story.repository.write("flags/checkout.yaml", FLAGS);
    story.repository.write("package-lock.json", &lockfile(&[("leftish", "1.2.0")]));
    let second = story.repository.commit("pad to the left");
    story.trunkline.until_phase(&second, "live", SOON);
    until_within("its inventory is taken", SOON, || story.trunkline.change(&second)["artifacts"][0]["components"] == 1);
    let (code, bill) = story.trunkline.cli(&["deploy", "sbom", "2"]);
    assert_eq!((code, &bill["components"][0]["purl"]), (0, &json!("pkg:npm/leftish@1.2.0")), "{bill}");
    let imported = story.import(&[("a", advisory("GHSA-test-0001", "leftish", "1.2.1")), ("bad", "{".into())]);
    let began = Instant::now();
    assert_eq!((&imported["added"], &imported["quarantined"]), (&json!(1), &json!(1)));
    until_within("it is found", Duration::from_secs(2), || story.finding("GHSA-test-0001").is_some());
    println!("found {:?} after the import", began.elapsed());
    let found = story.finding("GHSA-test-0001").unwrap();
    let sentence = found["sentence"].as_str().unwrap();
    for part in [
        "GHSA-test-0001 (leftish 1.2.0) is in production since deployment 2 (",
        "owned by domain sales, brought in by the change with flag new-checkout (",
        "kill switch available, or roll back to 1, or bump to 1.2.1.",
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    assert_eq!(found["actions"], json!(["kill", "roll_back_to:1", "bump:1.2.1"]));
    assert_eq!(
        (&found["owner"], &found["services"], &found["state"]),
        (&json!("sales"), &json!(["pets"]), &json!("open"))
    );

    let mut sdk = Sdk::new(&story.trunkline.url, &story.trunkline.token("server"));
    let (code, killed) = story.trunkline.cli(&["finding", "kill", found["key"].as_str().unwrap()]);
    assert_eq!((code, &killed["flag"]["killed"]), (0, &json!(true)), "{killed}");
    until_within("nobody is exposed", Duration::from_secs(5), || {
        (0..50).all(|person| sdk.variant(FLAG, &format!("person-{person}")).as_deref() == Some("off"))
    });

    story.repository.write("package-lock.json", &lockfile(&[("leftish", "1.2.1")]));
    let fixed = story.repository.commit("pad as it should be");
    story.trunkline.until_phase(&fixed, "live", SOON);
    until("it is closed", || story.finding("GHSA-test-0001").is_some_and(|found| found["state"] == "closed"));
    let (_, shown) = story.trunkline.cli(&["finding", "show", "GHSA-test-0001"]);
    let history: Vec<&str> =
        shown["history"].as_array().unwrap().iter().filter_map(|event| event["what"].as_str()).collect();
    assert_eq!(history, ["opened", "killed flag new-checkout", "closed"]);
    let change = story.trunkline.change(&second);
    crate::shapes::hold("change-show", &change);
    crate::shapes::hold("finding-list", &story.trunkline.cli(&["finding", "list"]).1);
    let told = change["sentence"].as_str().unwrap();
    assert!(told.contains("; its flag new-checkout was killed by "), "{told}");
    assert!(!told.contains("open"), "it is closed: {told}");
}

#[test]
fn what_is_vulnerable_or_not_known_is_stopped_at_the_gate() {
    let story = Story::begin();
    let advisories =
        [("a", advisory("GHSA-test-0001", "leftish", "1.2.1")), ("b", advisory("GHSA-test-0002", "rightish", "2.0.0"))];
    story.repository.write("package-lock.json", &lockfile(&[("leftish", "1.2.0")]));
    let second = story.repository.commit("pad to the left, of which nobody knows yet");
    story.trunkline.until_phase(&second, "live", SOON);
    story.import(&advisories);

    story.repository.write("package-lock.json", &lockfile(&[("leftish", "1.2.0"), ("rightish", "1.0.0")]));
    let bad = story.repository.commit("pad to the right");
    let why = story.until_stopped(&bad);
    let wanted = "rightish 1.0.0 has GHSA-test-0002 (high), fixed in 2.0.0; package-lock.json is owned by domain sales";
    assert!(why.contains(wanted), "{why}");
    assert!(!why.contains("leftish"), "customers have that already: {why}");

    let whole = lockfile(&[("leftish", "1.2.1")]);
    story.repository.write("package-lock.json", &whole[..whole.len() - 40]);
    let cut = story.repository.commit("half a lockfile");
    let why = story.until_stopped(&cut);
    assert!(why.contains("gate security: unknown") && why.contains("package-lock.json:1:"), "{why}");
    assert!(story.trunkline.deployment_of(&cut).is_none());

    story.repository.write("package-lock.json", &whole);
    let good = story.repository.commit("pad as it should be");
    story.trunkline.until_phase(&good, "live", SOON);
}

const DOCUMENTS: usize = 3_000;

/// Documents of which some speak of what is live.
fn many(folder: &Path, packages: usize) {
    std::fs::create_dir_all(folder).unwrap();
    for number in 0..DOCUMENTS {
        let package =
            if number % 30 == 0 { format!("live-{}", number / 30 % packages) } else { format!("other-{number}") };
        let text = advisory(&format!("GHSA-many-{number}"), &package, "2.0.0");
        std::fs::write(folder.join(format!("{number:05}.json")), text).unwrap();
    }
}

/// Kills the control plane with an import on its way, at moments that rotate with the commit.
#[test]
fn an_import_survives_the_end_of_the_control_plane() {
    let mut story = Story::begin();
    let names: Vec<String> = (0..100).map(|number| format!("live-{number}")).collect();
    let packages: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    story.repository.write("package-lock.json", &lockfile(&packages));
    let second = story.repository.commit("a hundred packages");
    story.trunkline.until_phase(&second, "live", SOON);
    let folder = story.root.path().join("many");
    many(&folder, names.len());
    let mut told = String::new();
    for seed in chosen() {
        let mut import = Command::new(binary())
            .args(["advisory", "import", "--json", "--data"])
            .arg(story.trunkline.data())
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(Random::of(seed).below(1_500)));
        story.trunkline.kill();
        let ended = import.wait().unwrap();
        let _ = write!(told, "seed {seed}: {ended}; ");
        story.trunkline.up();
    }
    let (code, imported) = story.trunkline.cli(&["advisory", "import", &folder.display().to_string()]);
    assert_eq!((code, &imported["documents"]), (0, &json!(DOCUMENTS)), "{told} {imported}");
    let findings = story.findings();
    assert_eq!(findings.len(), DOCUMENTS / 30, "{told}");
    for finding in findings.iter().step_by(7) {
        let (_, shown) = story.trunkline.cli(&["finding", "show", finding["key"].as_str().unwrap()]);
        let opened = shown["history"].as_array().unwrap().iter().filter(|event| event["what"] == "opened").count();
        assert_eq!((opened, &shown["state"]), (1, &json!("open")), "{told} {shown}");
    }
    println!("{told}");
}
