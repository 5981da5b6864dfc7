//! `poetry.lock`.

use kernel::Problem;
use serde::Deserialize;
use toml::Spanned;

use super::Content;
use super::tables::{self, cut_off, wrong};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::Source;
use crate::model::version::Scheme;

const TOOL: &str = "poetry lock";

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    package: Vec<Entry>,
    metadata: Option<Metadata>,
}

/// What poetry writes at the very end: a file without it is cut off.
#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "content-hash")]
    content_hash: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    version: Spanned<String>,
    source: Option<From>,
}

#[derive(Debug, Deserialize)]
struct From {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    #[serde(default)]
    url: String,
    resolved_reference: Option<String>,
}

pub(super) fn read(source: Source<'_>) -> Result<Content, Problem> {
    let file: File = tables::read(source, TOOL)?;
    if file.metadata.and_then(|metadata| metadata.content_hash).is_none() {
        return Err(cut_off(source, "the file ends without its content-hash", TOOL));
    }
    let packages = file.package.into_iter().map(|entry| package(source, entry)).collect::<Result<_, _>>()?;
    Ok(Content { packages, ..Content::default() })
}

fn package(source: Source<'_>, entry: Entry) -> Result<Package, Problem> {
    if !Scheme::Pep440.is_valid(entry.version.get_ref()) {
        let message = format!("{:?} is not a version of PEP 440", entry.version.get_ref());
        return Err(wrong(source, &entry.version, message, TOOL));
    }
    let origin = entry.source.map_or(Ok(Origin::Registry), |from| origin(source, from))?;
    Ok(Package { ecosystem: Ecosystem::PyPi, name: entry.name, version: entry.version.into_inner(), origin })
}

fn origin(source: Source<'_>, from: From) -> Result<Origin, Problem> {
    match from.kind.get_ref().as_str() {
        // Another index is a mirror, or has packages of the same names.
        "legacy" | "pypi" => Ok(Origin::Registry),
        "directory" | "file" => Ok(Origin::Local),
        "url" => Ok(Origin::Archive { url: from.url }),
        "git" => {
            let commit = from.resolved_reference.map(|commit| format!("@{commit}")).unwrap_or_default();
            Ok(Origin::Git { url: format!("git+{}{commit}", from.url) })
        }
        other => Err(wrong(source, &from.kind, format!("a source of type {other:?} is not known"), TOOL)),
    }
}
