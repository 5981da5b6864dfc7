//! A wrong `trunkline.yaml`.

use std::process::{Command, Output};

use acceptance::{Load, binary};
use serde_json::Value;

use crate::pets::{Declaration, Pets, text};

/// The key `chekcs` in line 3.
fn wrong() -> String {
    Declaration::default().text().replace("checks:", "chekcs:")
}

#[test]
fn a_wrong_declaration_is_placed_and_stops_nothing_else() {
    let pets = Pets::live();
    let load = Load::start(&pets.trunkline.product_url, 2, 20.0, |_| "/page".into());
    pets.repository.write("trunkline.yaml", &wrong());
    let bad = pets.repository.commit("a typing error");

    let change = pets.verified(&bad);
    let why = text(&change["why"]);
    assert!(
        why.contains("trunkline.yaml:3:1: unknown key \"chekcs\"") && why.contains("did you mean \"checks\"?"),
        "{why}"
    );
    let told = pets.trunkline.run(&["change", "show", &bad]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("trunkline.yaml:3:1") && told.contains("did you mean \"checks\"?"), "{told}");
    assert!(pets.attention().iter().any(|text| text.contains("trunkline.yaml:3:1")), "{:?}", pets.attention());

    pets.ships("v2");
    let report = load.stop();
    assert_eq!(report.failed, 0, "{report:?}");
}

#[test]
fn check_says_the_same_before_it_is_pushed() {
    let pets = Pets::live();
    pets.repository.write("trunkline.yaml", &wrong());
    pets.repository.commit("a typing error");
    let check = |more: &[&str]| -> Output {
        let mut command = Command::new(binary());
        command
            .arg("check")
            .args(more)
            .current_dir(pets.repository.folder())
            .env("XDG_CACHE_HOME", pets.root.path().join("cache"));
        command.output().unwrap()
    };
    let plain = check(&[]);
    assert_eq!(plain.status.code(), Some(2));
    let said = String::from_utf8_lossy(&plain.stderr);
    assert!(
        said.contains("error: trunkline.yaml:3:1: unknown key \"chekcs\"\n  hint: did you mean \"checks\"?"),
        "{said}"
    );

    let json = check(&["--json"]);
    assert_eq!((json.status.code(), json.stdout.len()), (Some(2), 0));
    let document: Value = serde_json::from_slice(&json.stderr).unwrap();
    let error = &document["error"];
    assert_eq!((&error["kind"], &error["file"]), (&"invalid_input".into(), &"trunkline.yaml".into()));
    assert_eq!((&error["line"], &error["column"]), (&3.into(), &1.into()));
    assert_eq!(error["hint"], "did you mean \"checks\"?");
}
