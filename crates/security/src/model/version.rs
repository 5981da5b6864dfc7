//! The order of versions, each ecosystem's own. Any text has a place in it, numbers of any length too.

mod number;
mod pep440;
mod semver;

use number::Number;

/// A rule of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// [Semantic Versioning 2.0.0](https://semver.org): npm and crates.io, and OSV's ranges of type `SEMVER`.
    SemVer,
    /// [PEP 440](https://peps.python.org/pep-0440/), and below all of it what is older than that.
    Pep440,
}

/// A version's place in its scheme's order; keys of different schemes say nothing of each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a>(Parsed<'a>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Parsed<'a> {
    SemVer(semver::Version<'a>),
    Pep440(pep440::Version),
}

impl Scheme {
    /// Where a version stands.
    pub fn key(self, version: &str) -> Key<'_> {
        Key(match self {
            Self::SemVer => Parsed::SemVer(semver::Version::of(version)),
            Self::Pep440 => Parsed::Pep440(pep440::Version::of(version)),
        })
    }

    /// Whether a version is one by the scheme's own rule, and not only something that has a place in its order.
    pub fn is_valid(self, version: &str) -> bool {
        match self {
            Self::SemVer => semver::is_valid(version),
            Self::Pep440 => pep440::is_valid(version),
        }
    }
}
