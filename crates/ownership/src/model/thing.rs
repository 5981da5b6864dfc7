//! What can be owned.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kinds of things that a domain owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThingKind {
    Path,
    Table,
    Event,
    Flag,
    Journey,
    Experiment,
    Survey,
}

impl ThingKind {
    pub const ALL: [Self; 7] =
        [Self::Path, Self::Table, Self::Event, Self::Flag, Self::Journey, Self::Experiment, Self::Survey];

    /// One of them, as people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Table => "table",
            Self::Event => "event",
            Self::Flag => "flag",
            Self::Journey => "journey",
            Self::Experiment => "experiment",
            Self::Survey => "survey",
        }
    }

    /// The annotation that lists them, without its prefix.
    pub const fn annotation(self) -> &'static str {
        match self {
            Self::Path => "paths",
            Self::Table => "tables",
            Self::Event => "events",
            Self::Flag => "flags",
            Self::Journey => "journeys",
            Self::Experiment => "experiments",
            Self::Survey => "surveys",
        }
    }

    pub(crate) fn of_annotation(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.annotation() == key)
    }
}

/// One thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing<'a> {
    pub kind: ThingKind,
    /// A path is from the top of the repository, without a slash in front.
    pub name: &'a str,
}

impl<'a> Thing<'a> {
    pub const fn new(kind: ThingKind, name: &'a str) -> Self {
        Self { kind, name }
    }

    pub const fn path(name: &'a str) -> Self {
        Self::new(ThingKind::Path, name)
    }

    pub const fn table(name: &'a str) -> Self {
        Self::new(ThingKind::Table, name)
    }
}
