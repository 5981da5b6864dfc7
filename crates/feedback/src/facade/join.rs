//! From the event log to what was said, and to what its person saw and did at that time. Nothing of it is stored.

use std::collections::{BTreeMap, HashMap};

use events::{EventRows, ExposureIndex, Properties, Releases, Rows, Select, Who};
use jiff::Timestamp;
use journeys::model::{Definition as Journey, Entries, List, Matcher, Order, Steps, evaluate};

use super::given::NOBODY;
use super::{Feedback, Item, Passed, Query, Scope};
use crate::model::{NAMES, Said, Survey, said};
use crate::{Error, store};

/// So many events are looked at, the newest.
const EVENTS_MAX: usize = 50_000;
/// Up to so many persons are asked for by their ids; of more everybody's events are read.
const PERSONS_ASKED_MAX: usize = 2_000;

/// Something that was said, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) said: Said,
    pub(super) at_ms: i64,
    /// The key of the resolved person.
    key: u64,
    person: Option<String>,
    release: Option<u64>,
    because: Vec<String>,
    sequence: u64,
}

/// What fits a query.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) all: Vec<Found>,
    /// Older events were not looked at.
    pub(super) is_cut: bool,
}

impl Feedback {
    /// All that fits, in no order.
    pub(super) async fn found(&self, query: &Query, scope: Option<&Scope>) -> Result<All, Error> {
        query.check()?;
        let from_ms = query.from.map_or(0, Timestamp::as_millisecond);
        let from_ms = match scope {
            Some(Scope { from_ms: None, .. }) => return Ok(All::default()),
            Some(Scope { from_ms: Some(begun), .. }) => from_ms.max(*begun),
            None => from_ms,
        };
        let select = Select {
            names: NAMES.map(str::to_owned).to_vec(),
            from_ms,
            to_ms: query.to.map_or(i64::MAX, Timestamp::as_millisecond),
            properties: Properties::Wanted,
            releases: Releases::Wanted,
            who: query.person.clone().map_or(Who::Everyone, |person| Who::Only(vec![person])),
        };
        let rows = self.0.options.events.rows(select).await?;
        let surveys: HashMap<String, Survey> = store::all(self.db())
            .await?
            .into_iter()
            .map(|stored| (stored.survey.survey.clone(), stored.survey))
            .collect();
        let mut found = tokio::task::spawn_blocking(move || read(&rows, &surveys)).await?;
        let tags = store::tags(self.db()).await?;
        for one in &mut found.all {
            if let Some(tags) = tags.get(&one.said.id) {
                one.said.tags.clone_from(tags);
            }
        }
        found.all.retain(|one| query.takes(&one.said, one.release, one.person.as_deref()));
        if let Some(flag) = &query.flag {
            let shown = self.0.options.events.exposures(flag).await?;
            let fits = |had: &str| query.variant.as_ref().is_none_or(|wanted| wanted == had);
            found.all.retain(|one| shown.at(one.key, one.at_ms).is_some_and(fits));
        }
        if let Some(domain) = &query.domain {
            let mut owners = self.owners(&found.all).await?.into_iter();
            found.all.retain(|_| owners.next().flatten().as_ref() == Some(domain));
        }
        if let Some(scope) = scope {
            self.keep_the_change(&mut found.all, scope).await?;
        }
        if let Some(journey) = &query.journey {
            let passed = self.passed(&found.all, Some(journey)).await?;
            let mut passed = passed.into_iter();
            found.all.retain(|_| passed.next().is_some_and(|passed| !passed.is_empty()));
        }
        Ok(found)
    }

    /// Those that belong to the change: said by whoever had a variant of its flags, or its deployment.
    async fn keep_the_change(&self, all: &mut Vec<Found>, scope: &Scope) -> Result<(), Error> {
        for flag in &scope.flags {
            let shown = self.0.options.events.exposures(flag).await?;
            for one in all.iter_mut() {
                if let Some(variant) = shown.at(one.key, one.at_ms) {
                    one.because.push(format!("variant {variant} of {flag}"));
                }
            }
        }
        for one in all.iter_mut() {
            if let Some(release) = one.release.filter(|release| scope.releases.contains(release)) {
                one.because.push(format!("deployment {release}"));
            }
        }
        all.retain(|one| !one.because.is_empty());
        Ok(())
    }

