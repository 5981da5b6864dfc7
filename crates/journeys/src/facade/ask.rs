//! Reports, trends and lists of persons: all from the outcomes of one evaluation.

use std::borrow::Cow;
use std::collections::HashSet;

use events::{ExposureIndex, Properties, Releases, Rows, Select, Who};
use kernel::{Cursor, Page, Problem};

use super::{Audience, By, Journeys, PersonOutcome, PersonRow, PersonsQuery, ReportQuery, TrendQuery};
use crate::Error;
use crate::model::report::{Asked, instant};
use crate::model::scalar::{Held, pick};
use crate::model::trend::{self, Point};
use crate::model::{self, Definition, Entries, List, Matcher, Order, Outcome, Outcomes, Report, Since};

/// Up to so many persons are asked for by their ids; of more everybody's events are read.
const PERSONS_ASKED_MAX: usize = 5_000;

/// Where a way is to lead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal<'a> {
    /// How many steps; how far somebody got later changes nothing of when they first got there.
    pub(super) depth: usize,
    /// Whoever is in it gets there no earlier than then.
    pub(super) since: &'a [Since],
}

/// Outcomes with the rows that they point into.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) outcomes: Outcomes,
    rows: Rows,
    entries: Entries,
    now_ms: i64,
}

impl Evaluated {
    /// The release on which a way began; only where they were asked for.
    pub(super) fn release(&self, outcome: &Outcome<'_>) -> Option<u64> {
        self.rows.lists[outcome.first.list as usize].releases[outcome.first.row as usize]
    }
}

impl Journeys {
    /// How many came how far, and how long it took.
    pub async fn report(&self, journey: &str, query: &ReportQuery) -> Result<Report, Error> {
        let stored = self.stored(journey).await?;
        let definition = &stored.definition;
        let evaluated = self.outcomes(definition, query).await?;
        let Entries { from_ms, to_ms } = evaluated.entries;
        let synthetic_persons = self.log.synthetic_persons(from_ms, to_ms).await?;
        let exposures = match &query.by {
            Some(By::Variant(flag)) => Some(self.log.exposures(flag).await?),
            _ => None,
        };
        let by = query.by.as_ref().map(By::text);
        let (entries, now_ms) = (evaluated.entries, evaluated.now_ms);
        let asked = Asked { definition, entries, now_ms, by: by.as_deref(), synthetic_persons };
        let rows = &evaluated.rows;
        let mut grouping = |outcome: &Outcome<'_>| match query.by.as_ref()? {
            By::Domain => definition.domain.as_deref().map(Cow::Borrowed),
            By::Release => evaluated.release(outcome).map(|deployment| Cow::Owned(deployment.to_string())),
            By::Property(name) => property(rows, outcome, name),
            By::Variant(_) => variant(exposures.as_ref()?, outcome, definition.within_ms()).map(Cow::Borrowed),
        };
        Ok(Report::of(&evaluated.outcomes, &asked, query.by.is_some().then_some(&mut grouping)))
    }

    /// A journey over time.
    pub async fn trend(&self, journey: &str, query: &TrendQuery) -> Result<Vec<Point>, Error> {
        let stored = self.stored(journey).await?;
        let evaluated = self.outcomes(&stored.definition, &query.report).await?;
        Ok(trend::trend(&evaluated.outcomes, stored.definition.steps.len(), query.by))
    }

    /// Who came so far, or did not; who entered last comes first.
    pub async fn persons(&self, journey: &str, query: &PersonsQuery) -> Result<Page<PersonRow>, Error> {
        let stored = self.stored(journey).await?;
        let steps = stored.definition.steps.len();
        let step = query.step.unwrap_or(steps);
        if step == 0 || step > steps {
            let problem = Problem::invalid(format!("there is no step {step}"));
            return Err(problem.hint(format!("{journey} has the steps 1 to {steps}")).into());
        }
        let before: Option<(i64, u64)> = query.cursor.as_deref().map(Cursor::decode).transpose()?;
        let evaluated = self.outcomes(&stored.definition, &query.report).await?;
        let place = |outcome: &Outcome<'_>| (outcome.entered_ms(), outcome.person);
        let fits = |outcome: &Outcome<'_>| {
            is_of(outcome, step, query.outcome) && before.is_none_or(|before| place(outcome) < before)
        };
        let mut found: Vec<Outcome<'_>> = evaluated.outcomes.iter().filter(fits).collect();
        found.sort_unstable_by_key(|outcome| std::cmp::Reverse(place(outcome)));
        found.truncate(query.limit + 1);
        let page = Page::cut(found, query.limit, |last| Cursor::encode(&place(last)));
        Ok(page.map(|outcome| person(&evaluated.rows, &outcome)))
    }

    pub(super) async fn outcomes(&self, definition: &Definition, query: &ReportQuery) -> Result<Evaluated, Error> {
        let who = match query.who {
            Audience::Everyone => Who::Everyone,
            Audience::Witnessed => Who::Witnessed,
        };
        self.outcomes_of(definition, query, who, Goal { depth: definition.steps.len(), since: &[] }).await
    }

    /// The one way from a question to outcomes; `who` in the place of the question's.
    pub(super) async fn outcomes_of(
        &self,
        definition: &Definition,
        query: &ReportQuery,
        who: Who,
        goal: Goal<'_>,
    ) -> Result<Evaluated, Error> {
        let now = self.clock.now();
        let entries = query.entries(now)?;
        let mut to_goal = definition.clone();
        to_goal.steps.truncate(goal.depth);
        let (matcher, ends) = match definition.order {
            // So many of all steps, whichever is done last.
            Order::Any => (Matcher::new(definition), 0),
            Order::Ordered | Order::Strict => (Matcher::new(&to_goal), 1 << (goal.depth - 1)),
        };
        let wants = matches!(query.by, Some(By::Property(_)));
        let mut select = Select {
            names: matcher.names().to_vec(),
            from_ms: entries.from_ms,
            // The end of the window is in it.
            to_ms: entries.to_ms.saturating_add(definition.within_ms()).saturating_add(1),
            properties: if wants { Properties::Wanted } else { properties(&matcher) },
            releases: if query.by == Some(By::Release) { Releases::Wanted } else { Releases::Left },
            who,
        };
        if definition.order == Order::Strict {
            select = self.all_events_of(select, &definition.steps[0].event).await?;
        }
        let rows = self.log.rows(select).await?;
        let (now_ms, since) = (now.as_millisecond(), goal.since.to_vec());
        let evaluation = tokio::task::spawn_blocking(move || {
            let list = |rows| List::of(rows, &matcher).only_since(&since, ends);
            let lists: Vec<List<'_>> = rows.lists.iter().map(list).collect();
            let outcomes = model::evaluate(&lists, &to_goal, entries, now_ms);
            drop(lists);
            Evaluated { outcomes, rows, entries, now_ms }
        });
        Ok(evaluation.await?)
    }

    /// Strict order looks at whatever the persons did who may have entered.
    async fn all_events_of(&self, select: Select, first_event: &str) -> Result<Select, Error> {
        // Persons who are witnessed are so with all their events.
        if select.who != Who::Everyone {
            return Ok(Select { names: Vec::new(), ..select });
        }
        let entries = Select {
            names: vec![first_event.to_owned()],
            properties: Properties::Left,
            releases: Releases::Left,
            ..select.clone()
        };
        let rows = self.log.rows(entries).await?;
        let keys: HashSet<u64> = rows.lists.iter().flat_map(|list| &list.persons).copied().collect();
        let ids: Vec<String> = keys.iter().filter_map(|key| rows.person(*key)).map(str::to_owned).collect();
        let names = Vec::new();
        let can_ask = ids.len() == keys.len() && (1..=PERSONS_ASKED_MAX).contains(&ids.len());
        Ok(if can_ask { Select { names, who: Who::Only(ids), ..select } } else { Select { names, ..select } })
    }
}

