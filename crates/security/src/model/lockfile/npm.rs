//! `package-lock.json`, versions 1 to 3, and `npm-shrinkwrap.json`.

mod entries;

use kernel::Problem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Content, Unlocked};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::{self, Source};
use crate::model::version::Scheme;
use entries::Entries;

const VERSIONS: std::ops::RangeInclusive<u32> = 1..=3;
/// How deep a tree of version 1 may be; real ones have less than ten levels.
const DEPTH_MAX: usize = 40;
const FOLDER: &str = "node_modules/";
const AGAIN: &str = "it may be cut off or edited; `npm install --package-lock-only` writes it again";

#[derive(Deserialize)]
struct File<'a> {
    #[serde(rename = "lockfileVersion")]
    version: Option<u32>,
    #[serde(borrow)]
    packages: Option<Entries<'a>>,
    #[serde(borrow)]
    dependencies: Option<Entries<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<Resolved>,
    #[serde(default)]
    link: bool,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

/// npm writes `false` where nothing was fetched.
#[derive(Deserialize)]
#[serde(untagged)]
enum Resolved {
    From(String),
    Nothing(serde::de::IgnoredAny),
}

pub(super) fn read(source: Source<'_>) -> Result<Content, Problem> {
    let file: File<'_> = serde_json::from_str(source.text).map_err(|error| broken(source, &error))?;
    let invalid = |what: String, hint: &str| source.at(0, Problem::invalid(what).hint(hint));
    match file.version {
        Some(version) if VERSIONS.contains(&version) => {}
        Some(version) => {
            let hint = "versions 1 to 3 are; a newer Trunkline may know it";
            return Err(invalid(format!("version {version} of the format is not known"), hint));
        }
        None => return Err(invalid("\"lockfileVersion\" is missing".to_owned(), AGAIN)),
    }
    let mut content = Content::default();
    match (file.packages, file.dependencies) {
        (Some(packages), _) => flat(source, packages, &mut content)?,
        (None, Some(tree)) => nested(source, tree, &mut content)?,
        (None, None) if file.version == Some(1) => {}
        (None, None) => return Err(invalid("\"packages\" is missing".to_owned(), AGAIN)),
    }
    Ok(content)
}

fn broken(source: Source<'_>, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let message = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    let problem = Problem::invalid(message).hint(AGAIN);
    problem.at(source.file, place::number(error.line()), place::number(error.column().max(1)))
}

/// Versions 2 and 3: one map from folders to packages.
fn flat(source: Source<'_>, packages: Entries<'_>, content: &mut Content) -> Result<(), Problem> {
    for (folder, raw) in packages.0 {
        let entry = entry(source, raw)?;
        // The product itself, and links to its own folders.
        if folder.is_empty() || entry.link {
            continue;
        }
        let installed = folder.rsplit_once(FOLDER).map(|(_, name)| name);
        let name = entry.name.clone().or_else(|| installed.map(str::to_owned));
        let Some(name) = name else {
            continue;
        };
        let origin = if installed.is_some() { None } else { Some(Origin::Local) };
        add(source, raw, Found { name, entry, origin }, content);
    }
    Ok(())
}

/// Version 1: packages within packages.
fn nested(source: Source<'_>, tree: Entries<'_>, content: &mut Content) -> Result<(), Problem> {
    let mut open = vec![(1, tree)];
    while let Some((depth, tree)) = open.pop() {
        for (name, raw) in tree.0 {
            let entry = entry(source, raw)?;
            if let Some(inner) = entry.dependencies {
                if depth == DEPTH_MAX {
                    let problem = Problem::invalid(format!("packages are nested more than {DEPTH_MAX} deep"));
                    return Err(source.at(place::offset(source.text, inner.get()), problem.hint(AGAIN)));
                }
                open.push((depth + 1, parse(source, inner)?));
            }
            add(source, raw, Found { name: name.into_owned(), entry, origin: None }, content);
        }
    }
    Ok(())
}

fn entry<'a>(source: Source<'_>, raw: &'a RawValue) -> Result<Entry<'a>, Problem> {
    parse(source, raw)
}

/// Reads a part; what is wrong in it has the part's place.
fn parse<'a, T: Deserialize<'a>>(source: Source<'_>, raw: &'a RawValue) -> Result<T, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let text = error.to_string();
        let message = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        source.at(place::offset(source.text, raw.get()), Problem::invalid(message).hint(AGAIN))
    })
}

struct Found<'a> {
    name: String,
    entry: Entry<'a>,
    /// If that is known by where it stands.
    origin: Option<Origin>,
}

fn add(source: Source<'_>, raw: &RawValue, found: Found<'_>, content: &mut Content) {
    let Found { name, entry, origin } = found;
    let resolved = match entry.resolved {
        Some(Resolved::From(url)) => Some(url),
        Some(Resolved::Nothing(_)) | None => None,
    };
    let (name, version, origin) = match (entry.version, origin) {
        (Some(version), Some(origin)) => (name, version, origin),
        (Some(version), None) => placed(name, version, resolved),
        // A folder of the product without a version locks nothing.
        (None, Some(Origin::Local)) => return,
        (None, _) => (name, String::new(), Origin::Registry),
    };
    if origin == Origin::Registry && !Scheme::SemVer.is_valid(&version) {
        let reason = match version.as_str() {
            "" => format!("{name} has no version"),
            other => format!("{name} has {other:?}, which is not a semantic version"),
        };
        let line = source.line(place::offset(source.text, raw.get()));
        content.unlocked.push(Unlocked { line, reason });
        return;
    }
    content.packages.push(Package { ecosystem: Ecosystem::Npm, name, version, origin });
}

/// What version 1 writes as a version may be an alias, or where it comes from.
fn placed(name: String, version: String, resolved: Option<String>) -> (String, String, Origin) {
    if let Some((name, version)) = version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
        return (name.to_owned(), version.to_owned(), Origin::Registry);
    }
    let is_plain = Scheme::SemVer.is_valid(&version);
    let url = if is_plain { resolved.unwrap_or_default() } else { version.clone() };
    let origin = origin(url, is_plain);
    (name, version, origin)
}

fn origin(url: String, is_plain: bool) -> Origin {
    let is_git = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "https://codeload.github.com/"]
        .iter()
        .any(|start| url.starts_with(start));
    if is_git {
        Origin::Git { url }
    } else if url.starts_with("file:") {
        Origin::Local
    } else if !is_plain && url.contains("://") {
        Origin::Archive { url }
    } else {
        // Archives of packages lie at mirrors under any address.
        Origin::Registry
    }
}
