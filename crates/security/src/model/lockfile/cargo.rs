//! `Cargo.lock`, versions 1 to 4.

use std::collections::HashSet;

use kernel::Problem;
use serde::Deserialize;
use toml::Spanned;

use super::tables::{self, cut_off, wrong};
use super::{Content, Unlocked};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::{Lines, Source};
use crate::model::version::Scheme;

const TOOL: &str = "cargo generate-lockfile";
const VERSION_MAX: u32 = 4;
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

#[derive(Debug, Deserialize)]
struct File {
    version: Option<Spanned<u32>>,
    /// The package itself, in the oldest files.
    root: Option<Entry>,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: Spanned<String>,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<Spanned<String>>,
}

pub(super) fn read(source: Source<'_>) -> Result<Content, Problem> {
    let file: File = tables::read(source, TOOL)?;
    if let Some(version) = file.version.as_ref().filter(|version| *version.get_ref() > VERSION_MAX) {
        let message = format!("version {} of the format is not known", version.get_ref());
        let hint = format!("versions 1 to {VERSION_MAX} are; a newer Trunkline may know it");
        return Err(source.at(version.span().start, Problem::invalid(message).hint(hint)));
    }
    let entries: Vec<Entry> = file.root.into_iter().chain(file.package).collect();
    if entries.is_empty() {
        return Err(cut_off(source, "the file names no package, not even its own", TOOL));
    }
    let unlocked = doubts(source, &entries)?;
    let packages = entries.into_iter().map(|entry| package(source, entry)).collect::<Result<_, _>>()?;
    Ok(Content { packages, unlocked, ..Content::default() })
}

/// A file that was cut off between two packages is TOML still. A dependency that is not there at all is an error; without the
/// package that it is of, or with other versions than are needed, the file was made by hand, and may lack something.
fn doubts(source: Source<'_>, entries: &[Entry]) -> Result<Vec<Unlocked>, Problem> {
    let lines = Lines::of(source.text);
    let mut doubts = Vec::new();
    if entries.iter().all(|entry| entry.source.is_some()) {
        let reason = "it does not name the package that it is of, so it may be cut off".to_owned();
        doubts.push(Unlocked { line: lines.line(source.text.len()), reason });
    }
    let versions: HashSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.name.get_ref().as_str(), entry.version.get_ref().as_str())).collect();
    let names: HashSet<&str> = versions.iter().map(|(name, _)| *name).collect();
    for dependency in entries.iter().flat_map(|entry| &entry.dependencies) {
        let needed = dependency.get_ref();
        let (name, rest) = needed.split_once(' ').unwrap_or((needed, ""));
        let version = rest.split(' ').next().filter(|version| !version.is_empty());
        if !names.contains(name) {
            return Err(wrong(source, dependency, format!("the file needs {needed:?} and does not lock it"), TOOL));
        }
        if version.is_some_and(|version| !versions.contains(&(name, version))) {
            let reason = format!("{needed} is needed, and other versions are locked");
            doubts.push(Unlocked { line: lines.line(dependency.span().start), reason });
        }
    }
    Ok(doubts)
}

fn package(source: Source<'_>, entry: Entry) -> Result<Package, Problem> {
    if !Scheme::SemVer.is_valid(entry.version.get_ref()) {
        let message = format!("{:?} is not a semantic version", entry.version.get_ref());
        return Err(wrong(source, &entry.version, message, TOOL));
    }
    Ok(Package {
        ecosystem: Ecosystem::CratesIo,
        name: entry.name.into_inner(),
        version: entry.version.into_inner(),
        origin: entry.source.map_or(Origin::Local, origin),
    })
}

fn origin(url: String) -> Origin {
    if CRATES_IO.contains(&url.as_str()) {
        Origin::Registry
    } else if url.starts_with("git+") {
        Origin::Git { url }
    } else {
        Origin::OtherRegistry { url }
    }
}