/// What a definition's conditions ask for.
pub(super) fn properties(matcher: &Matcher) -> Properties {
    if matcher.looks_at_properties() { Properties::Wanted } else { Properties::Left }
}

/// What a property of the first step's event holds.
fn property<'a>(rows: &'a Rows, outcome: &Outcome<'_>, name: &str) -> Option<Cow<'a, str>> {
    let properties = &rows.lists[outcome.first.list as usize].properties[outcome.first.row as usize];
    let mut found = [Held::Nothing];
    pick(properties, &[name], &mut found);
    found[0].label().map(|label| Cow::Owned(label.into_owned()))
}

/// The variant that was in force at the first step, else the one that they were given while the window was open.
fn variant<'a>(exposures: &'a ExposureIndex, outcome: &Outcome<'_>, within_ms: i64) -> Option<&'a str> {
    let entered_ms = outcome.entered_ms();
    let at = |time_ms| exposures.at(outcome.person, time_ms);
    at(entered_ms).or_else(|| {
        let first_ms = exposures.first_ms(outcome.person)?;
        if first_ms <= entered_ms.saturating_add(within_ms) { at(first_ms) } else { None }
    })
}

fn is_of(outcome: &Outcome<'_>, step: usize, wanted: PersonOutcome) -> bool {
    match wanted {
        PersonOutcome::Converted => outcome.depth() >= step,
        PersonOutcome::Dropped => outcome.depth() + 1 == step && !outcome.is_pending,
        PersonOutcome::Pending => outcome.depth() + 1 == step && outcome.is_pending,
    }
}

fn person(rows: &Rows, outcome: &Outcome<'_>) -> PersonRow {
    let id = rows.person(outcome.person).map_or_else(|| format!("#{}", outcome.person), str::to_owned);
    PersonRow {
        person: id,
        steps_done: outcome.depth(),
        entered_at: instant(outcome.entered_ms()),
        times: outcome.times_ms.iter().map(|ms| instant(*ms)).collect(),
        is_pending: outcome.is_pending,
    }
}
