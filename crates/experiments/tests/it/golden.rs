//! Every golden case of a method that is here: 50-digit arithmetic, SciPy, statsmodels, GrowthBook's and others' libraries.

use std::path::PathBuf;

use experiments::stats::wire;
use serde_json::{Map, Value, json};

/// Methods of the cases that are not here yet; a later issue has them.
const LATER: usize = 75;

#[test]
fn all_cases_of_the_methods_that_are_here_hold() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/experiments/golden_public.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "the golden cases may not be skipped here");
        return println!("skipped: the golden cases of statistics are not there");
    };
    let golden: Value = serde_json::from_str(&text).unwrap();
    let (here, later): (Vec<_>, Vec<_>) =
        golden["cases"].as_array().unwrap().iter().partition(|case| wire::methods().any(|name| case["method"] == name));
    assert_eq!(later.len(), LATER, "cases whose method is not here");
    let wrong: Vec<_> = here.iter().flat_map(|case| differences(case)).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), here.len(), wrong.join("\n"));
}

/// Where an answer is not what is expected.
fn differences(case: &Value) -> Vec<String> {
    let input = json!({ "inputs": case["inputs"], "params": case["params"] }).to_string();
    let name = case["id"].as_str().unwrap();
    let got = match wire::run(case["method"].as_str().unwrap(), &input) {
        Ok(got) => got,
        Err(problem) => return vec![format!("{name}: {problem:?}")],
    };
    let is_informational = |field: &str| field == "error" || field.contains("_legacy") || field.contains("_clamped");
    let expected: &Map<String, Value> = case["expected"].as_object().unwrap();
    let fields = expected.iter().filter(|(field, _)| !is_informational(field));
    fields
        .flat_map(|(field, want)| compare(&format!("{name}.{field}"), &got[field], want, &case["tolerance"]))
        .collect()
}

fn compare(place: &str, got: &Value, want: &Value, tolerance: &Value) -> Vec<String> {
    if let (Some(got), Some(want)) = (got.as_array(), want.as_array()) {
        assert_eq!(got.len(), want.len(), "{place}");
        return got.iter().zip(want).flat_map(|(got, want)| compare(place, got, want, tolerance)).collect();
    }
    let (Some(number), Some(expected)) = (got.as_f64(), want.as_f64()) else {
        return if got == want { Vec::new() } else { vec![format!("{place}: {got} is not {want}")] };
    };
    let of = |kind: &str| tolerance[kind].as_f64().unwrap_or(0.0);
    let bound = of("absolute").max(of("relative") * expected.abs());
    if (number - expected).abs() <= bound { Vec::new() } else { vec![format!("{place}: {number} is not {expected}")] }
}
