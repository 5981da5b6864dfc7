//! A package that a lockfile names.

use serde::{Deserialize, Serialize};

use super::ecosystem::Ecosystem;

/// One package in one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    pub ecosystem: Ecosystem,
    /// As it is written where it was found.
    pub name: String,
    pub version: String,
    pub origin: Origin,
}

impl Package {
    /// A package of its ecosystem's registry.
    pub fn registered(ecosystem: Ecosystem, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { ecosystem, name: name.into(), version: version.into(), origin: Origin::Registry }
    }
}

/// Where a package comes from. Advisories speak of the ecosystem's own registry: what has the same name elsewhere is another
/// package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The ecosystem's registry, or a mirror of it.
    Registry,
    /// The folder that the lockfile is of.
    Local,
    /// A registry of somebody else.
    OtherRegistry { url: String },
    /// A repository, with its commit where it is locked.
    Git { url: String },
    /// An archive.
    Archive { url: String },
}
