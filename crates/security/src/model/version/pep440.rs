//! Python's versions: PEP 440 as `packaging` reads and orders it, and the older ones below.

mod legacy;
mod reading;

use super::Number;
use legacy::Legacy;

/// A version's place in the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Legacy(Legacy),
    Modern(Box<Modern>),
}

impl Version {
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        reading::read(&text).map_or_else(|| Self::Legacy(Legacy::of(&text)), |modern| Self::Modern(Box::new(modern)))
    }
}

/// Whether PEP 440 knows such a version.
pub(super) fn is_valid(text: &str) -> bool {
    reading::read(&text.trim().to_lowercase()).is_some()
}

/// What PEP 440 orders by, from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Modern {
    epoch: Number,
    /// Without zeros at its end.
    release: Vec<Number>,
    stage: Stage,
    post: Option<Number>,
    development: Development,
    local: Vec<Local>,
}

/// How far it is; a development release of nothing else comes before alpha.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Development,
    Alpha(Number),
    Beta(Number),
    Candidate(Number),
    Final,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Development {
    Of(Number),
    Done,
}

/// A part after `+`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    Word(Box<str>),
    Number(Number),
}