    /// With all that their persons saw and did.
    pub(super) async fn joined(&self, all: Vec<Found>) -> Result<Vec<Item>, Error> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let mut shown: BTreeMap<String, ExposureIndex> = BTreeMap::new();
        for flag in self.0.options.events.exposed_flags().await? {
            let index = self.0.options.events.exposures(&flag).await?;
            shown.insert(flag, index);
        }
        let passed = self.passed(&all, None).await?;
        let owners = self.owners(&all).await.unwrap_or_else(|error| {
            tracing::warn!(error = kernel::chain(&error), "whose feedback it is is not known");
            vec![None; all.len()]
        });
        let joined = all.into_iter().zip(passed).zip(owners);
        Ok(joined.map(|((one, passed), owner)| item(one, passed, owner, &shown)).collect())
    }

    /// The journeys of each, in the same order; all journeys, or one.
    async fn passed(&self, all: &[Found], wanted: Option<&str>) -> Result<Vec<Vec<Passed>>, Error> {
        let mut passed = vec![Vec::new(); all.len()];
        let declared = self.0.options.journeys.definitions().await?;
        for journey in declared.iter().filter(|journey| wanted.is_none_or(|wanted| wanted == journey.journey)) {
            let rows = self.steps_of(journey, all).await?;
            let who: Vec<_> = all.iter().map(|one| (one.person.is_some(), one.key, one.at_ms)).collect();
            let (declared, steps) = (journey.clone(), journey.steps.len() as u64);
            let done = tokio::task::spawn_blocking(move || all_steps_done(&declared, &rows, &who)).await?;
            for ((one, done), passed) in all.iter().zip(done).zip(&mut passed) {
                let is_about = one.said.journey.as_ref() == Some(&journey.journey);
                if done == 0 && !is_about {
                    continue;
                }
                let step = done.checked_sub(1).and_then(|last| journey.steps.get(last)).map(|step| step.name.clone());
                let (journey, steps_done) = (journey.journey.clone(), done as u64);
                passed.push(Passed { journey, step, steps_done, steps, is_about });
            }
        }
        // A journey that is not declared any more is still what it was about.
        for (one, passed) in all.iter().zip(&mut passed) {
            let about = one.said.journey.as_ref().filter(|about| wanted.is_none_or(|wanted| wanted == *about));
            if let Some(about) = about.filter(|about| !passed.iter().any(|known| known.journey == **about)) {
                let journey = about.clone();
                passed.push(Passed { journey, step: None, steps_done: 0, steps: 0, is_about: true });
            }
        }
        Ok(passed)
    }

    async fn steps_of(&self, journey: &Journey, all: &[Found]) -> Result<Rows, Error> {
        let mut persons: Vec<String> = all.iter().filter_map(|one| one.person.clone()).collect();
        persons.sort_unstable();
        persons.dedup();
        let times = || all.iter().map(|one| one.at_ms);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(Rows::default()) };
        if persons.is_empty() {
            return Ok(Rows::default());
        }
        let matcher = Matcher::new(journey);
        let is_strict = journey.order == Order::Strict;
        let wants = matcher.looks_at_properties();
        let select = Select {
            names: if is_strict { Vec::new() } else { matcher.names().to_vec() },
            from_ms: first.saturating_sub(journey.within_ms()),
            to_ms: last.saturating_add(1),
            properties: if wants { Properties::Wanted } else { Properties::Left },
            releases: Releases::Left,
            who: if persons.len() > PERSONS_ASKED_MAX { Who::Everyone } else { Who::Only(persons) },
        };
        Ok(self.0.options.events.rows(select).await?)
    }
}

