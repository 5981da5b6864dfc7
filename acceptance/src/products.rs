//! Products that are not the sample: small, real, each in another language.

use crate::Repository;

/// A web server in Python's standard library, with a unit test. `/slow` takes 300 ms, `/events` streams, `/socket` echoes.
pub fn python(repository: &Repository, version: &str) {
    repository.write("app.py", &PYTHON.replace("@VERSION@", version));
    repository.write("test_app.py", PYTHON_TEST);
    repository.write("Procfile", "web: python3 app.py\n");
}

/// The same, whose front page fails for most requests.
pub fn python_broken(repository: &Repository, version: &str) {
    python(repository, version);
    let text = PYTHON.replace("@VERSION@", version).replace("FAULTY = 0", "FAULTY = 0.6");
    repository.write("app.py", &text);
}

/// One page without traffic of its own, beside what is measured.
pub fn page(repository: &Repository) {
    repository.write("index.html", "<!doctype html><title>bench</title>");
    repository.write(
        "trunkline.yaml",
        "product: bench\ntrunk: main\nservices:\n  bench:\n    start: exec python3 -m http.server --bind 127.0.0.1 $PORT\n",
    );
}

/// A web server in Rust's standard library, with a test.
pub fn rust(repository: &Repository, version: &str) {
    repository
        .write("Cargo.toml", "[package]\nname = \"pond\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n");
    repository.write("Cargo.lock", "version = 3\n\n[[package]]\nname = \"pond\"\nversion = \"0.1.0\"\n");
    repository.write(".gitignore", "target\n");
    repository.write("src/main.rs", &RUST.replace("@VERSION@", version));
}

/// The same, whose front page fails for most requests.
pub fn rust_broken(repository: &Repository, version: &str) {
    rust(repository, version);
    repository.write(
        "src/main.rs",
        &RUST.replace("@VERSION@", version).replace("const FAILS_OF_TEN: u32 = 0", "const FAILS_OF_TEN: u32 = 6"),
    );
}

/// A web server in Node.js's standard library, quick enough to be measured. The same paths as [`python`]'s.
pub fn node(repository: &Repository, version: &str) {
    repository.write("app.mjs", &node_server(version));
    repository.write("app.test.mjs", NODE_TEST);
}

/// The text of [`node`]'s server.
pub fn node_server(version: &str) -> String {
    NODE.replace("@VERSION@", version)
}

/// A declaration for the Node.js product; streams may go on for longer than any story. `rollout` as in trunkline.yaml.
pub fn quick_node(rollout: &str) -> String {
    format!(
        "product: pets\ntrunk: main\nchecks:\n  - {{ name: unit, run: node --test, tests: [\"*.test.mjs\"] }}\nservices:\n  pets:\n    path: .\n    \
         build: {{ keep: [\"*.mjs\"] }}\n    start: exec node app.mjs\n    health: {{ path: /up, within: 60s }}\n    stream_drain: 2h\n\
         rollout: {rollout}\n"
    )
}

/// A declaration for the Python product with a quick canary; `more` is added to the service.
pub fn quick_python(canary: &str, more: &str) -> String {
    format!(
        "product: pets\ntrunk: main\nchecks:\n  - {{ name: unit, run: python3 -m unittest, tests: [\"test_*.py\"] }}\nservices:\n  pets:\n    path: .\n    \
         build: {{ keep: [\"*.py\"] }}\n    start: exec python3 app.py\n    health: {{ path: /up, within: 20s }}\n{more}\
         rollout: {{ canary: {canary}, step_seconds: 0, step_persons: 20, patience_seconds: 2 }}\n"
    )
}

const PYTHON: &str = include_str!("products/app.py");
const PYTHON_TEST: &str = include_str!("products/test_app.py");
const NODE: &str = include_str!("products/app.mjs");
const NODE_TEST: &str = include_str!("products/app.test.mjs");
const RUST: &str = include_str!("products/main.rs.txt");
