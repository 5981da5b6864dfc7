//! `trunkline advisory`: what is known to be vulnerable, and how old that knowledge is.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use kernel::Problem;
use security::model::freshness::FeedState;
use security::{AdvisoryStatus, FeedView, Imported, Line, offline};
use serde_json::Value;

use super::client::{Client, segment};
use crate::out;

/// So much is sent at once.
const PART_BYTES: usize = 4 << 20;
const PART_DOCUMENTS: usize = 5_000;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Take advisories in: OSV documents (.json), or OSV's exports (.zip), alone or in a folder
    Import {
        /// A folder, an archive or a document
        path: PathBuf,
    },
    /// How many there are, how old they are, and what was kept aside
    Status,
}

pub(super) fn run(verb: &Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Import { path } => import(path, client),
        Verb::Status => status(client),
    }
}

fn import(path: &Path, client: &Client) -> anyhow::Result<()> {
    if !path.exists() {
        let problem = Problem::invalid(format!("{} is not there", path.display()));
        return Err(problem.hint("name a folder of OSV documents, an all.zip or a .json file").into());
    }
    let source = path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string();
    let mut sending = Sending { client, source, id: kernel::id::fresh(), lines: Vec::new(), documents: 0 };
    offline::each::<anyhow::Error>(path, &mut |name, document| {
        let text = document.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
        let line = match text {
            Ok(text) => Line { name, document: Some(text), unreadable: None },
            Err(why) => Line { name, document: None, unreadable: Some(why) },
        };
        sending.add(&line)
    })?;
    let imported = sending.send(true)?;
    if imported.documents == 0 {
        let problem = Problem::invalid(format!("there is no advisory in {}", path.display()));
        return Err(problem
            .hint("a folder of OSV documents is wanted: .json files, or OSV's own all.zip of each ecosystem")
            .into());
    }
    if client.is_json {
        return out::json(&imported);
    }
    tell(&imported);
    Ok(())
}

fn tell(imported: &Imported) {
    let Imported { documents, added, changed, same, older, quarantined } = imported;
    let mark = out::mark(if *quarantined == 0 { "good" } else { "warn" });
    out::line(format_args!("{mark} {documents} documents: {added} new, {changed} changed, {same} there already"));
    if *older > 0 {
        out::line(format_args!("  {older} are older than what is there, and were left out"));
    }
    if *quarantined > 0 {
        out::line(format_args!("  {quarantined} are no advisories; `trunkline advisory status` says which and why"));
    }
}

/// An import on its way.
struct Sending<'a> {
    client: &'a Client,
    source: String,
    id: String,
    lines: Vec<u8>,
    documents: usize,
}

impl Sending<'_> {
    fn add(&mut self, line: &Line) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        self.documents += 1;
        if self.lines.len() >= PART_BYTES || self.documents >= PART_DOCUMENTS {
            self.send(false)?;
        }
        Ok(())
    }

    fn send(&mut self, is_last: bool) -> anyhow::Result<Imported> {
        let (source, id) = (segment(&self.source), segment(&self.id));
        let path = format!("/api/v1/advisories/import?source={source}&import={id}&last={is_last}");
        let imported = self.client.post_bytes(&path, &self.lines)?;
        self.lines.clear();
        self.documents = 0;
        Ok(imported)
    }
}

fn feed(feed: &FeedView) -> [String; 5] {
    let (kind, renewed) = match (feed.state, &feed.renewed_at) {
        (FeedState::Fresh, Some(at)) => ("good", at.clone()),
        (FeedState::Stale, Some(at)) => ("warn", format!("{at}: stale")),
        (_, None) | (FeedState::Missing, _) => ("warn", "never: there is no feed of it".to_owned()),
    };
    let newest = feed.newest_modified.clone().unwrap_or_else(|| "not known".to_owned());
    [out::mark(kind), feed.ecosystem.clone(), feed.advisories.to_string(), renewed, newest]
}

fn status(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/advisories")?);
    }
    let status: AdvisoryStatus = client.get("/api/v1/advisories")?;
    let mark = out::mark(if status.stale { "warn" } else { "good" });
    out::line(format_args!("{mark} {}", status.sentence));
    out::table(
        ["", "ecosystem", "advisories", "brought up to date", "newest changed"],
        status.ecosystems.iter().map(feed),
    );
    for import in &status.imports {
        let ended = import.ended.as_ref().map_or_else(|| "not ended".to_owned(), |at| format!("ended {at}"));
        out::line(format_args!("from {}: {} documents, {ended}", import.source, import.documents));
        if let Some(trouble) = &import.trouble {
            out::line(format_args!("  {} the newest refresh failed: {trouble}", out::mark("bad")));
        }
    }
    if status.quarantined > 0 {
        out::line(format_args!("\n{} documents are no advisories:", status.quarantined));
    }
    for document in &status.quarantine {
        out::line(format_args!("  {}: {}", document.path, document.reason));
    }
    super::finding::tell_unknown(&status.unknown);
    client.tell_page("/security");
    Ok(())
}
