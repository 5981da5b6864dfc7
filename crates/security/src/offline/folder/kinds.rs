//! What files and folders are, by their names.

use std::ffi::OsStr;
use std::path::Path;

use super::manifests::Family;
use crate::model::Format;

/// What is read.
pub(super) const SUPPORTED: &str = "Cargo.lock, package-lock.json, npm-shrinkwrap.json, requirements*.txt, uv.lock, poetry.lock, and installed packages of npm and Python";

/// Where npm installs.
pub(super) const NODE_MODULES: &str = "node_modules";

/// Lockfiles, and files that stand for one, whose format is not read here.
const UNSUPPORTED: [&str; 29] = [
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "deno.lock",
    "Pipfile.lock",
    "pdm.lock",
    "pylock.toml",
    "conda-lock.yml",
    "pixi.lock",
    "go.mod",
    "go.sum",
    "Gemfile.lock",
    "gems.locked",
    "composer.lock",
    "pom.xml",
    "gradle.lockfile",
    "buildscript-gradle.lockfile",
    "packages.lock.json",
    "packages.config",
    "paket.lock",
    "mix.lock",
    "rebar.lock",
    "pubspec.lock",
    "conan.lock",
    "renv.lock",
    "Package.resolved",
    "Podfile.lock",
    "cabal.project.freeze",
    "stack.yaml.lock",
];

/// Archives and images of packages.
const OPAQUE: [&str; 18] = [
    "jar", "war", "ear", "aar", "whl", "egg", "pyz", "pyzw", "pex", "shiv", "nupkg", "gem", "crate", "deb", "rpm",
    "apk", "phar", "lockb",
];

/// Why installed packages are not read.
pub(super) const LOCKED: &str = "installed packages; the lockfile says which they are";

/// A file that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Lockfile(Format),
    Unsupported,
    Opaque,
}

impl FileKind {
    /// None for all the files that say nothing of packages.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name().and_then(OsStr::to_str)?;
        let folder = path.parent().and_then(Path::file_name).and_then(OsStr::to_str);
        if let Some(format) = Format::of(name, folder) {
            return Some(Self::Lockfile(format));
        }
        if UNSUPPORTED.contains(&name) {
            return Some(Self::Unsupported);
        }
        let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
        OPAQUE.contains(&extension.as_str()).then_some(Self::Opaque)
    }
}

/// Whether a folder or file is where an installed package of Python says what it is.
pub(super) fn is_metadata(path: &Path) -> bool {
    let is_named = path.file_name().is_some_and(|name| name == "EGG-INFO");
    is_named || path.extension().is_some_and(|end| end == "egg-info" || (end == "dist-info" && path.is_dir()))
}

/// A folder that is not looked into as others are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// Of a version control system: nothing of what ships is there.
    History,
    /// What can be made again, and why it is taken for that.
    Cache(&'static str),
    /// Installed packages, by its name.
    Installed(Family),
    /// A virtual environment of Python.
    Environment,
}

impl Folder {
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.file_name().and_then(OsStr::to_str)? {
            ".git" | ".hg" | ".jj" | ".svn" => Some(Self::History),
            NODE_MODULES => Some(Self::Installed(Family::Npm)),
            "site-packages" | "dist-packages" => Some(Self::Installed(Family::Python)),
            _ if path.join("pyvenv.cfg").is_file() => Some(Self::Environment),
            _ if path.join("CACHEDIR.TAG").is_file() => Some(Self::Cache("a cache, by its CACHEDIR.TAG")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name() {
        let kind = |path: &str| FileKind::of(Path::new(path));
        assert_eq!(kind("a/Cargo.lock"), Some(FileKind::Lockfile(Format::Cargo)));
        for path in ["requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "requirements/base.txt"] {
            assert_eq!(kind(path), Some(FileKind::Lockfile(Format::Requirements)), "{path}");
        }
        assert_eq!(kind("go.mod"), Some(FileKind::Unsupported));
        assert_eq!(kind("lib/a.JAR"), Some(FileKind::Opaque));
        assert_eq!(kind("bun.lockb"), Some(FileKind::Opaque));
        assert_eq!(kind("notes.txt"), None);
    }
}
