//! An advisory as matching needs it: what it is called, whom it affects, how bad it is.

mod osv;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ecosystem::Ecosystem;
use super::severity::Severity;

pub use osv::parse;

/// Longest document of one advisory.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// As it is stored: fields are only added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    pub id: Box<str>,
    pub modified: Option<Timestamp>,
    /// Taken back: it says nothing any more.
    pub withdrawn: bool,
    /// The same flaw in other databases. What is merely related is not here.
    pub aliases: Vec<Box<str>>,
    pub summary: Box<str>,
    pub affected: Vec<Affected>,
}

/// What is affected in one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    pub ecosystem: Ecosystem,
    /// In its normal spelling.
    pub name: Box<str>,
    pub severity: Severity,
    pub ranges: Vec<Range>,
    /// Versions that are affected, whatever the ranges say.
    pub versions: Vec<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub order: Order,
    pub events: Vec<Event>,
}

/// What the versions of a range are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Semantic versions, whatever the ecosystem.
    SemVer,
    /// The ecosystem's own.
    Native,
    /// A history of commits, which is not here.
    Git,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// From here on, inclusive; `0` is before everything.
    Introduced(Box<str>),
    /// From here on no more.
    Fixed(Box<str>),
    /// After this no more.
    LastAffected(Box<str>),
    /// From here on the range says nothing.
    Limit(Box<str>),
}

impl Event {
    /// The version that it speaks of.
    pub fn version(&self) -> &str {
        match self {
            Self::Introduced(version) | Self::Fixed(version) | Self::LastAffected(version) | Self::Limit(version) => {
                version
            }
        }
    }
}
