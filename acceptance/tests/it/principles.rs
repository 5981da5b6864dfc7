//! A product with principles: what breaks an enforced one is stopped or held, what is only observed ships, and a waiver that
//! another person approves lets it through.

use std::time::Duration;

use acceptance::{Installation, Repository, Sdk, products, until, until_within};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pets::{Declaration, Pets, SOON};

const CATALOG: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations:
    trunkline.dev/paths: /*, /src/sales/, /flags/, /journeys/, /principles/
    trunkline.dev/tables: orders
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: billing
  annotations:
    trunkline.dev/paths: /src/billing/
    trunkline.dev/tables: invoices
spec: { owner: cashiers }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sellers }
spec: { type: team, children: [], members: [ann] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: cashiers }
spec: { type: team, children: [], members: [bob] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ann }
spec: { memberOf: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: bob }
spec: { memberOf: [] }
";
const OWN_DATA: &str = "\
---
statement: A domain's tables are written by that domain alone.
why: Two writers of one table cannot both be right.
agreed_by: [ann, bob]
checks: [write-to-foreign-table]
mode: deny
---
";
const FLAGS_END: &str = "\
---
statement: A flag has an owner and an end.
why: Flags that nobody ends pile up.
agreed_by: [ann]
checks: [flag-without-owner, flag-without-expiry]
mode: deny
gates: [exposure]
---
";
const OWNED: &str = "\
---
statement: Every file has an owner.
why: What nobody owns nobody mends.
checks: [file-without-owner]
---
";
const FLAG: &str = "wrap";
const FLAGS: &str = "\
flags:
  wrap:
    state: ENABLED
    variants: { 'on': true, 'off': false }
    defaultVariant: 'on'
    metadata: { owner: sales, kind: release }
";

/// The product with its principles, live.
struct Principled {
    trunkline: Installation,
    repository: Repository,
    ann: String,
    bob: String,
    _root: TempDir,
}

impl Principled {
    fn live() -> Self {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::new(&root.path().join("pets"));
        products::python(&repository, "v1");
        repository.write("trunkline.yaml", &Declaration::default().text());
        repository.write("catalog-info.yaml", CATALOG);
        repository.write("principles/own-data.md", OWN_DATA);
        repository.write("principles/flags-end.md", FLAGS_END);
        repository.write("principles/owned.md", OWNED);
        let sha = repository.commit("first version");
        let trunkline = Installation::start(repository.folder(), &root.path().join("data"));
        trunkline.until_phase(&sha, "live", SOON);
        let token = |person: &str| {
            let (code, issued) = trunkline.cli(&["token", "create", "--role", "admin", "--person", person]);
            assert_eq!(code, 0, "{issued}");
            issued["token"].as_str().unwrap().to_owned()
        };
        let (ann, bob) = (token("ann"), token("bob"));
        Self { trunkline, repository, ann, bob, _root: root }
    }

    /// A command as this person.
    fn as_person(&self, token: &str, args: &[&str]) -> (i32, Value) {
        let url = self.trunkline.url.as_str();
        self.trunkline.cli(&[args, &["--server", url, "--token", token]].concat())
    }

    fn ship(&self, message: &str) -> String {
        let sha = self.repository.commit(message);
        self.trunkline.until_phase(&sha, "live", SOON);
        sha
    }

    fn principle(&self, id: &str) -> Value {
        self.trunkline.api("GET", &format!("/api/v1/principles/{id}"), "")
    }

    /// What the gate's step said of a change.
    fn gate(&self, sha: &str) -> Value {
        Pets::step(&self.trunkline.change(sha), "gate: ownership")
    }

    /// Waits until the gate stopped a change because of the report.
    fn until_stopped(&self, sha: &str) {
        let is_stopped = |change: &Value| {
            let why = change["why"].as_str().unwrap_or_default();
            why.contains("gate ownership") && why.contains("src/sales/report.sql:2")
        };
        until_within("the gate stops it", SOON, || is_stopped(&self.trunkline.change(sha)));
    }

    fn variants(&self) -> Vec<Option<String>> {
        let mut sdk = Sdk::new(&self.trunkline.url, &self.trunkline.token("server"));
        (0..20).map(|n| sdk.variant(FLAG, &format!("customer-{n}"))).collect()
    }
}

#[test]
fn a_write_to_another_domains_table_is_stopped_until_another_person_approves_a_waiver() {
    let product = Principled::live();
    product.repository.write("src/sales/report.sql", "-- a report\nUPDATE invoices SET paid = 1;\n");
    let sha = product.repository.commit("a report writes invoices");
    product.until_stopped(&sha);
    let gate = product.gate(&sha);
    let problem = &gate["judgement"]["problems"][0];
    let hint = problem["hint"].as_str().unwrap_or_default();
    assert_eq!((&problem["file"], &problem["line"]), (&json!("src/sales/report.sql"), &json!(2)), "{gate}");
    assert!(hint.contains("ask cashiers"), "{hint}");
    assert!(hint.contains("trunkline waiver add write-to-foreign-table src/sales/report.sql"), "{hint}");

    let harmless = {
        product.repository.write("src/sales/note.txt", "nothing");
        product.repository.commit("a harmless change on top")
    };
    product.until_stopped(&harmless);
    assert!(product.trunkline.deployment_of(&harmless).is_none(), "it does not carry the write through");

    let what = ["waiver", "add", "write-to-foreign-table", "src/sales/report.sql", "--reason", "the report moves"];
    let (code, asked) = product.as_person(&product.ann, &what);
    assert_eq!((code, &asked["state"], &asked["domain"]), (0, &json!("asked"), &json!("billing")), "{asked}");
    let number = asked["number"].to_string();
    let approve = ["waiver", "approve", number.as_str()];
    assert_eq!(product.as_person(&product.ann, &approve).0, 3, "nobody approves their own");
    let (code, granted) = product.as_person(&product.bob, &approve);
    assert_eq!((code, &granted["state"]), (0, &json!("granted")), "{granted}");
    product.trunkline.until_phase(&harmless, "live", SOON);

    let page = product.principle("own-data");
    assert_eq!(page["record"]["stopped"], 2, "{page}");
    assert_eq!(page["record"]["waived"], 1, "{page}");
    let (_, listed) = product.as_person(&product.bob, &["waiver", "list"]);
    assert_eq!(listed["items"][0]["decided_by"], "bob", "{listed}");
}

#[test]
fn a_flag_that_breaks_a_principle_is_deployed_and_held() {
    let product = Principled::live();
    product.repository.write("flags/wrap.yaml", FLAGS);
    product.ship("a flag without an end");
    until("it is served", || product.variants().iter().all(Option::is_some));
    assert!(product.variants().iter().all(|variant| variant.as_deref() == Some("off")), "customers do not see it");
    let (_, flag) = product.trunkline.cli(&["flag", "show", FLAG]);
    assert_eq!(flag["state"], "dark", "{flag}");
    assert!(flag["held"]["why"].as_str().unwrap().contains("flag-without-expiry"), "{flag}");

    let (code, refused) = product.trunkline.cli(&["flag", "set", FLAG, "--variant", "on", "--yes"]);
    let told = product.trunkline.run(&["flag", "set", FLAG, "--variant", "on", "--yes", "--json"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(code, 6, "{refused}");
    assert!(told.contains("held at internal exposure") && told.contains("trunkline waiver add"), "{told}");

    let ask = ["waiver", "add", "flag-without-expiry", FLAG, "--reason", "its end is not known yet"];
    let (code, asked) = product.as_person(&product.bob, &ask);
    assert_eq!(code, 0, "{asked}");
    let number = asked["number"].to_string();
    assert_eq!(product.as_person(&product.ann, &["waiver", "approve", &number]).0, 0);
    until_within("customers see it", Duration::from_secs(20), || {
        product.variants().iter().all(|variant| variant.as_deref() == Some("on"))
    });
}

#[test]
fn a_principle_that_observes_stops_nothing_and_tells_what_it_would_have() {
    let product = Principled::live();
    product.repository.write("tools/run.sh", "echo\n");
    let sha = product.ship("a file of nobody");
    let gate = product.gate(&sha);
    assert_eq!((&gate["state"], &gate["judgement"]["state"]), (&json!("passed"), &json!("held")), "{gate}");
    let page = product.principle("owned");
    assert_eq!((&page["mode"], &page["record"]["observed"]), (&json!("observe"), &json!(1)), "{page}");
    until("its history is known", || product.principle("owned")["history"]["of_commits"] == 2);
    assert_eq!(product.principle("owned")["history"]["commits"], 1);
    let (code, agreed) = product.as_person(&product.bob, &["principle", "agree", "owned"]);
    assert_eq!((code, &agreed["agreed"][0]["person"]), (0, &json!("bob")), "{agreed}");
    let domains = product.trunkline.api("GET", "/api/v1/domains", "");
    assert_eq!(domains["unowned"][0], json!({ "kind": "path", "name": "tools/run.sh" }), "{domains}");
}
