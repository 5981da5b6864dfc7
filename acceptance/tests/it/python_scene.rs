//! The scene on a product that is not the sample, in another language: its own owner, lockfile, journey, guard and experiment. A
//! vulnerable package is stopped and mended, an experiment decides and its flag follows, a version with which customers give up is
//! taken back, and an advisory that comes later finds what is live.

use std::time::Duration;

use acceptance::{Installation, Sdk, until, until_within};
use serde_json::{Value, json};

use crate::crowd::Crowd;
use crate::findings::CATALOG;
use crate::guards;
use crate::pets::{Declaration, Pets, SOON, text};
use crate::shown::{self, FLAG, FLAGS};

/// For a second, so that a story may be told in it.
const GUARD: &str = "{ within: 1s, min_persons: 60, min_seconds: 1 }";

/// Seconds, so that a story may be told in them.
const EXPERIMENT: &str = "within: 1s
min_duration: 1s
min_persons: 50
planned_persons: 2000
metrics:
  - { name: paid, role: success, journey: checkout }
";

/// What is known of a package of the Python index, up to the version that mends it.
fn advisory(id: &str, fixed: &str) -> String {
    json!({
        "schema_version": "1.6.0", "id": id, "modified": "2026-11-20T00:00:00Z", "summary": "documents run code",
        "database_specific": { "severity": "CRITICAL" },
        "affected": [{
            "package": { "ecosystem": "PyPI", "name": "pyyaml" },
            "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    })
    .to_string()
}

struct Scene {
    pets: Pets,
    declaration: Declaration,
}

impl Scene {
    fn begin() -> Self {
        let rollout = "{ canary: [50, 100], step_seconds: 1, step_persons: 20, patience_seconds: 20 }".into();
        let declaration = Declaration { rollout, ..Declaration::default() };
        let pets = Pets::live_with(&declaration, |repository| {
            repository.write("catalog-info.yaml", CATALOG);
            repository.write("flags/checkout.yaml", FLAGS);
            repository.write("journeys/checkout.yaml", &guards::journey(GUARD));
            repository.write("experiments/new-checkout.yaml", &shown::experiment(EXPERIMENT));
        });
        until_within("its experiment is declared", SOON, || pets.trunkline.cli(&["experiment", "show", FLAG]).0 == 0);
        Self { pets, declaration }
    }

    fn trunkline(&self) -> &Installation {
        &self.pets.trunkline
    }

    fn import(&self, id: &str, fixed: &str) {
        let folder = self.pets.root.path().join(id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("one.json"), advisory(id, fixed)).unwrap();
        let (code, imported) = self.trunkline().cli(&["advisory", "import", &folder.display().to_string()]);
        assert_eq!((code, &imported["added"]), (0, &json!(1)), "{imported}");
    }

    /// Commits a version with this lockfile.
    fn commit(&self, version: &str, yaml: &str, words: &str) -> String {
        self.pets.repository.write("requirements.txt", &format!("pyyaml=={yaml}\n"));
        self.pets.commit_as(version, &self.declaration, words)
    }

    fn finding(&self, id: &str) -> Option<Value> {
        let (_, list) = self.trunkline().cli(&["finding", "list"]);
        list["items"].as_array()?.iter().find(|finding| finding["id"] == id).cloned()
    }
}

#[test]
fn the_python_product_goes_the_whole_way() {
    let scene = Scene::begin();
    let crowd =
        Crowd::come(scene.trunkline(), FLAG, |met| match (met.version.starts_with("bad"), met.variant.as_str()) {
            (true, _) => 5,
            (false, "on") => 80,
            (false, _) => 40,
        });
    let mended = a_vulnerable_package_is_stopped(&scene);
    the_experiment_ships(&scene);
    let bad = scene.commit("bad", "6.0.1", "a version with which customers give up");
    scene.trunkline().until_phase(&bad, "rolled_back", SOON);
    let why = text(&scene.trunkline().deployment_of(&bad).unwrap()["reason"]);
    assert!(why.contains("checkout: ") && why.contains("they are lost at \"paid\""), "{why}");
    until("customers have the version before", || scene.pets.serves("v2"));
    what_becomes_known_is_found(&scene);
    crowd.leave();
    its_page_tells_it(&scene, &mended);
}

/// The change that mends it.
fn a_vulnerable_package_is_stopped(scene: &Scene) -> String {
    scene.import("PYSEC-test-1", "5.4");
    let vulnerable = scene.commit("v2", "5.3.1", "documents in YAML");
    let mut why = String::new();
    until_within("the gate stops it", SOON, || {
        why = text(&scene.trunkline().change(&vulnerable)["why"]);
        why.contains("gate security")
    });
    let wanted = "pyyaml 5.3.1 has PYSEC-test-1 (critical), fixed in 5.4; requirements.txt is owned by domain sales";
    assert!(why.contains(wanted), "{why}");
    assert!(scene.trunkline().deployment_of(&vulnerable).is_none(), "it got no deployment");
    let mended = scene.commit("v2", "6.0.1", "the version that is mended");
    scene.trunkline().until_phase(&mended, "live", SOON);
    mended
}

fn the_experiment_ships(scene: &Scene) {
    let (code, started) = scene.trunkline().cli(&["experiment", "start", FLAG]);
    assert_eq!(code, 0, "{started}");
    let mut decided = Value::Null;
    until_within("the experiment is decided", SOON, || {
        decided = scene.trunkline().cli(&["experiment", "show", FLAG]).1;
        decided["state"] == "decided"
    });
    assert_eq!(decided["verdict"]["decision"], "ship", "{decided}");
    let mut sdk = Sdk::new(&scene.trunkline().url, &scene.trunkline().token("server"));
    until_within("everybody gets it, and it is to be retired", Duration::from_secs(10), || {
        let all = (0..50).all(|n| sdk.variant(FLAG, &format!("stranger-{n}")).as_deref() == Some("on"));
        all && scene.trunkline().cli(&["flag", "show", FLAG]).1["retire"].is_string()
    });
}

/// An advisory that speaks of what is live.
fn what_becomes_known_is_found(scene: &Scene) {
    scene.import("PYSEC-test-2", "6.0.2");
    until_within("it is found", Duration::from_secs(2), || scene.finding("PYSEC-test-2").is_some());
    let found = scene.finding("PYSEC-test-2").unwrap();
    let sentence = text(&found["sentence"]);
    for part in
        ["PYSEC-test-2 (pyyaml 6.0.1) is in production since deployment 2 (", "owned by domain sales", "bump to 6.0.2"]
    {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
}

/// The gates that judged it, and what it is made of.
fn its_page_tells_it(scene: &Scene, mended: &str) {
    let change = scene.trunkline().change(mended);
    let gate = Pets::step(&change, "gate: security");
    assert_eq!(gate["state"], "passed", "{gate}");
    assert_eq!(change["artifacts"][0]["components"], 1, "{change}");
    assert_eq!(change["artifacts"][0]["findings"], 1, "{change}");
    assert_eq!(change["findings"][0]["id"], "PYSEC-test-2", "{change}");
    assert!(text(&change["sentence"]).ends_with("1 finding is open: PYSEC-test-2 in pyyaml 6.0.1"), "{change}");
    crate::shapes::hold("change-show", &change);
    crate::shapes::hold("finding-list", &scene.trunkline().cli(&["finding", "list"]).1);
}
