//! `uv.lock`.

use std::collections::{BTreeMap, HashSet};

use kernel::Problem;
use serde::Deserialize;
use toml::Spanned;

use super::tables::{self, again, cut_off, wrong};
use super::{Content, Unlocked};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::{Lines, Source};
use crate::model::version::Scheme;

const TOOL: &str = "uv lock";

#[derive(Debug, Deserialize)]
struct File {
    version: Spanned<u32>,
    #[serde(default)]
    manifest: Option<Manifest>,
    #[serde(default)]
    package: Vec<Entry>,
}

/// What is locked where it is not one package: a workspace, a script.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    #[serde(default)]
    members: Vec<Spanned<String>>,
    #[serde(default)]
    requirements: Vec<Dependency>,
    #[serde(default)]
    dependency_groups: Groups,
}

impl Manifest {
    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.requirements.is_empty() && self.dependency_groups.is_empty()
    }
}

type Groups = BTreeMap<String, Vec<Dependency>>;

impl File {
    /// Whether it says what it is of: one package, or what its manifest lists.
    fn names_its_own(&self) -> bool {
        let is_listed = self.manifest.as_ref().is_some_and(|manifest| !manifest.is_empty());
        is_listed || self.package.iter().any(|entry| entry.source.get_ref().is_own())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: Spanned<String>,
    version: Option<Spanned<String>>,
    source: Spanned<From>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: Groups,
    #[serde(default)]
    dev_dependencies: Groups,
}

impl Entry {
    fn needs(&self) -> impl Iterator<Item = &Dependency> {
        let groups = self.optional_dependencies.values().chain(self.dev_dependencies.values());
        self.dependencies.iter().chain(groups.flatten())
    }
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: Spanned<String>,
}

/// Where it comes from: one of these.
#[derive(Debug, Deserialize)]
struct From {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

impl From {
    /// The product's own folders are what the file is of, not what it locks.
    fn is_own(&self) -> bool {
        self.directory.is_some() || self.editable.is_some() || self.r#virtual.is_some()
    }

    fn origin(self) -> Option<Origin> {
        match self {
            Self { registry: Some(_), .. } => Some(Origin::Registry),
            Self { git: Some(url), .. } => Some(Origin::Git { url: format!("git+{url}") }),
            Self { url: Some(url), .. } => Some(Origin::Archive { url }),
            Self { path: Some(_), .. } => Some(Origin::Local),
            _ => None,
        }
    }
}

pub(super) fn read(source: Source<'_>) -> Result<Content, Problem> {
    let file: File = tables::read(source, TOOL)?;
    if *file.version.get_ref() != 1 {
        let message = format!("version {} of the format is not known", file.version.get_ref());
        let hint = "version 1 is; a newer Trunkline may know it";
        return Err(source.at(file.version.span().start, Problem::invalid(message).hint(hint)));
    }
    if file.package.is_empty() {
        return Err(cut_off(source, "the file names no package, not even its own", TOOL));
    }
    is_closed(source, &file)?;
    let (lines, mut content) = (Lines::of(source.text), Content::default());
    if !file.names_its_own() {
        let reason = "it does not name what it is of, so it may be cut off".to_owned();
        content.unlocked.push(Unlocked { line: lines.line(source.text.len()), reason });
    }
    for entry in file.package {
        add(source, &lines, entry, &mut content)?;
    }
    Ok(content)
}

/// A file that was cut off between two packages is TOML still, but then some dependency may be missing.
fn is_closed(source: Source<'_>, file: &File) -> Result<(), Problem> {
    let names: HashSet<&str> = file.package.iter().map(|entry| entry.name.get_ref().as_str()).collect();
    let is_there = |name: &&Spanned<String>| names.contains(name.get_ref().as_str());
    let asked = file.manifest.iter().flat_map(|manifest| {
        let groups = manifest.dependency_groups.values().flatten();
        manifest.members.iter().chain(manifest.requirements.iter().chain(groups).map(|dependency| &dependency.name))
    });
    let needed = file.package.iter().flat_map(Entry::needs).map(|dependency| &dependency.name);
    match asked.chain(needed).find(|name| !is_there(name)) {
        Some(name) => {
            Err(wrong(source, name, format!("the file needs {:?} and does not lock it", name.get_ref()), TOOL))
        }
        None => Ok(()),
    }
}

fn add(source: Source<'_>, lines: &Lines, entry: Entry, content: &mut Content) -> Result<(), Problem> {
    if entry.source.get_ref().is_own() {
        return Ok(());
    }
    let source_at = entry.source.span().start;
    let Some(origin) = entry.source.into_inner().origin() else {
        let problem = Problem::invalid("a source of this kind is not known");
        return Err(source.at(source_at, problem.hint("a newer Trunkline may know it")));
    };
    let (name_at, name) = (entry.name.span().start, entry.name.into_inner());
    let Some(version) = entry.version else {
        let reason = format!("{name} has no version");
        content.unlocked.push(Unlocked { line: lines.line(name_at), reason });
        return Ok(());
    };
    if !Scheme::Pep440.is_valid(version.get_ref()) {
        let problem = Problem::invalid(format!("{:?} is not a version of PEP 440", version.get_ref()));
        return Err(source.at(version.span().start, problem.hint(again(TOOL))));
    }
    let version = version.into_inner();
    content.packages.push(Package { ecosystem: Ecosystem::PyPi, name, version, origin });
    Ok(())
}
