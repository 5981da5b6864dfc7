//! The console in a real browser, on a real installation: signs in by the one-time link, walks the pages, axe finds nothing.

use std::path::Path;
use std::process::Command;

use acceptance::{Installation, Repository, products, program, skip, until};

use crate::shown::FLAG;

#[test]
fn the_console_shows_a_real_installation() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program);
    if browser.is_none() {
        return skip("the console in a browser", "Chromium is not on the PATH");
    }
    if !ui.join("node_modules/@playwright/test").exists() {
        return skip("the console in a browser", "ui/node_modules is not there; `cargo xtask test` makes it");
    }
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("pets"));
    products::python(&repository, "v1");
    repository.write("trunkline.yaml", &products::quick_python("[50, 100]", ""));
    crate::shapes::product(&repository);
    repository.write(
        "said.ndjson",
        "{\"text\": \"Where is my parcel?\", \"at\": \"2026-01-02T03:04:05Z\", \"channel\": \"mail\"}\n",
    );
    repository.commit("first version");
    let trunkline = Installation::start(repository.folder(), &root.path().join("data"));
    until("the first version is served", || trunkline.product("/").body.starts_with("v1"));
    repository.write(
        "test_app.py",
        "import unittest\nclass Fails(unittest.TestCase):\n    def test(self): self.fail('on purpose')\n",
    );
    let red = repository.commit("a failing test");
    until("its run is over", || trunkline.change(&red)["run_view"]["state"] == "failed");

    something_everywhere(&trunkline);
    let (code, link) = trunkline.cli(&["token", "link"]);
    assert_eq!(code, 0, "{link}");
    let mut playwright = Command::new("npx");
    playwright.args(["--no-install", "playwright", "test"]).current_dir(&ui).env_remove("CI");
    playwright.env("TRUNKLINE_CONSOLE_LINK", link["url"].as_str().unwrap());
    playwright.env("TRUNKLINE_CONSOLE_PAGES", "change,run,deployment,flag,journey,experiment,finding,domain,principle");
    let output = playwright.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// A finding, an experiment that runs, and something that was said.
fn something_everywhere(trunkline: &Installation) {
    until("its experiment is declared", || trunkline.cli(&["experiment", "show", FLAG]).0 == 0);
    for args in [
        &["advisory", "import", "advisories"][..],
        &["experiment", "start", FLAG],
        &["feedback", "import", "said.ndjson"],
    ] {
        let (code, told) = trunkline.cli(args);
        assert_eq!(code, 0, "{args:?}: {told}");
    }
    until("it is found", || trunkline.cli(&["finding", "list"]).1["items"][0]["id"].is_string());
}
