//! What was found in a folder: packages by file, and what of it is not known.

use serde::Serialize;

use super::package::Package;

/// Files that were read, and the others that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    pub files: Vec<Scanned>,
    /// Lockfiles whose format is not read here.
    pub unsupported: Vec<String>,
    /// Files that hold packages and that nobody looks into here.
    pub opaque: Vec<String>,
    pub skipped: Vec<Skipped>,
}

/// One lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// In order, each once.
    pub packages: Vec<Package>,
}

/// What was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
    #[serde(skip)]
    pub why: Why,
}

/// Whether leaving it out leaves something unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What is in it is known by something else.
    Redundant,
    /// It might be affected, and nobody can say.
    Unknown,
}

impl Skipped {
    pub fn redundant(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), why: Why::Redundant }
    }

    pub fn unknown(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), why: Why::Unknown }
    }
}

impl Inventory {
    /// Every package of every file.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.files.iter().flat_map(|file| file.packages.iter().map(|package| (file.path.as_str(), package)))
    }
}
