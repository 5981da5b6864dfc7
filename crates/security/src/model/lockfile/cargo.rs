//! `Cargo.lock`, versions 1 to 4.

use std::collections::HashSet;

use kernel::Problem;
use serde::Deserialize;
use toml::Spanned;

use super::Content;
use super::tables::{self, cut_off, wrong};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::Source;
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
    if entries.iter().all(|entry| entry.source.is_some()) {
        return Err(cut_off(source, "the file does not name the package that it is of", TOOL));
    }
    is_whole(source, &entries)?;
    let packages = entries.into_iter().map(|entry| package(source, entry)).collect::<Result<_, _>>()?;
    Ok(Content { packages, ..Content::default() })
}

/// A file that was cut off between two packages is TOML still, but then its own package is missing, or some dependency.
fn is_whole(source: Source<'_>, entries: &[Entry]) -> Result<(), Problem> {
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name.get_ref().as_str()).collect();
    let versions: HashSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.name.get_ref().as_str(), entry.version.get_ref().as_str())).collect();
    for dependency in entries.iter().flat_map(|entry| &entry.dependencies) {
        let mut words = dependency.get_ref().split(' ');
        let name = words.next().unwrap_or_default();
        let is_there = match words.next() {
            Some(version) => versions.contains(&(name, version)),
            None => names.contains(name),
        };
        if !is_there {
            let message = format!("the file needs {:?} and does not lock it", dependency.get_ref());
            return Err(wrong(source, dependency, message, TOOL));
        }
    }
    Ok(())
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
