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
enum Family {
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

    /// Whatever locks it, read here or not.
    fn of_lockfile(name: &str, folder: Option<&str>) -> Option<Self> {
        match name {
            "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" | "bun.lockb" | "deno.lock" => return Some(Self::Npm),
            "Pipfile.lock" | "pdm.lock" | "pylock.toml" | "conda-lock.yml" | "pixi.lock" => return Some(Self::Python),
            _ => {}
        }
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
    manifests: BTreeSet<(PathBuf, Family)>,
    /// Folders that have a lockfile, with whose.
    locked: BTreeSet<(PathBuf, Family)>,
}

impl Manifests {
    /// Takes note of a file.
    pub(super) fn see(&mut self, path: &Path) {
        let (Some(name), Some(folder)) = (path.file_name().and_then(OsStr::to_str), path.parent()) else { return };
        if let Some(family) = Family::of_manifest(name) {
            self.manifests.insert((path.to_owned(), family));
        }
        let folder_name = folder.file_name().and_then(OsStr::to_str);
        if let Some(family) = Family::of_lockfile(name, folder_name) {
            self.locked.insert((folder.to_owned(), family));
        }
    }

    /// Manifests that ask for something, and nothing beside them or above them, up to `root`, locks it.
    pub(super) fn without_lockfile(&self, root: &Path) -> Result<Vec<Skipped>, Problem> {
        let mut skipped = Vec::new();
        for (path, family) in &self.manifests {
            let mut folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
            if folders.any(|folder| self.locked.contains(&(folder.to_owned(), *family))) {
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
