//! The checks: pure functions over what the files of a product say.
//!
//! A check finds; whether that stops anything is the principle's business (`verdict`). What a check cannot know, because it is
//! put together at run time or nobody declared it, it does not guess.

mod declared;
mod dependencies;
mod events;
mod files;
mod imports;
mod owners;
mod tables;
#[cfg(test)]
mod tests;

use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Product;

/// The checks that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = PrincipleCheck)]
pub enum Check {
    OwnerExists,
    FileWithoutOwner,
    TableWithoutOwner,
    WriteToForeignTable,
    FlagWithoutOwner,
    FlagWithoutExpiry,
    FlagWithoutJourney,
    EventWithoutOwner,
    DependencyOffRadar,
    ImportAcrossSurface,
}

impl Check {
    pub const ALL: [Self; 10] = [
        Self::OwnerExists,
        Self::FileWithoutOwner,
        Self::TableWithoutOwner,
        Self::WriteToForeignTable,
        Self::FlagWithoutOwner,
        Self::FlagWithoutExpiry,
        Self::FlagWithoutJourney,
        Self::EventWithoutOwner,
        Self::DependencyOffRadar,
        Self::ImportAcrossSurface,
    ];

    /// As principles and waivers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnerExists => "owner-exists",
            Self::FileWithoutOwner => "file-without-owner",
            Self::TableWithoutOwner => "table-without-owner",
            Self::WriteToForeignTable => "write-to-foreign-table",
            Self::FlagWithoutOwner => "flag-without-owner",
            Self::FlagWithoutExpiry => "flag-without-expiry",
            Self::FlagWithoutJourney => "flag-without-journey",
            Self::EventWithoutOwner => "event-without-owner",
            Self::DependencyOffRadar => "dependency-off-radar",
            Self::ImportAcrossSurface => "import-across-surface",
        }
    }

    /// It is about a flag alone: what a waiver names is the flag's key.
    pub const fn is_of_flags(self) -> bool {
        matches!(self, Self::FlagWithoutOwner | Self::FlagWithoutExpiry | Self::FlagWithoutJourney)
    }

    /// The check of that name.
    pub fn called(name: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|check| check.name() == name);
        let unknown = || Problem::invalid(format!("{name:?} is no check"));
        let known = || Self::ALL.iter().map(|check| check.name());
        found.ok_or_else(|| unknown().hint(misread::suggestion(name, known())))
    }

    fn run(self, product: &Product) -> Vec<Finding> {
        match self {
            Self::OwnerExists => owners::owner_exists(product),
            Self::FileWithoutOwner => files::without_owner(product),
            Self::TableWithoutOwner => tables::without_owner(product),
            Self::WriteToForeignTable => tables::foreign_writes(product),
            Self::FlagWithoutOwner => declared::flags_without_owner(product),
            Self::FlagWithoutExpiry => declared::flags_without_expiry(product),
            Self::FlagWithoutJourney => declared::flags_without_journey(product),
            Self::EventWithoutOwner => events::without_owner(product),
            Self::DependencyOffRadar => dependencies::off_radar(product),
            Self::ImportAcrossSurface => imports::across_surface(product),
        }
    }
}

/// What a check found. The message has no line in it, so that a finding is known again when lines move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub check: Check,
    /// What a waiver names.
    pub what: String,
    pub path: String,
    /// From 1; none where it is about the whole file.
    pub line: Option<u32>,
    /// Whose it is to say: the domain whose boundary it crosses, else the one that it lies in.
    pub domain: Option<String>,
    pub message: String,
    /// What mends it.
    pub advice: String,
}

/// All that the checks find, in the order of check, path and line.
pub fn findings(product: &Product) -> Vec<Finding> {
    let mut findings: Vec<_> = Check::ALL.into_iter().flat_map(|check| check.run(product)).collect();
    findings.sort_by(|a, b| (a.check, &a.path, a.line, &a.message).cmp(&(b.check, &b.path, b.line, &b.message)));
    findings.dedup();
    findings
}
