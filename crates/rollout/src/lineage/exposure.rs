//! When a change's flags first reached customers, and how many.

use events::ExposureIndex;
use jiff::Timestamp;
use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::definitions::Contexts;
use crate::facade::Error;

/// Whom something reached that stands behind a flag of the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlagExposure {
    pub flag: String,
    /// The variants that were given, without the one that it is off with.
    pub variants: Vec<String>,
    /// When the first person was given one of them since the change landed; `null`: nobody was.
    pub first: Option<String>,
    /// Persons who were given one of them since.
    pub persons: u64,
}

impl FlagExposure {
    /// `"on"`, `"red" or "blue"`
    pub(crate) fn told(&self) -> String {
        let quoted: Vec<_> = self.variants.iter().map(|variant| format!("{variant:?}")).collect();
        quoted.join(" or ")
    }
}

/// Of each flag. One that is not in force here has reached nobody.
pub(crate) async fn of(contexts: &Contexts, flags: &[String], landed: Timestamp) -> Result<Vec<FlagExposure>, Error> {
    let mut all = Vec::new();
    for flag in flags {
        let off = match contexts.flags.show(flag).await.map_err(Problem::from) {
            Ok(view) => view.off_variant.or(view.default_variant),
            Err(problem) if problem.kind == Kind::NotFound => None,
            Err(problem) => return Err(problem.into()),
        };
        let index = contexts.events.exposures(flag).await.map_err(Problem::from)?;
        all.push(reached(flag, off.as_deref(), &index, landed));
    }
    Ok(all)
}

fn reached(flag: &str, off: Option<&str>, index: &ExposureIndex, landed: Timestamp) -> FlagExposure {
    let (mut variants, mut persons) = (Vec::<String>::new(), 0);
    let (mut first_ms, mut newest) = (None::<i64>, None);
    let since = landed.as_millisecond();
    // By person and time.
    for (person, at_ms, variant) in index.each().filter(|(_, at, variant)| *at >= since && Some(*variant) != off) {
        first_ms = Some(first_ms.map_or(at_ms, |first| first.min(at_ms)));
        if newest.replace(person) != Some(person) {
            persons += 1;
        }
        if !variants.iter().any(|known| known == variant) {
            variants.push(variant.to_owned());
        }
    }
    variants.sort();
    let first = first_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(|at| at.to_string());
    FlagExposure { flag: flag.to_owned(), variants, first, persons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(rows: &[(u64, i64, &str)]) -> ExposureIndex {
        ExposureIndex::of(rows.iter().map(|(person, at_ms, variant)| (*person, *at_ms, (*variant).to_owned())))
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn who_was_given_what_it_is_off_with_was_not_reached() {
        let index =
            index(&[(1, 5_000, "off"), (2, 9_000, "on"), (1, 7_000, "on"), (1, 8_000, "on"), (3, 1_000, "off")]);
        let told = reached("gift-wrap", Some("off"), &index, at(0));
        assert_eq!((told.persons, told.first.as_deref()), (2, Some("1970-01-01T00:00:07Z")));
        assert_eq!(told.told(), "\"on\"");
    }

    #[test]
    fn what_was_before_the_change_is_not_its_doing() {
        let index = index(&[(1, 5_000, "red"), (2, 9_000, "blue")]);
        let told = reached("colour", Some("grey"), &index, at(6_000));
        assert_eq!((told.persons, told.variants), (1, vec!["blue".to_owned()]));
        let nobody = reached("colour", Some("grey"), &index, at(10_000));
        assert_eq!((nobody.persons, nobody.first), (0, None));
    }
}
