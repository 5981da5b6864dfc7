//! What is run for a product cannot reach what is not its own. A hostile check, build, `local-exec` and product try it for real;
//! without isolation the very same attempts succeed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command};

use acceptance::{Installation, Repository, binary, program, skip, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pets::{runs, text, verified};

const PROBE: &str = include_str!("isolation/probe.py");
const APP: &str = include_str!("isolation/app.py");
const TERRAFORM: &str = "resource \"terraform_data\" \"hostile\" {\n  triggers_replace = \"@VERSION@\"\n  provisioner \"local-exec\" {\n    \
                         command = \"python3 ../probe.py terraform\"\n  }\n}\n";

/// What each attempt came to, by who tried it.
type Findings = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn a_hostile_check_build_apply_and_product_reach_nothing() {
    if !is_enforced() {
        return skip("the story of isolation", "this kernel cannot enforce it (trunkline doctor says why)");
    }
    let product = Product::live();
    let targets = product.targets();
    let all = json!({ "up": targets["up"], "edge": targets["edge"], "sibling": targets["sibling"] });
    let strict = product.probed("v2", "strict", &with(&targets, &all));
    let who: BTreeSet<&str> = strict.keys().map(String::as_str).collect();
    assert_eq!(who, product.who(), "everybody tried");
    for (who, attempts) in &strict {
        assert!(attempts.len() > 25, "{who} tried little: {attempts:?}");
        let got: Vec<_> = attempts.iter().filter(|(_, outcome)| !outcome.starts_with("refused")).collect();
        assert!(got.is_empty(), "{who} reached what is not its own: {got:?}");
    }
    for name in ["up", "edge", "sibling"] {
        assert!(runs(&targets[name]), "{name} lives");
    }

    let decoy = Decoy::start();
    let open = product.probed("v3", "off", &with(&product.targets(), &json!({ "decoy": decoy.0.id() })));
    for who in product.who() {
        for attempt in [
            "read admin.token",
            "read trunkline.db",
            "read another service's data",
            "connect to the edge",
            "signal sibling",
        ] {
            assert!(open[who][attempt].starts_with("got"), "without isolation {who} can {attempt}: {:?}", open[who]);
        }
    }
    assert!(open["check"]["kill decoy"].starts_with("got"), "{:?}", open["check"]);
}

/// Whether this kernel has all that is needed.
fn is_enforced() -> bool {
    let output = Command::new(binary()).args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().any(|finding| finding["name"] == "isolation" && text(&finding["text"]).contains("neither signal"))
}

fn with(targets: &Value, kill: &Value) -> Value {
    let mut targets = targets.clone();
    targets["kill"] = kill.clone();
    targets
}

/// A process that may be killed.
struct Decoy(Child);

impl Decoy {
    fn start() -> Self {
        Self(Command::new("sleep").arg("600").spawn().unwrap())
    }
}

impl Drop for Decoy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two services, of which `front` is hostile from its second version on.
struct Product {
    trunkline: Installation,
    repository: Repository,
    has_terraform: bool,
    _root: TempDir,
}

impl Product {
    fn live() -> Self {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::new(&root.path().join("pets"));
        let has_terraform = program("terraform").is_some();
        if !has_terraform {
            skip("the hostile local-exec", "terraform is not on the PATH");
        }
        repository.write("probe.py", PROBE);
        write(&repository, "v1", "strict", false);
        repository.commit("first version");
        let trunkline = Installation::start(repository.folder(), &root.path().join("data"));
        let product = Self { trunkline, repository, has_terraform, _root: root };
        until("both services are served", || {
            ["/", "/other"].iter().all(|path| product.trunkline.product(path).body == "v1")
        });
        product
    }

    fn who(&self) -> BTreeSet<&'static str> {
        let mut who = BTreeSet::from(["check", "build", "product"]);
        if self.has_terraform {
            who.insert("terraform");
        }
        who
    }

    /// What there is to reach.
    fn targets(&self) -> Value {
        let other = self.trunkline.history().into_iter().find(|d| d["service"] == "other").unwrap();
        let view = self.trunkline.api("GET", &format!("/api/v1/deployments/{}", other["number"]), "");
        let data = self.trunkline.data();
        json!({
            "data": data,
            "secret": data.join("services/other/data/secret"),
            "up": self.trunkline.pid(),
            "edge": self.trunkline.edge_pid(),
            "sibling": view["instances"][0]["pid"],
        })
    }

    /// Ships a hostile version and collects what everybody found.
    fn probed(&self, version: &str, isolation: &str, targets: &Value) -> Findings {
        self.repository.write("targets.json", &targets.to_string());
        write(&self.repository, version, isolation, self.has_terraform);
        let sha = self.repository.commit(&format!("hostile {version}"));
        let change = verified(&self.trunkline, &sha);
        assert_eq!(change["run_view"]["state"], "passed", "{change}");
        until(&format!("{version} of both services is live"), || {
            let all: Vec<_> = self.trunkline.history().into_iter().filter(|d| d["commit"] == sha.as_str()).collect();
            assert!(all.iter().all(|d| d["reason"].is_null()), "{version} fails: {all:?}");
            all.len() == 2 && all.iter().all(|d| d["phase"] == "live")
        });
        let run = text(&change["run"]);
        let mut said = self.trunkline.product("/probe").body + "\n";
        for step in change["run_view"]["steps"].as_array().cloned().unwrap_or_default() {
            let output = self.trunkline.run(&["run", "log", &run, &text(&step["name"])]);
            said += &String::from_utf8_lossy(&output.stdout);
        }
        let logs = self.trunkline.data().join("logs").join("deployments");
        for deployment in self.trunkline.history().iter().filter(|d| d["commit"] == sha) {
            let log = logs.join(deployment["number"].to_string()).join("apply.log");
            said += &std::fs::read_to_string(log).unwrap_or_default();
        }
        findings(&said)
    }
}

fn write(repository: &Repository, version: &str, isolation: &str, is_applied: bool) {
    let service = |path: &str| {
        format!(
            "    path: .\n    build: {{ run: python3 probe.py build, keep: [\"*.py\", \"*.json\"] }}\n    start: exec python3 app.py\n    \
             health: {{ path: /up, within: 30s }}\n    route: {{ path: {path} }}\n"
        )
    };
    let infrastructure = if is_applied { "infrastructure: { dir: infra }\n" } else { "" };
    repository.write("app.py", &APP.replace("@VERSION@", version));
    repository.write("infra/main.tf", &TERRAFORM.replace("@VERSION@", version));
    repository.write(
        "trunkline.yaml",
        &format!(
            "product: pets\ntrunk: main\nchecks:\n  - {{ name: hostile, run: python3 probe.py check }}\nservices:\n  front:\n{}  other:\n{}\
             rollout: {{ canary: [100] }}\nisolation: {isolation}\n{infrastructure}",
            service("/"),
            service("/other"),
        ),
    );
}

/// Terraform puts its own words before each line.
fn findings(said: &str) -> Findings {
    let mut findings = Findings::new();
    for line in said.lines().filter_map(|line| line.split_once("PROBE ")).map(|(_, rest)| rest) {
        let (who, rest) = line.split_once(' ').unwrap();
        let (attempt, outcome) = rest.split_once(": ").unwrap();
        findings.entry(who.to_owned()).or_default().insert(attempt.to_owned(), outcome.to_owned());
    }
    findings
}
