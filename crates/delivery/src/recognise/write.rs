//! A guess as `trunkline.yaml`.

use std::fmt::Write as _;

use super::Recognised;

/// The file for what was recognised; `trunk` is the branch that is trunk. Its own parser understands it.
pub fn yaml(found: &Recognised, trunk: &str) -> String {
    let mut text = String::from(
        "# What Trunkline does with this product. `trunkline check` tries it; docs: trunkline init --schema product\n",
    );
    let mut line = |indent: usize, words: String| {
        let _ = writeln!(text, "{:indent$}{words}", "");
    };
    line(0, format!("product: {}", found.product));
    line(0, format!("trunk: {}", scalar(trunk)));
    if found.checks.is_empty() {
        line(0, "# checks:                 # none was found: a change ships with \"no checks\"".into());
        line(0, "#   - { name: unit, run: make test }".into());
    } else {
        line(0, "checks:".into());
    }
    for check in &found.checks {
        line(2, format!("- name: {}", scalar(&check.name)));
        line(4, format!("run: {}", scalar(&check.run.value)));
        if !check.tests.is_empty() {
            line(4, format!("tests: [{}]", list(&check.tests)));
        }
        if let Some(junit) = &check.junit {
            line(4, format!("junit: {}", scalar(junit)));
        }
    }
    service(found, &mut line);
    if let Some(dir) = &found.infrastructure {
        line(0, format!("infrastructure: {{ dir: {} }}", scalar(dir)));
    }
    line(0, "rollout: { canary: [5, 25, 100], step_seconds: 10, step_persons: 200, patience_seconds: 30, on_rollback: hold }".into());
    text
}

fn service(found: &Recognised, line: &mut impl FnMut(usize, String)) {
    line(0, "services:".into());
    line(2, format!("{}:", found.product));
    line(4, "path: .".into());
    let keep = if found.keep.is_empty() { "\"**\"".to_owned() } else { list(&found.keep) };
    match &found.build {
        Some(build) => line(4, format!("build: {{ run: {}, keep: [{keep}] }}", scalar(&build.value))),
        None => line(4, format!("build: {{ keep: [{keep}] }}")),
    }
    if let Some(migrate) = &found.migrate {
        line(4, format!("migrate: {}", scalar(&migrate.value)));
    }
    match &found.start {
        Some(start) => line(4, format!("start: {}", scalar(&start.value))),
        None => line(
            4,
            "start: ''  # nothing says how it is started: write the line that listens on 127.0.0.1:$PORT".into(),
        ),
    }
    line(4, format!("health: {{ path: {}, within: 30s }}", scalar(&found.health.value)));
}

/// Quoted unless it is plainly a word: JSON strings are YAML.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && text.chars().all(is_word);
    let reserved = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if is_plain && !reserved { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn list(all: &[String]) -> String {
    all.iter().map(|text| serde_json::Value::from(text.as_str()).to_string()).collect::<Vec<_>>().join(", ")
}
