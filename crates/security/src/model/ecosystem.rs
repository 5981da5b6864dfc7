//! Whose packages and versions they are.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::version::Scheme;

/// An ecosystem by its OSV name; the order of versions is known for those with a name of their own here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    CratesIo,
    Npm,
    PyPi,
    /// As OSV writes it, with the release where there is one: `AlmaLinux:9`.
    Other(Box<str>),
}

impl Ecosystem {
    /// The one that OSV calls so.
    pub fn named(name: &str) -> Self {
        match name {
            "crates.io" => Self::CratesIo,
            "npm" => Self::Npm,
            "PyPI" => Self::PyPi,
            other => Self::Other(other.into()),
        }
    }

    /// As OSV calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::CratesIo => "crates.io",
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
            Self::Other(name) => name,
        }
    }

    /// Whether it is another, or a release of it: `Debian:12` is of `Debian`.
    pub fn is_of(&self, other: &Self) -> bool {
        self == other || self.name().strip_prefix(other.name()).is_some_and(|rest| rest.starts_with(':'))
    }

    /// How its versions are ordered, if that is known here.
    pub const fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::CratesIo | Self::Npm => Some(Scheme::SemVer),
            Self::PyPi => Some(Scheme::Pep440),
            Self::Other(_) => None,
        }
    }

    /// The one spelling of a package's name by which it is found.
    pub fn normal<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self {
            Self::PyPi => pep503(name),
            Self::CratesIo | Self::Npm | Self::Other(_) => Cow::Borrowed(name),
        }
    }
}

impl Serialize for Ecosystem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Ecosystem {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::named(&Cow::<'de, str>::deserialize(from)?))
    }
}

impl std::fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// PEP 503: lower case, and every run of `-`, `_` and `.` is one `-`.
fn pep503(name: &str) -> Cow<'_, str> {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.');
    let is_normal = !name.contains("--") && !name.contains(|c: char| c.is_ascii_uppercase() || matches!(c, '_' | '.'));
    if is_normal {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if !is_separator(c) => normal.push(c.to_ascii_lowercase()),
            _ if normal.ends_with('-') => {}
            _ => normal.push('-'),
        }
    }
    Cow::Owned(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pypi_have_one_spelling() {
        for name in ["zope.interface", "Zope_Interface", "zope-.-interface", "ZOPE--interface"] {
            assert_eq!(Ecosystem::PyPi.normal(name), "zope-interface");
        }
        assert_eq!(Ecosystem::Npm.normal("JSONStream"), "JSONStream");
        assert_eq!(Ecosystem::CratesIo.normal("serde_json"), "serde_json");
    }
}
