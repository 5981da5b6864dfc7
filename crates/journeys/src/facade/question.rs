//! What can be asked of a journey.

use jiff::{SignedDuration, Timestamp};
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Error;
use crate::model::Entries;
use crate::model::trend::Grain;

/// How far back one looks unless one says.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Whose events count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// All persons; probes and bots are left out.
    #[default]
    Everyone,
    /// Only persons whose signed cookie came back.
    Witnessed,
}

/// What a report is broken down by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The variant of a flag that a person was exposed to.
    Variant(String),
    /// The deployment of the first step.
    Release,
    Domain,
    /// A property of the first step's event.
    Property(String),
}

impl By {
    /// `variant:FLAG`, `release`, `domain`, or a property; `property:NAME` for one that is called like those.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let named = |rest: &str, by: fn(String) -> Self| {
            let empty = || {
                Problem::invalid(format!("{text:?} names nothing"))
                    .hint("for example variant:new-checkout, release or plan")
            };
            if rest.is_empty() { Err(empty()) } else { Ok(by(rest.to_owned())) }
        };
        match text {
            "release" => Ok(Self::Release),
            "domain" => Ok(Self::Domain),
            _ => match text.split_once(':') {
                Some(("variant", flag)) => named(flag, Self::Variant),
                Some(("property", name)) => named(name, Self::Property),
                _ => named(text, Self::Property),
            },
        }
    }

    /// As it is said.
    pub fn text(&self) -> String {
        match self {
            Self::Variant(flag) => format!("variant:{flag}"),
            Self::Release => "release".into(),
            Self::Domain => "domain".into(),
            Self::Property(name) => name.clone(),
        }
    }
}

/// A report's question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// First steps from then on; 28 days back unless given.
    pub from: Option<Timestamp>,
    /// First steps before then; now unless given.
    pub to: Option<Timestamp>,
    pub by: Option<By>,
    pub who: Audience,
}

impl ReportQuery {
    pub(crate) fn entries(&self, now: Timestamp) -> Result<Entries, Error> {
        // What happens in this very millisecond is there too.
        let to_ms = self.to.map_or_else(|| now.as_millisecond() + 1, ceil_ms);
        let from_ms = match self.from {
            Some(from) => ceil_ms(from),
            None => to_ms.saturating_sub(i64::try_from(LOOK_BACK.as_millis()).unwrap_or(i64::MAX)),
        };
        if from_ms < to_ms {
            return Ok(Entries { from_ms, to_ms });
        }
        let problem = Problem::invalid("the time ends before it begins").hint("`from` must be before `to`");
        Err(problem.into())
    }
}

/// Events have whole milliseconds, so a bound between two is as good as the later one.
fn ceil_ms(time: Timestamp) -> i64 {
    let ms = time.as_millisecond();
    if Timestamp::from_millisecond(ms).is_ok_and(|floor| floor < time) { ms + 1 } else { ms }
}

/// A trend's question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrendQuery {
    pub report: ReportQuery,
    pub by: Grain,
}

/// What became of persons at a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonOutcome {
    /// They did it.
    #[default]
    Converted,
    /// They did the step before, and their time is over.
    Dropped,
    /// They did the step before, and have time left.
    Pending,
}

/// Which persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonsQuery {
    pub report: ReportQuery,
    /// From 1; the last unless given.
    pub step: Option<usize>,
    pub outcome: PersonOutcome,
    pub limit: usize,
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_broken_down_by_is_read_and_said_again() {
        for text in ["variant:new-checkout", "release", "domain", "plan"] {
            assert_eq!(By::parse(text).unwrap().text(), text);
        }
        assert_eq!(By::parse("property:release").unwrap(), By::Property("release".into()));
        assert!(By::parse("variant:").is_err());
        assert!(By::parse("").is_err());
    }

    #[test]
    fn a_bound_between_two_milliseconds_is_the_later_one() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let base = time("2026-03-01T00:00:00Z").as_millisecond();
        assert_eq!(ceil_ms(time("2026-03-01T00:00:00.0001Z")), base + 1);
        assert_eq!(ceil_ms(time("2026-03-01T00:00:00Z")), base);
    }
}
