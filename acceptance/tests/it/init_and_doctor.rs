//! `init` on products as they are found, and what `doctor` says of a machine.

use std::path::Path;
use std::process::{Command, Output};

use acceptance::{Repository, binary};
use serde_json::Value;
use tempfile::TempDir;

use crate::pets::text;

/// A product as it is found, and what must be said of it: each guess with its reason.
struct Found {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    said: &'static [(&'static str, &'static str)],
}

const PACKAGE: &str =
    r#"{ "name": "cats", "scripts": { "test": "node --test", "start": "node server.js", "build": "node build.js" } }"#;
const CARGO: &str = "[package]\nname = \"cats\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
const DOCKERFILE: &str =
    "FROM ruby:3\nCOPY . .\nENTRYPOINT [\"bundle\", \"exec\"]\nCMD [\"puma\", \"-p\", \"$PORT\"]\n";

const ALL: &[Found] = &[
    Found {
        name: "node",
        files: &[
            ("package.json", PACKAGE),
            ("package-lock.json", "{}"),
            ("server.js", ""),
            ("build.js", ""),
            ("test/cat.test.js", ""),
        ],
        said: &[
            ("npm run test", "package.json, scripts.test"),
            ("npm run build", "package.json, scripts.build"),
            ("node server.js", "package.json, scripts.start"),
        ],
    },
    Found {
        name: "python",
        files: &[
            ("requirements.txt", "flask\ngunicorn\npytest\n"),
            ("app.py", "app = Flask(__name__)\n"),
            ("tests/test_app.py", ""),
        ],
        said: &[
            ("python3 -m pytest", "pytest is required"),
            ("pip install", "requirements.txt"),
            ("gunicorn --bind 127.0.0.1:$PORT app:app", "app.py, Flask"),
        ],
    },
    Found {
        name: "rust",
        files: &[("Cargo.toml", CARGO), ("Cargo.lock", "version = 3\n"), ("src/main.rs", "fn main() {}\n")],
        said: &[
            ("cargo test --locked", "Cargo.toml"),
            ("cargo build --release", "Cargo.toml"),
            ("target/release/cats", "its binary"),
        ],
    },
    Found {
        name: "go",
        files: &[
            ("go.mod", "module example.org/cats\n\ngo 1.22\n"),
            ("cmd/server/main.go", "package main\n"),
            ("cmd/server/main_test.go", "package main\n"),
        ],
        said: &[
            ("go test ./...", "go.mod"),
            ("go build -o bin/server ./cmd/server", "cmd/server/main.go"),
            ("bin/server", "PORT is passed"),
        ],
    },
    Found {
        name: "site",
        files: &[("public/index.html", "<!doctype html><title>cats</title>\n")],
        said: &[
            ("none", "nothing that tests it was found"),
            ("python3 -m http.server", "public/index.html; Python serves it"),
        ],
    },
    Found {
        name: "procfile",
        files: &[("app.py", ""), ("Procfile", "release: python3 migrate.py\nweb: python3 app.py --quietly\n")],
        said: &[("python3 app.py --quietly", "Procfile, web"), ("python3 migrate.py", "Procfile, release")],
    },
    Found {
        name: "dockerfile",
        files: &[("Gemfile", ""), ("Dockerfile", DOCKERFILE), ("infra/main.tf", "")],
        said: &[("bundle exec puma -p $PORT", "Dockerfile, its command"), ("terraform in infra", "its .tf files")],
    },
];

fn trunkline(folder: &Path, args: &[&str]) -> Output {
    Command::new(binary()).args(args).current_dir(folder).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn repository(found: &Found) -> (TempDir, Repository) {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("cats"));
    for (path, content) in found.files {
        repository.write(path, content);
    }
    (root, repository)
}

#[test]
fn init_says_what_it_guessed_and_why_and_its_file_is_understood() {
    for found in ALL {
        let (_root, repository) = repository(found);
        let init = trunkline(repository.folder(), &["init"]);
        let said = out(&init);
        assert!(init.status.success(), "{}: {}", found.name, String::from_utf8_lossy(&init.stderr));
        for (guess, why) in found.said {
            assert!(
                said.lines().any(|line| line.contains(guess) && line.contains(why)),
                "{}: {guess} ({why}):\n{said}",
                found.name
            );
        }
        assert!(said.contains("Wrote trunkline.yaml. Next: commit it"), "{said}");
        let file = std::fs::read_to_string(repository.folder().join("trunkline.yaml")).unwrap();
        let report = doctor(repository.folder());
        let product = finding(&report, "product");
        assert_eq!(product["state"], "good", "{}: {product}\n{file}", found.name);
        assert!(text(&product["text"]).starts_with("cats: "), "{product}");
    }
}

#[test]
fn init_does_not_write_over_what_is_there() {
    let (_root, repository) = repository(&ALL[0]);
    repository.write("trunkline.yaml", "product: mine\n");
    let refused = trunkline(repository.folder(), &["init", "--json"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(6), 0));
    let document: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(document["error"]["kind"], "conflict");
    assert!(text(&document["error"]["hint"]).contains("--force"), "{document}");
    let path = repository.folder().join("trunkline.yaml");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "product: mine\n");
    assert!(trunkline(repository.folder(), &["init", "--force"]).status.success());
    assert!(std::fs::read_to_string(&path).unwrap().contains("node server.js"));
}

#[test]
fn init_does_not_guess_where_nothing_says_anything() {
    let root = tempfile::tempdir().unwrap();
    let refused = trunkline(root.path(), &["init"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("  hint: ") && said.contains("Dockerfile"), "{said}");
    assert!(!root.path().join("trunkline.yaml").exists());
}

fn doctor(folder: &Path) -> Value {
    let output = trunkline(folder, &["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(report["ok"] != true)), "{report}");
    report
}

fn finding(report: &Value, name: &str) -> Value {
    let all = report["findings"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|finding| finding["name"] == name).unwrap_or_default()
}

#[test]
fn doctor_says_the_isolation_and_what_is_missing() {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("cats"));
    let declare = |start: &str| {
        let text = format!("product: cats\nservices:\n  cats:\n    start: {start}\n");
        repository.write("trunkline.yaml", &text);
    };
    declare("exec no-such-interpreter app.py");
    let report = doctor(repository.folder());
    let isolation = text(&finding(&report, "isolation")["text"]);
    assert!(isolation.contains("strict") || isolation.contains("off"), "the level in force is said: {isolation}");
    let missing = finding(&report, "no-such-interpreter");
    assert_eq!((&report["ok"], &missing["state"]), (&false.into(), &"bad".into()), "{report}");
    assert!(text(&missing["hint"]).contains("install no-such-interpreter"), "{missing}");
    let said = trunkline(repository.folder(), &["doctor"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(out(&said).contains("no-such-interpreter is not on the PATH"), "{}", out(&said));

    declare("sh app.sh");
    assert_eq!(doctor(repository.folder())["ok"], true);
    repository.write("trunkline.yaml", "product: cats\nservice: {}\n");
    let report = doctor(repository.folder());
    let product = finding(&report, "product");
    assert!(text(&product["text"]).starts_with("trunkline.yaml:2:1: unknown key"), "{product}");
    assert!(text(&product["hint"]).contains("services"), "{product}");
}
