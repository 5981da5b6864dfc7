//! Node.js: `package.json` and its lock file.

use serde_json::Value;

use super::{CheckGuess, Folder, Guess, Recognised};

/// What npm writes where nobody wrote a test.
const NO_TEST: &str = "no test specified";

pub(super) fn recognise(files: &Folder) -> Option<Recognised> {
    let package: Value = serde_json::from_str(&files.text("package.json")?).ok()?;
    let script = |name: &str| package.pointer(&format!("/scripts/{name}")).and_then(Value::as_str).map(str::to_owned);
    let manager = Manager::of(files);
    let mut found = Recognised::new("Node.js");
    let has = |name: &str| script(name).is_some_and(|line| !line.contains(NO_TEST));
    for name in ["lint", "typecheck", "test"] {
        if has(name) {
            let install = manager.install.map_or(String::new(), |install| format!("{install} && "));
            let run = Guess::new(format!("{install}{} {name}", manager.run), format!("package.json, scripts.{name}"));
            let tests = if name == "test" { tests(files) } else { vec![] };
            found.checks.push(CheckGuess { name: name.to_owned(), run, tests, junit: None });
        }
    }
    found.build = build(&manager, has("build"));
    found.keep = vec!["**".into()];
    found.migrate =
        has("migrate").then(|| Guess::new(format!("{} migrate", manager.run), "package.json, scripts.migrate"));
    found.start = start(files, &package, script("start"));
    Some(found)
}

/// npm, pnpm or yarn, by its lock file.
struct Manager {
    run: &'static str,
    install: Option<&'static str>,
    lock: &'static str,
}

impl Manager {
    fn of(files: &Folder) -> Self {
        let all = [
            Self { run: "npm run", install: Some("npm ci"), lock: "package-lock.json" },
            Self { run: "pnpm run", install: Some("pnpm install --frozen-lockfile"), lock: "pnpm-lock.yaml" },
            Self { run: "yarn run", install: Some("yarn install --immutable"), lock: "yarn.lock" },
        ];
        let none = Self { run: "npm run", install: None, lock: "package.json, without a lock file" };
        all.into_iter().find(|manager| files.has(manager.lock)).unwrap_or(none)
    }
}

fn build(manager: &Manager, has_build: bool) -> Option<Guess> {
    match (manager.install, has_build) {
        (Some(install), true) => {
            Some(Guess::new(format!("{install} && {} build", manager.run), "package.json, scripts.build"))
        }
        (Some("npm ci"), false) => Some(Guess::new("npm ci --omit=dev", manager.lock)),
        (Some(install), false) => Some(Guess::new(install, manager.lock)),
        (None, true) => Some(Guess::new(format!("{} build", manager.run), "package.json, scripts.build")),
        (None, false) => None,
    }
}

/// Started without its package manager in between: signals reach it then.
fn start(files: &Folder, package: &Value, script: Option<String>) -> Option<Guess> {
    if let Some(line) = script {
        return Some(Guess::new(line, "package.json, scripts.start; PORT is passed"));
    }
    let main = package.get("main").and_then(Value::as_str).filter(|main| files.has(main));
    if let Some(main) = main {
        return Some(Guess::new(format!("node {main}"), "package.json, main; PORT is passed"));
    }
    let known =
        ["server.js", "server.mjs", "index.js", "index.mjs", "app.js"].into_iter().find(|name| files.has(name))?;
    Some(Guess::new(format!("node {known}"), format!("{known}; PORT is passed")))
}

fn tests(files: &Folder) -> Vec<String> {
    let folders = ["test", "tests", "__tests__", "spec"].into_iter().filter(|name| files.has(name));
    let mut globs: Vec<_> = folders.map(|name| format!("{name}/**")).collect();
    globs.extend(["**/*.test.*", "**/*.spec.*"].map(str::to_owned));
    globs
}
