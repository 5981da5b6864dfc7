//! Unmodified clients of others, in the versions that their lock files pin: each reads or sends, over a kill -9 of the control
//! plane and of the edge, and nothing is lost or doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::{skip, until};
use serde_json::Value;

use crate::shown::{FLAG, Shown};

const PERSONS: usize = 5;

/// A program of `acceptance/clients`, and more variables for it.
struct Client {
    program: &'static str,
    env: &'static [(&'static str, &'static str)],
}

const fn client(program: &'static str, env: &'static [(&'static str, &'static str)]) -> Client {
    Client { program, env }
}

const SENDERS: [Client; 8] = [
    client("node/posthog.mjs", &[]),
    client("node/posthog.mjs", &[("POSTHOG_CAPTURE_MODE", "v1")]),
    client("node/segment.mjs", &[]),
    client("node/otel.mjs", &[]),
    client("node/otel.mjs", &[("OTLP", "proto")]),
    client("python/posthog_client.py", &[]),
    client("python/posthog_client.py", &[("POSTHOG_CAPTURE_MODE", "v1")]),
    client("python/segment_client.py", &[]),
];

const READERS: [Client; 4] = [
    client("node/ofrep.mjs", &[]),
    client("node/ofrep-web.mjs", &[]),
    client("python/ofrep_client.py", &[]),
    client("rust/dist/bin/ofrep", &[]),
];

/// What must be there for them to run.
const INSTALLED: [&str; 3] = ["node/node_modules", "python/venv", "rust/dist/bin/ofrep"];

impl Client {
    /// What it wrote about itself.
    fn run(&self, folder: &Path, url: &str, token: &str, prefix: &str) -> Value {
        let mut command = self.command(folder);
        command.env("TRUNKLINE_URL", url).env("TRUNKLINE_TOKEN", token);
        command.env("PERSONS", PERSONS.to_string()).env("PREFIX", prefix).env("FLAG", FLAG);
        command.envs(self.env.iter().copied());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{} {:?}: {said}{}",
            self.program,
            self.env,
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap()
    }

    fn command(&self, folder: &Path) -> Command {
        let path = folder.join(self.program);
        let interpreter = match path.extension().and_then(|extension| extension.to_str()) {
            Some("py") => folder.join("python/venv/bin/python"),
            Some("mjs") => "node".into(),
            _ => return Command::new(path),
        };
        let mut command = Command::new(interpreter);
        command.arg(path);
        command
    }
}

/// Where the clients are; `None` if they are not installed here.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let is_there = INSTALLED.iter().all(|what| folder.join(what).exists());
    if !is_there {
        skip("stories with clients of others", "acceptance/clients is not installed; `cargo xtask test` installs it");
    }
    is_there.then_some(folder)
}

/// What all senders say that they sent.
#[derive(Default)]
struct Books {
    events: BTreeMap<String, (u64, BTreeSet<String>)>,
}

impl Books {
    fn add(&mut self, said: &Value) {
        let sent = said["sent"].as_array().cloned().unwrap_or_default();
        assert!(!sent.is_empty(), "it sent something: {said}");
        for event in sent {
            let row = self.events.entry(event["event"].as_str().unwrap().to_owned()).or_default();
            row.0 += 1;
            row.1.insert(event["distinct_id"].as_str().unwrap().to_owned());
        }
    }

    fn counts(&self) -> BTreeMap<String, (u64, u64)> {
        self.events.iter().map(|(name, (events, persons))| (name.clone(), (*events, persons.len() as u64))).collect()
    }
}

/// (events, persons) by name, as far as the books know the name.
fn counted(shown: &Shown, books: &Books) -> BTreeMap<String, (u64, u64)> {
    let features = shown.trunkline.api("GET", "/api/v1/features?days=2", "");
    let rows = features["items"].as_array().cloned().unwrap_or_default();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap_or_default();
    let all = rows.iter().map(|row| {
        (row["event"].as_str().unwrap_or_default().to_owned(), (number(row, "events"), number(row, "persons")))
    });
    all.filter(|(name, _)| books.events.contains_key(name)).collect()
}

#[test]
fn whoever_sends_is_counted_once_whatever_is_killed() {
    let Some(folder) = folder() else { return };
    let mut shown = Shown::live();
    let (token, mut books) = (shown.trunkline.token("client"), Books::default());
    let all_send = |shown: &Shown, books: &mut Books, prefix: &str| {
        for (number, sender) in SENDERS.iter().enumerate() {
            books.add(&sender.run(&folder, &shown.trunkline.url, &token, &format!("{prefix}-{number}")));
        }
    };
    all_send(&shown, &mut books, "with-all");
    shown.trunkline.kill();
    all_send(&shown, &mut books, "control-plane-away");
    shown.trunkline.up();
    shown.trunkline.kill_edge();
    until("the edge is back", || shown.trunkline.product("/page").status == 200);
    all_send(&shown, &mut books, "new-edge");
    until(&format!("what was sent is counted: {:?}, {:?}", books.counts(), counted(&shown, &books)), || {
        counted(&shown, &books) == books.counts()
    });
}

#[test]
fn whoever_reads_gets_the_same_answer_whatever_is_killed() {
    let Some(folder) = folder() else { return };
    let mut shown = Shown::live();
    let token = shown.trunkline.token("server");
    let read = |shown: &Shown, reader: &Client| {
        let said = reader.run(&folder, &shown.trunkline.url, &token, "reader");
        let read = said["read"].as_array().cloned().unwrap_or_default();
        assert_eq!(read.len(), PERSONS, "{}: {said}", reader.program);
        let variants = read.iter().map(|answer| {
            let person = answer["person"].as_str().unwrap_or_default().to_owned();
            (person, answer["variant"].as_str().unwrap_or_default().to_owned())
        });
        variants.collect::<BTreeMap<_, _>>()
    };
    let mut sdk = acceptance::Sdk::new(&shown.trunkline.url, &token);
    let mut expected = read(&shown, &READERS[0]);
    for (person, variant) in &mut expected {
        assert_eq!(sdk.variant(FLAG, person).as_ref(), Some(&*variant), "{person}");
    }
    for reader in &READERS {
        assert_eq!(read(&shown, reader), expected, "{}", reader.program);
    }
    shown.trunkline.kill();
    for reader in &READERS {
        assert_eq!(read(&shown, reader), expected, "{} without control plane", reader.program);
    }
    shown.trunkline.up();
    shown.trunkline.kill_edge();
    until("the edge is back", || shown.trunkline.product("/page").status == 200);
    for reader in &READERS {
        assert_eq!(read(&shown, reader), expected, "{} on a new edge", reader.program);
    }
}
