//! What files and folders are, by their names.

use std::ffi::OsStr;
use std::path::Path;

use crate::model::Format;

/// What is read.
pub(super) const SUPPORTED: &str =
    "Cargo.lock, package-lock.json, npm-shrinkwrap.json, requirements*.txt, uv.lock, poetry.lock";

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
const OPAQUE: [&str; 14] =
    ["jar", "war", "ear", "aar", "whl", "egg", "nupkg", "gem", "crate", "deb", "rpm", "apk", "phar", "lockb"];

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

/// A folder that is not looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// Of a version control system: nothing of what ships is there.
    History,
    /// What a lockfile elsewhere says is there.
    Installed(&'static str),
}

impl Folder {
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.file_name().and_then(OsStr::to_str)? {
            ".git" | ".hg" | ".jj" | ".svn" => Some(Self::History),
            "node_modules" => Some(Self::Installed("installed packages; the lockfile says which they are")),
            _ if path.join("pyvenv.cfg").is_file() => {
                Some(Self::Installed("a virtual environment; the lockfile says what is in it"))
            }
            _ if path.join("CACHEDIR.TAG").is_file() => Some(Self::Installed("a cache, by its CACHEDIR.TAG")),
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
