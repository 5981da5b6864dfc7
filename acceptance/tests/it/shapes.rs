//! What commands print with `--json` has the shape that its schema says, and the schema would see if it had not.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use acceptance::{Repository, binary, until};
use serde_json::{Value, json};

use crate::pets::{Declaration, Pets, SOON};
use crate::shown::{FLAG, FLAGS, JOURNEY, long_experiment};

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
spec: { type: team, children: [], members: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations: { trunkline.dev/paths: /src/sales/, trunkline.dev/tables: orders }
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: stock
  annotations: { trunkline.dev/paths: /src/stock/ }
spec: { owner: sellers }
";

const PRINCIPLE: &str = "---
statement: A domain's tables are written by that domain alone.
why: Two writers of one table cannot both be right.
agreed_by: [sellers]
checks: [write-to-foreign-table]
mode: observe
---
";

const EVENTS: &str = r#"{"uuid":"0198f3a0-0000-7000-8000-000000000001","event":"product viewed","distinct_id":"a","timestamp":"2026-05-01T10:00:00Z","properties":{"shop":"one"}}
{"uuid":"0198f3a0-0000-7000-8000-000000000002","event":"order placed","distinct_id":"a","timestamp":"2026-05-01T10:01:00Z","properties":{"shop":"one"}}
{"event":
"#;

/// The schema of this name.
fn schema(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/schemas");
    let text = std::fs::read_to_string(folder.join(format!("{name}.schema.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The document has its shape; and without any one of its required fields it would not.
pub(crate) fn hold(name: &str, document: &Value) {
    let schema = schema(name);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{document:#}");
    let mut taken = 0;
    without_each(&schema, document, &mut |damaged, field| {
        taken += 1;
        assert!(!validator.is_valid(damaged), "{name} would not miss {field}");
    });
    assert!(taken > 0, "{name} requires nothing");
}

/// The document without each required field in turn, at every depth.
fn without_each(schema: &Value, document: &Value, tell: &mut dyn FnMut(&Value, &str)) {
    let empty = vec![];
    for field in schema["required"].as_array().unwrap_or(&empty).iter().filter_map(Value::as_str) {
        let mut damaged = document.clone();
        let had = damaged.as_object_mut().and_then(|object| object.shift_remove(field));
        if had.is_some() {
            tell(&damaged, field);
        }
    }
    for (field, inner) in schema["properties"].as_object().into_iter().flatten() {
        let Some(value) = document.get(field) else { continue };
        let mut put_back = |damaged: &Value, missing: &str| {
            let mut whole = document.clone();
            whole[field.as_str()] = damaged.clone();
            tell(&whole, &format!("{field}.{missing}"));
        };
        without_each(inner, value, &mut put_back);
    }
    if let (Some(items), Some(first)) = (schema.get("items"), document.get(0)) {
        let mut put_back = |damaged: &Value, missing: &str| {
            let mut whole = document.clone();
            whole[0] = damaged.clone();
            tell(&whole, missing);
        };
        without_each(items, first, &mut put_back);
    }
}

/// A command without a server: its document.
fn offline(folder: &Path, args: &[&str], input: &str) -> Value {
    let mut command = Command::new(binary());
    command.args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    serde_json::from_slice(&text).unwrap_or_else(|_| panic!("{args:?}: {}", String::from_utf8_lossy(&text)))
}

/// Something of everything: a flag with its experiment, a journey, owners, a principle, and a package with an advisory.
pub(crate) fn product(repository: &Repository) {
    for (path, text) in [
        ("flags/checkout.yaml", FLAGS),
        ("journeys/checkout.yaml", JOURNEY),
        ("experiments/new-checkout.yaml", &long_experiment()),
        ("package-lock.json", LOCK),
        ("catalog-info.yaml", CATALOG),
        ("principles/own-tables.md", PRINCIPLE),
        ("src/stock/count.sql", "INSERT INTO orders (id) VALUES (1);\n"),
        ("events.ndjson", EVENTS),
        ("advisories/one.json", ADVISORY),
    ] {
        repository.write(path, text);
    }
}

#[test]
fn what_a_running_trunkline_says_has_its_shape() {
    let pets = Pets::live_with(&Declaration::default(), product);
    let trunkline = &pets.trunkline;
    let ask = |name: &str, args: &[&str]| {
        let (code, document) = trunkline.cli(args);
        assert_eq!(code, 0, "{args:?}: {document}");
        hold(name, &document);
    };
    hold("up-ready", &trunkline.ready);
    let sha = pets.repository.git(&["rev-parse", "HEAD"]);
    trunkline.until_phase(&sha, "live", SOON);
    until("its experiment is declared", || trunkline.cli(&["experiment", "show", FLAG]).0 == 0);
    ask("token-create", &["token", "create", "--role", "client"]);
    ask("change-show", &["change", "show", &sha]);
    ask("deploy-status", &["deploy", "status"]);
    ask("deploy-history", &["deploy", "history"]);
    ask("flag-show", &["flag", "show", FLAG]);
    let (_, imported) = trunkline.cli(&["event", "import", "events.ndjson"]);
    hold("event-import", &imported);
    assert_eq!((&imported["accepted"], imported["rejected"].as_array().unwrap().len()), (&json!(2), 1), "{imported}");
    ask(
        "journey-report",
        &["journey", "report", "checkout", "--from", "2026-05-01", "--to", "2026-05-02", "--by", "shop"],
    );
    ask("experiment-show", &["experiment", "show", FLAG]);
    assert_eq!(trunkline.cli(&["experiment", "start", FLAG]).0, 0);
    ask("experiment-show", &["experiment", "show", FLAG]);
    for (args, code) in [
        (&["flag", "show", "nothing"][..], 4),
        (&["deploy", "rollback", "--to", "99"], 4),
        (&["experiment", "start", FLAG], 6),
        (&["flag", "show"], 2),
    ] {
        let (exit, told) = trunkline.cli(args);
        hold("error", &told);
        assert_eq!(exit, code, "{args:?}: {told}");
    }
}

#[test]
fn what_is_said_without_a_server_has_its_shape() {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("pets"));
    product(&repository);
    repository.write("contexts.ndjson", "{\"targetingKey\":\"a\"}\n{}\n");
    repository.commit("a product");
    let folder = repository.folder();
    let flags = ["--flags", "flags/checkout.yaml"];
    let one = [&["evaluate", FLAG, "--context", r#"{"targetingKey":"a"}"#, "--json"][..], &flags].concat();
    hold("evaluate", &offline(folder, &one, ""));
    let many = [&["evaluate", FLAG, "--contexts", "contexts.ndjson", "--json-lines"][..], &flags].concat();
    let output = Command::new(binary()).args(&many).current_dir(folder).output().unwrap();
    let lines: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        hold("evaluate-line", line);
    }
    let journey = [
        "journey",
        "evaluate",
        "--journey",
        "journeys/checkout.yaml",
        "--events",
        "good.ndjson",
        "--json",
        "--by",
        "shop",
    ];
    repository.write("good.ndjson", &EVENTS.lines().take(2).collect::<Vec<_>>().join("\n"));
    hold("journey-report", &offline(folder, &journey, ""));
    let input = r#"{"inputs": {"a": {"n": 1000, "x": 90}, "b": {"n": 1000, "x": 112}}, "params": {"alpha": 0.05}}"#;
    hold("stats-two-proportion-z", &offline(folder, &["stats", "two_proportion_z"], input));
    hold("scan", &offline(folder, &["scan", ".", "--advisories", "advisories", "--format", "json"], ""));
    hold("own-map", &offline(folder, &["own", "map", "--json"], ""));
    hold("own-check", &offline(folder, &["own", "check", "--json"], ""));
    repository.write("flags/wrong.yaml", "flags: {x: {state: ENABLED, variants: {a: 1}, defaultVariant: b}}\n");
    let wrong = ["evaluate", "x", "--context", "{}", "--json", "--flags", "flags/wrong.yaml"];
    let told = offline(folder, &wrong, "");
    hold("error", &told);
    assert!(told["error"]["line"].is_u64() && told["error"]["hint"].is_string(), "with its place: {told}");
}

#[test]
fn findings_have_their_shape() {
    let pets = Pets::live_with(&Declaration::default(), product);
    let (code, imported) = pets.trunkline.cli(&["advisory", "import", "advisories"]);
    assert_eq!(code, 0, "{imported}");
    until("it is found", || pets.trunkline.cli(&["finding", "list"]).1["items"][0]["id"].is_string());
    hold("finding-list", &pets.trunkline.cli(&["finding", "list"]).1);
}
