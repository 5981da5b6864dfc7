//! `package-lock.json`, versions 1 to 3, and `npm-shrinkwrap.json`.

mod entries;

use kernel::Problem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Content, Unlocked};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::{self, Lines, Source};
use crate::model::version::Scheme;
use entries::Entries;

const VERSIONS: std::ops::RangeInclusive<u32> = 1..=3;
/// How deep a tree of version 1 may be; real ones have less than ten levels.
const DEPTH_MAX: usize = 40;
const FOLDER: &str = "node_modules/";
/// How addresses of repositories begin.
const GIT: [&str; 7] = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "https://codeload.github.com/"];
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

impl Resolved {
    fn url(self) -> Option<String> {
        match self {
            Self::From(url) => Some(url),
            Self::Nothing(_) => None,
        }
    }
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
    let lines = Lines::of(source.text);
    for (folder, raw) in packages.0 {
        let entry: Entry<'_> = parse(source, raw)?;
        // The product itself, and links to its own folders.
        if folder.is_empty() || entry.link {
            continue;
        }
        let (place, folder_name) = match folder.rsplit_once(FOLDER) {
            Some((_, name)) => (Place::Installed, name),
            None => (Place::Own, folder.rsplit('/').next().unwrap_or(&folder)),
        };
        let name = entry.name.clone().unwrap_or_else(|| folder_name.to_owned());
        take(locate(name, entry, place), || lines.line(place::offset(source.text, raw.get())), content);
    }
    Ok(())
}

/// Version 1: packages within packages.
fn nested(source: Source<'_>, tree: Entries<'_>, content: &mut Content) -> Result<(), Problem> {
    let lines = Lines::of(source.text);
    let mut open = vec![(1, tree)];
    while let Some((depth, tree)) = open.pop() {
        for (name, raw) in tree.0 {
            let entry: Entry<'_> = parse(source, raw)?;
            if let Some(inner) = entry.dependencies {
                if depth == DEPTH_MAX {
                    let problem = Problem::invalid(format!("packages are nested more than {DEPTH_MAX} deep"));
                    return Err(source.at(place::offset(source.text, inner.get()), problem.hint(AGAIN)));
                }
                open.push((depth + 1, parse(source, inner)?));
            }
            let located = locate(name.into_owned(), entry, Place::Installed);
            take(located, || lines.line(place::offset(source.text, raw.get())), content);
        }
    }
    Ok(())
}

/// Reads a part; what is wrong in it has the part's place.
fn parse<'a, T: Deserialize<'a>>(source: Source<'_>, raw: &'a RawValue) -> Result<T, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let text = error.to_string();
        let message = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        source.at(place::offset(source.text, raw.get()), Problem::invalid(message).hint(AGAIN))
    })
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In `node_modules`.
    Installed,
    /// A folder of the product.
    Own,
}

/// Keeps a package, or the reason why it is none.
fn take(located: Result<Option<Package>, String>, line: impl FnOnce() -> u32, content: &mut Content) {
    match located {
        Ok(package) => content.packages.extend(package),
        Err(reason) => content.unlocked.push(Unlocked { line: line(), reason }),
    }
}

/// The package that an entry locks; none for the product's own without a version. An error says why nothing is locked.
fn locate(name: String, entry: Entry<'_>, place: Place) -> Result<Option<Package>, String> {
    let package = |name, version, origin| Ok(Some(Package { ecosystem: Ecosystem::Npm, name, version, origin }));
    let version = match (entry.version, place) {
        (Some(version), Place::Installed) => version,
        (Some(version), Place::Own) => return package(name, version, Origin::Local),
        (None, Place::Installed) => return Err(format!("{name} has no version")),
        (None, Place::Own) => return Ok(None),
    };
    // What version 1 writes as a version may be an alias, or where it comes from.
    let alias = version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@'));
    let (name, version) = match alias {
        Some((name, version)) => (name.to_owned(), version.to_owned()),
        None => (name, version),
    };
    if Scheme::SemVer.is_valid(&version) {
        let resolved = entry.resolved.and_then(Resolved::url).unwrap_or_default();
        // Archives of packages lie at mirrors under any address.
        return package(name, version, elsewhere(&resolved).unwrap_or(Origin::Registry));
    }
    match elsewhere(&version) {
        Some(origin) => package(name, version, origin),
        None if version.contains("://") => package(name, version.clone(), Origin::Archive { url: version }),
        None => Err(format!("{name} has {version:?}, which is not a semantic version")),
    }
}

/// Where it comes from if the address is none of a registry's archives.
fn elsewhere(url: &str) -> Option<Origin> {
    let is_git = GIT.iter().any(|start| url.starts_with(start));
    if is_git {
        return Some(Origin::Git { url: url.to_owned() });
    }
    url.starts_with("file:").then_some(Origin::Local)
}
