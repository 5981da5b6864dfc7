//! Versions that cannot be started, and a port that somebody else has.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use acceptance::{Load, Repository, binary, products};
use serde_json::Value;

use crate::pets::{Declaration, Pets};

#[test]
fn a_version_that_cannot_start_is_told_with_its_fix_and_the_old_one_stays() {
    let pets = Pets::live();
    let load = Load::start(&pets.trunkline.product_url, 2, 20.0, |_| "/page".into());

    let missing = Declaration { start: "no-such-interpreter app.py".into(), ..Declaration::default() };
    let why = pets.failed(&pets.commit("v2", &missing));
    assert!(why.contains("no-such-interpreter"), "{why}");
    assert!(why.contains("install it") && why.contains("`start`"), "the fix is said: {why}");

    let unwell = Declaration { health: "{ path: /nowhere, within: 8s }".into(), ..Declaration::default() };
    let text = "class Handler(http.server.BaseHTTPRequestHandler):";
    let picky = format!("{text}\n    def do_HEAD(self): pass\n");
    pets.commit("v3", &Declaration::default());
    let app = std::fs::read_to_string(pets.repository.folder().join("app.py")).unwrap();
    let refuses = app.replace(text, &picky).replace("failing = ", "failing = self.path == \"/nowhere\" or ");
    pets.repository.write("app.py", &refuses);
    pets.repository.write("trunkline.yaml", &unwell.text());
    let why = pets.failed(&pets.repository.commit("a health check that never passes"));
    assert!(why.contains("GET /nowhere answered 500") && why.contains("8 s"), "{why}");
    assert!(why.contains("`health: {"), "what to change is said: {why}");
    assert!(pets.attention().iter().any(|text| text.contains("/nowhere")), "{:?}", pets.attention());

    pets.ships("v4");
    let report = load.stop();
    assert_eq!(report.failed, 0, "{report:?}");
}

#[test]
fn a_port_in_use_is_said_with_the_option_that_changes_it() {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("pets"));
    products::python(&repository, "v1");
    repository.write("trunkline.yaml", &Declaration::default().text());
    repository.commit("first version");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let held = taken;
    let taken = held.local_addr().unwrap().to_string();
    for (listen, product_listen, option) in
        [(taken.as_str(), "127.0.0.1:0", "--listen"), ("127.0.0.1:0", &taken, "--product-listen")]
    {
        let up = |more: &[&str]| -> Output {
            let mut command = Command::new(binary());
            command.args(["up", "--listen", listen, "--product-listen", product_listen]).args(more);
            command.arg("--repo").arg(repository.folder()).arg("--data").arg(root.path().join("data"));
            command.stdin(Stdio::null()).output().unwrap()
        };
        let plain = up(&[]);
        let said = String::from_utf8_lossy(&plain.stderr);
        assert_eq!(plain.status.code(), Some(6), "{said}");
        assert!(said.contains(&taken) && said.contains("in use"), "{said}");
        let hint = said.lines().find(|line| line.starts_with("  hint: ")).unwrap_or_default();
        assert!(hint.contains(&format!("{option} ")), "{said}");
        let document: Value = serde_json::from_slice(&up(&["--json"]).stderr).unwrap();
        assert_eq!(document["error"]["kind"], "conflict", "{document}");
    }
}
