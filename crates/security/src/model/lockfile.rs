//! Lockfiles: which packages in which versions. What cannot be read is an error with its place, never a shorter list.

mod cargo;
mod npm;
mod poetry;
mod requirements;
mod tables;
mod uv;

use kernel::{Kind, Problem};

use super::package::Package;
use super::place::Source;
use super::plain::is_plain;

/// Longest lockfile.
pub const FILE_BYTES_MAX: usize = 32 << 20;
/// Most packages in one lockfile.
pub const PACKAGES_MAX: usize = 200_000;

/// Whose lockfile it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    Cargo,
    Npm,
    Requirements,
    Uv,
    Poetry,
}

impl Format {
    /// By the file's name; for requirements also by the name of its folder.
    pub fn of(name: &str, folder: Option<&str>) -> Option<Self> {
        match name {
            "Cargo.lock" => Some(Self::Cargo),
            "package-lock.json" | "npm-shrinkwrap.json" => Some(Self::Npm),
            "uv.lock" => Some(Self::Uv),
            "poetry.lock" => Some(Self::Poetry),
            other => Self::is_requirements(other, folder).then_some(Self::Requirements),
        }
    }

    fn is_requirements(name: &str, folder: Option<&str>) -> bool {
        let Some(stem) = name.strip_suffix(".txt") else { return false };
        stem.starts_with("requirements") || stem.ends_with("requirements") || folder == Some("requirements")
    }
}

/// What a lockfile says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    pub packages: Vec<Package>,
    /// What it names and does not lock.
    pub unlocked: Vec<Unlocked>,
    /// Other files that belong to it, relative to it.
    pub includes: Vec<Include>,
}

impl Content {
    /// Whatever of the file is told.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let packages = self.packages.iter().flat_map(|package| [package.name.as_str(), &package.version]);
        let reasons = self.unlocked.iter().map(|unlocked| unlocked.reason.as_str());
        packages.chain(reasons).chain(self.includes.iter().map(|include| include.path.as_str()))
    }
}

/// A dependency of which the version is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    pub line: u32,
    pub reason: String,
}

/// `-r other.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    pub line: u32,
    pub path: String,
}

/// Reads a lockfile; the packages are in order, each once.
pub fn read(format: Format, source: Source<'_>) -> Result<Content, Problem> {
    if source.text.len() > FILE_BYTES_MAX {
        return Err(too_large(source, &format!("the file has more than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    let mut content = match format {
        Format::Cargo => cargo::read(source),
        Format::Npm => npm::read(source),
        Format::Requirements => requirements::read(source),
        Format::Uv => uv::read(source),
        Format::Poetry => poetry::read(source),
    }?;
    if content.packages.len() > PACKAGES_MAX {
        return Err(too_large(source, &format!("the file names more than {PACKAGES_MAX} packages")));
    }
    if let Some(text) = content.texts().find(|text| !is_plain(text)) {
        let what = format!("{text:?} has characters that do not show, or not as they are");
        return Err(
            source.at(0, Problem::invalid(what).hint("no registry has such names; look who wrote them into the file"))
        );
    }
    content.packages.sort_unstable();
    content.packages.dedup();
    Ok(content)
}

/// The problem of a file beyond a bound.
fn too_large(source: Source<'_>, what: &str) -> Problem {
    source.at(0, Problem::new(Kind::TooLarge, what).hint("a lockfile of one product is far smaller; is it one?"))
}

#[cfg(test)]
mod tests;
