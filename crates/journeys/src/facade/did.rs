//! Who did what, and when: for whoever compares persons.

use events::{EventRows, Persons, Properties, Releases, Select, Who};
use kernel::Problem;

use super::ask::{Goal, properties};
use super::{Journeys, ReportQuery};
use crate::Error;
use crate::model::definition::Step;
use crate::model::kernel::Steps;
use crate::model::scalar::{Held, pick};
use crate::model::{Definition, Matcher, Order, Since};

/// What a person can have done.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// All steps of a journey, or those up to one. Of each person the way that got there first.
    Journey { journey: String, step: Option<String> },
    /// An event.
    Event(Step),
    /// An event, for as much as this property holds; an event that holds no number counts nothing.
    Sum(Step, String),
}

/// Somebody did it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Did {
    /// The key of the resolved person.
    pub person: u64,
    pub at_ms: i64,
    /// 1, or what the property holds.
    pub value: f64,
}

impl Journeys {
    /// The revision of a journey's definition that is in force.
    pub async fn revision(&self, journey: &str) -> Result<u64, Error> {
        Ok(self.stored(journey).await?.revision)
    }

    /// Who of these persons did it, each since their own instant; only those whose signed cookie came back. `of` is in order of
    /// persons. A journey may have been entered before, from `from_ms` on; in any order it is the first way since then that counts.
    pub async fn did(&self, deed: &Deed, from_ms: i64, of: &[Since]) -> Result<Vec<Did>, Error> {
        let who = Who::WitnessedOf(Persons::of(of.iter().map(|since| since.person)));
        let mut did = match deed {
            Deed::Journey { journey, step } => self.came_to(journey, step.as_deref(), from_ms, (who, of)).await?,
            Deed::Event(step) => self.had(step, None, from_ms, who).await?,
            Deed::Sum(step, property) => self.had(step, Some(property), from_ms, who).await?,
        };
        did.retain(|did| since(of, did.person).is_some_and(|at_ms| at_ms <= did.at_ms));
        Ok(did)
    }

    async fn came_to(
        &self,
        journey: &str,
        step: Option<&str>,
        from_ms: i64,
        (who, since): (Who, &[Since]),
    ) -> Result<Vec<Did>, Error> {
        let definition = self.stored(journey).await?.definition;
        let depth = depth_of(&definition, step)?;
        let from = jiff::Timestamp::from_millisecond(from_ms).ok();
        let query = ReportQuery { from, ..ReportQuery::default() };
        let evaluated = self.outcomes_of(&definition, &query, who, Goal { depth, since }).await?;
        let there = evaluated.outcomes.iter().filter(|outcome| outcome.depth() >= depth);
        Ok(there
            .map(|outcome| Did { person: outcome.person, at_ms: outcome.times_ms[depth - 1], value: 1.0 })
            .collect())
    }

    async fn had(&self, step: &Step, sum: Option<&str>, from_ms: i64, who: Who) -> Result<Vec<Did>, Error> {
        let within = std::time::Duration::from_secs(1);
        let alone = Definition {
            journey: String::new(),
            domain: None,
            within,
            order: Order::Ordered,
            steps: vec![step.clone()],
            probe: None,
            guard: None,
        };
        let matcher = Matcher::new(&alone);
        let select = Select {
            names: matcher.names().to_vec(),
            from_ms,
            to_ms: i64::MAX,
            properties: if sum.is_some() { Properties::Wanted } else { properties(&matcher) },
            releases: Releases::Left,
            who,
        };
        let rows = self.log.rows(select).await?;
        Ok(rows.lists.iter().flat_map(|list| deeds(list, &matcher, sum)).collect())
    }
}

fn since(of: &[Since], person: u64) -> Option<i64> {
    of.binary_search_by_key(&person, |since| since.person).ok().map(|at| of[at].at_ms)
}

fn depth_of(definition: &Definition, step: Option<&str>) -> Result<usize, Problem> {
    let Some(step) = step else { return Ok(definition.steps.len()) };
    let at = definition.steps.iter().position(|declared| declared.name == step);
    at.map(|at| at + 1).ok_or_else(|| {
        let names: Vec<_> = definition.steps.iter().map(|declared| declared.name.as_str()).collect();
        let problem = Problem::invalid(format!("the journey {:?} has no step {step:?}", definition.journey));
        problem.hint(format!("its steps are {}", names.join(", ")))
    })
}

fn deeds(list: &EventRows, matcher: &Matcher, sum: Option<&str>) -> Vec<Did> {
    let steps = matcher.column(list);
    let fills = |row: usize| match &steps {
        Steps::All(bits) => *bits != 0,
        Steps::Each(bits) => bits[row] != 0,
    };
    let value = |row: usize| match sum {
        None => Some(1.0),
        Some(property) => number(&list.properties[row], property),
    };
    let rows = (0..list.persons.len()).filter(|row| fills(*row));
    rows.filter_map(|row| Some(Did { person: list.persons[row], at_ms: list.times_ms[row], value: value(row)? }))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 an amount is as exact as a double is")]
fn number(properties: &serde_json::value::RawValue, name: &str) -> Option<f64> {
    let mut found = [Held::Nothing];
    pick(properties, &[name], &mut found);
    match found[0] {
        Held::Whole(whole) => Some(whole as f64),
        Held::Number(number) => Some(number),
        _ => None,
    }
}
