//! Purls are those of the specification's tests.

use security::model::{Ecosystem, Origin, Package, purl};
use serde_json::Value;

use crate::suites;

/// The package of a test's input, if its parts are such as lockfiles have them.
fn package(input: &Value) -> Option<Package> {
    let text = |key: &str| input[key].as_str().map(str::to_owned);
    let ecosystem = match input["type"].as_str()? {
        "cargo" => Ecosystem::CratesIo,
        "npm" => Ecosystem::Npm,
        _ => Ecosystem::PyPi,
    };
    let origin = match input["qualifiers"].as_object() {
        None => Origin::Registry,
        Some(qualifiers) => Origin::Git { url: qualifiers.get("vcs_url")?.as_str()?.to_owned() },
    };
    let name = text("namespace").map(|scope| scope + "/").unwrap_or_default() + &text("name")?;
    Some(Package { ecosystem, name, version: text("version")?, origin })
}

#[test]
fn purls_are_built_as_the_specification_says() {
    let Some(files) = suites::files("suites/purl-spec.tar.zst") else { return };
    let mut built = 0;
    for kind in ["cargo", "npm", "pypi"] {
        let tests: Value = serde_json::from_slice(&files[&format!("tests/types/{kind}-test.json")]).unwrap();
        let builds = tests["tests"].as_array().unwrap().iter().filter(|test| test["test_type"] == "build");
        for test in builds.filter(|test| test["expected_failure"] == false) {
            let Some(package) = package(&test["input"]) else { continue };
            assert_eq!(purl::of(&package), test["expected_output"], "{test}");
            built += 1;
        }
    }
    assert_eq!(built, 10);
}