/// How many steps each had done when they spoke, of a way that they began within the journey's time before. Whose words are
/// nobody's did none.
fn all_steps_done(journey: &Journey, rows: &Rows, who: &[(bool, u64, i64)]) -> Vec<usize> {
    let matcher = Matcher::new(journey);
    let done = |(is_known, key, at_ms): &(bool, u64, i64)| {
        if !is_known {
            return 0;
        }
        let within = at_ms.saturating_sub(journey.within_ms())..=*at_ms;
        let lists: Vec<List<'_>> = rows.lists.iter().map(|rows| slice(rows, &matcher, *key, within.clone())).collect();
        let outcomes = evaluate(&lists, journey, Entries::ALL, *at_ms);
        outcomes.iter().map(|outcome| outcome.depth()).max().unwrap_or(0)
    };
    who.iter().map(done).collect()
}

/// What one person did within a time.
fn slice<'a>(rows: &'a EventRows, matcher: &Matcher, person: u64, within: std::ops::RangeInclusive<i64>) -> List<'a> {
    let place = |time_ms: i64| move |(key, at_ms): (u64, i64)| (key, at_ms) < (person, time_ms);
    let before = |time_ms: i64| {
        let is_before = place(time_ms);
        let (mut low, mut high) = (0, rows.persons.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if is_before((rows.persons[middle], rows.times_ms[middle])) { low = middle + 1 } else { high = middle }
        }
        low
    };
    let range = before(*within.start())..before(within.end().saturating_add(1));
    let steps = range.clone().map(|row| match rows.properties.get(row) {
        Some(properties) => matcher.steps(&rows.name, properties),
        None => matcher.always(&rows.name),
    });
    List {
        persons: &rows.persons[range.clone()],
        times_ms: &rows.times_ms[range.clone()],
        sequences: &rows.sequences[range.clone()],
        steps: Steps::Each(steps.collect()),
    }
}

/// Everything with words, each answer once, the newest events.
fn read(rows: &Rows, surveys: &HashMap<String, Survey>) -> All {
    let mut places: Vec<(i64, u64, usize, usize)> = Vec::new();
    for (list, rows) in rows.lists.iter().enumerate() {
        let each = rows.times_ms.iter().zip(&rows.sequences).enumerate();
        places.extend(each.map(|(row, (at_ms, sequence))| (*at_ms, *sequence, list, row)));
    }
    places.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
    let is_cut = places.len() > EVENTS_MAX;
    places.truncate(EVENTS_MAX);
    let words = places.into_iter().filter_map(|(at_ms, sequence, list, row)| {
        let list = &rows.lists[list];
        let said = said(&list.name, at_ms, &list.properties[row], |survey| surveys.get(survey))?;
        let (key, release) = (list.persons[row], list.releases[row]);
        let person = rows.person(key).filter(|person| !person.starts_with(NOBODY)).map(str::to_owned);
        Some(Found { said, at_ms, key, person, release, because: Vec::new(), sequence })
    });
    All { all: once(words.collect()), is_cut }
}

/// Of one answer that was sent bit by bit, what is most: completed before closed, the newest of those. An id that somebody else
/// used before is no id.
fn once(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|one| one.sequence);
    let mut kept: Vec<Found> = Vec::with_capacity(all.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for mut one in all {
        match places.get(&one.said.id).copied() {
            Some(at) if kept[at].key == one.key && one.said.submission.is_some() => {
                if one.said.completed >= kept[at].said.completed {
                    kept[at] = one;
                }
                continue;
            }
            Some(_) => one.said.id = crate::model::content_id(&one.said.id, one.at_ms, &one.sequence.to_string()),
            None => {}
        }
        places.insert(one.said.id.clone(), kept.len());
        kept.push(one);
    }
    kept
}

fn item(one: Found, journeys: Vec<Passed>, owner: Option<String>, shown: &BTreeMap<String, ExposureIndex>) -> Item {
    let variant = |(flag, index): (&String, &ExposureIndex)| {
        index.at(one.key, one.at_ms).map(|variant| (flag.clone(), variant.to_owned()))
    };
    let said = one.said;
    Item {
        id: said.id,
        at: Timestamp::from_millisecond(one.at_ms).unwrap_or_default().to_string(),
        survey: said.survey,
        channel: said.channel,
        text: said.text,
        answers: said.answers,
        score: said.score,
        completed: said.completed,
        person: one.person,
        url: said.url,
        release: one.release,
        variants: shown.iter().filter_map(variant).collect(),
        journeys,
        owner,
        tags: said.tags,
        because: one.because,
    }
}
