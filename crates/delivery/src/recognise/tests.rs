//! Small products as they are found in the wild.

use std::fs;

use super::*;
use crate::config;

fn product(files: &[(&str, &str)]) -> Recognised {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("Pet Shop");
    fs::create_dir(&folder).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    recognise(&folder).expect("it is recognised")
}

fn start(found: &Recognised) -> &str {
    &found.start.as_ref().expect("a way to start it is found").value
}

/// What is written must be understood by our own parser.
fn parsed(found: &Recognised) -> config::Product {
    let text = yaml(found, "main");
    config::parse(&text, "trunkline.yaml").unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

#[test]
fn node_with_scripts_and_a_lock_file() {
    let package = r#"{ "scripts": { "test": "node --test", "start": "node server.js", "lint": "eslint ." } }"#;
    let found = product(&[("package.json", package), ("package-lock.json", "{}"), ("server.js", "")]);
    assert_eq!((found.kind, start(&found)), ("Node.js", "node server.js"));
    let config = parsed(&found);
    assert_eq!(config.product, "pet-shop");
    assert_eq!(config.checks.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["lint", "test"]);
    assert_eq!(config.services["pet-shop"].build.as_ref().unwrap().run.as_deref(), Some("npm ci --omit=dev"));
}

#[test]
fn npm_without_a_test_has_no_check() {
    let package = r#"{ "main": "index.js", "scripts": { "test": "echo \"Error: no test specified\" && exit 1" } }"#;
    let found = product(&[("package.json", package), ("index.js", "")]);
    assert!(parsed(&found).checks.is_empty());
    assert_eq!(start(&found), "node index.js");
}

#[test]
fn python_with_a_procfile() {
    let found = product(&[
        ("app.py", "print()"),
        ("test_app.py", ""),
        ("Procfile", "release: python3 migrate.py\nweb: python3 app.py\n"),
    ]);
    assert_eq!((found.kind, start(&found)), ("Python", "python3 app.py"));
    let config = parsed(&found);
    assert_eq!(config.checks[0].run, "python3 -m unittest");
    assert_eq!(config.services["pet-shop"].migrate.as_deref(), Some("python3 migrate.py"));
}

#[test]
fn flask_with_requirements() {
    let found = product(&[
        ("requirements.txt", "flask\ngunicorn\npytest\n"),
        ("app.py", "app = Flask(__name__)"),
        ("tests/test_app.py", ""),
    ]);
    assert_eq!(start(&found), "PYTHONPATH=.packages python3 -m gunicorn --bind 127.0.0.1:$PORT app:app");
    assert_eq!(parsed(&found).checks[0].junit.as_deref(), Some("reports/*.xml"));
}

#[test]
fn rust_keeps_its_binary_alone() {
    let found = product(&[
        ("Cargo.toml", "[package]\nname = \"pets\"\n\n[dependencies]\n"),
        ("Cargo.lock", ""),
        ("src/main.rs", ""),
        ("static/a.css", ""),
    ]);
    assert_eq!(start(&found), "target/release/pets");
    let config = parsed(&found);
    assert_eq!(config.services["pet-shop"].build.as_ref().unwrap().keep, ["target/release/pets", "static/**"]);
}

#[test]
fn go_with_a_command() {
    let found = product(&[("go.mod", "module example.org/pets\n"), ("cmd/server/main.go", "")]);
    assert_eq!(start(&found), "bin/server");
    parsed(&found);
}

#[test]
fn a_static_site() {
    let found = product(&[("index.html", "<p>hello")]);
    assert!(start(&found).starts_with("python3 -m http.server"));
    parsed(&found);
}

#[test]
fn a_dockerfile_says_how_to_start() {
    let found =
        product(&[("Dockerfile", "FROM ruby\nENTRYPOINT [\"bundle\", \"exec\"]\nCMD [\"puma\", \"-p\", \"$PORT\"]\n")]);
    assert_eq!(start(&found), "bundle exec puma -p $PORT");
    parsed(&found);
}

#[test]
fn what_looks_like_nothing_is_not_guessed() {
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(recognise(scratch.path()), None);
}

#[test]
fn terraform_is_found() {
    let found = product(&[("index.html", ""), ("infra/main.tf", "")]);
    assert_eq!(parsed(&found).infrastructure.unwrap().dir, "infra");
}
