//! Manifests that ask for packages where nothing says which versions those come to: without a lockfile nobody knows.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use kernel::Problem;
use serde_json::Value;

use crate::model::Format;
use crate::model::inventory::Skipped;
use crate::offline::file::{relative, text};

/// Whose manifests and lockfiles go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Cargo,
    Npm,
    Python,
}

impl Family {
    fn of_manifest(name: &str) -> Option<Self> {
        match name {
            "Cargo.toml" => Some(Self::Cargo),
            "package.json" => Some(Self::Npm),
            "pyproject.toml" => Some(Self::Python),
            _ => None,
        }
    }

    /// Of a lockfile that is not read here.
    fn of_other_lockfile(name: &str) -> Option<Self> {
        match name {
            "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" | "bun.lockb" | "deno.lock" => Some(Self::Npm),
            "Pipfile.lock" | "pdm.lock" | "pylock.toml" | "conda-lock.yml" | "pixi.lock" => Some(Self::Python),
            _ => None,
        }
    }

    /// Of a lockfile that is read here.
    fn of_lockfile(name: &str, folder: Option<&str>) -> Option<Self> {
        Some(match Format::of(name, folder)? {
            Format::Cargo => Self::Cargo,
            Format::Npm => Self::Npm,
            Format::Requirements | Format::Uv | Format::Poetry => Self::Python,
        })
    }
}

/// What was seen of both.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    asking: BTreeSet<(PathBuf, Family)>,
    /// Folders with a lockfile that is read, with whose.
    read: BTreeSet<(PathBuf, Family)>,
    /// Folders where something else says which packages there are, with whose.
    locked: BTreeSet<(PathBuf, Family)>,
}

impl Manifests {
    /// Takes note of a file.
    pub(super) fn see(&mut self, path: &Path) {
        let (Some(name), Some(folder)) = (path.file_name().and_then(OsStr::to_str), path.parent()) else { return };
        if let Some(family) = Family::of_manifest(name) {
            self.asking.insert((path.to_owned(), family));
        }
        let folder_name = folder.file_name().and_then(OsStr::to_str);
        if let Some(family) = Family::of_lockfile(name, folder_name) {
            self.read.insert((folder.to_owned(), family));
        }
        if let Some(family) = Family::of_other_lockfile(name) {
            self.locked.insert((folder.to_owned(), family));
        }
    }

    /// Takes note that what is installed in a folder was read: it says which packages are there.
    pub(super) fn installed(&mut self, folder: &Path, family: Family) {
        self.locked.insert((folder.to_owned(), family));
    }

    /// Whether a lockfile that is read lies beside a path, or above it up to `root`.
    pub(super) fn has_lockfile(&self, path: &Path, family: Family, root: &Path) -> bool {
        above(path, root).any(|folder| self.read.contains(&(folder.to_owned(), family)))
    }

    /// Manifests that ask for something, and nothing beside them or above them, up to `root`, locks it.
    pub(super) fn without_lockfile(&self, root: &Path) -> Result<Vec<Skipped>, Problem> {
        let mut skipped = Vec::new();
        for (path, family) in &self.asking {
            let is_known = |folder: &Path| self.locked.contains(&(folder.to_owned(), *family));
            if self.has_lockfile(path, *family, root) || above(path, root).any(is_known) {
                continue;
            }
            let name = relative(path, root);
            if asks(*family, &text(path)?) {
                let reason = "it asks for packages, and no lockfile here or above says which versions they come to";
                skipped.push(Skipped::unknown(name, reason));
            }
        }
        Ok(skipped)
    }
}

/// The folders that a path is in, up to `root`.
fn above<'a>(path: &'a Path, root: &'a Path) -> impl Iterator<Item = &'a Path> {
    path.ancestors().skip(1).take_while(move |folder| folder.starts_with(root))
}

/// Whether a manifest asks for any package; one that cannot be read may.
fn asks(family: Family, text: &str) -> bool {
    let manifest: Option<Value> = match family {
        Family::Npm => serde_json::from_str(text).ok(),
        Family::Cargo | Family::Python => toml::from_str(text).ok(),
    };
    let Some(manifest) = manifest else { return true };
    let places: &[&str] = match family {
        Family::Npm => &["/dependencies", "/devDependencies", "/optionalDependencies"],
        Family::Cargo => {
            &["/dependencies", "/dev-dependencies", "/build-dependencies", "/workspace/dependencies", "/target"]
        }
        Family::Python => &[
            "/project/dependencies",
            "/project/optional-dependencies",
            "/dependency-groups",
            "/tool/poetry/dependencies",
            "/tool/pdm/dev-dependencies",
        ],
    };
    let is_some = |place: &&str| match manifest.pointer(place) {
        Some(Value::Object(entries)) => !entries.is_empty(),
        Some(Value::Array(entries)) => !entries.is_empty(),
        _ => false,
    };
    places.iter().any(is_some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_asks_or_it_does_not() {
        for (family, text, wanted) in [
            (Family::Npm, r#"{"type": "module"}"#, false),
            (Family::Npm, r#"{"devDependencies": {"a": "1"}}"#, true),
            (Family::Npm, "{", true),
            (Family::Cargo, "[package]\nname = \"a\"\n[dependencies]\n", false),
            (Family::Cargo, "[dependencies]\na = \"1\"\n", true),
            (Family::Cargo, "[target.'cfg(unix)'.dependencies]\na = \"1\"\n", true),
            (Family::Python, "[tool.black]\nline-length = 100\n", false),
            (Family::Python, "[project]\ndependencies = [\"a\"]\n", true),
        ] {
            assert_eq!(asks(family, text), wanted, "{text}");
        }
    }
}
