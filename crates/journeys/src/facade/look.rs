//! What customers do, whoever declared it or not: features and suggestions of journeys.

use std::collections::HashMap;

use events::{EventRows, Names, Properties, Releases, Select, Who};
use kernel::Problem;

use super::Journeys;
use crate::model::Definition;
use crate::model::definition::Step;
use crate::model::pages::{PAGE_VIEWED, Pages};
use crate::model::scalar::{Held, pick};
use crate::model::suggestion::{Act, Done, Suggestion, suggest};
use crate::model::usage::{Feature, features, is_talk};
use crate::{Error, store};

const DAY_MS: i64 = 86_400_000;
const DAYS_MAX: i64 = 366;
/// Suggestions look at so many days, and at fewer if those have more events than this.
const SUGGESTION_DAYS: i64 = 7;
const EVENTS_MAX: u64 = 1_000_000;
/// Different things that visitors do, of page views each page; what is beyond it is not looked at.
const ACTS_MAX: usize = 2_000;
/// Page views: those that the edge counts, and those that the product's own SDKs tell of.
const PAGE_VIEWS: [&str; 2] = [PAGE_VIEWED, "$pageview"];
/// The properties that may say which page, the best first: pages of one kind are one page.
const PAGE_KEYS: [&str; 4] = ["template", "$pathname", "path", "$current_url"];

impl Journeys {
    /// The definitions of all that are declared, by name.
    pub async fn definitions(&self) -> Result<Vec<Definition>, Error> {
        let all = store::all(&self.db).await?.into_iter().filter(|stored| stored.retired.is_none());
        Ok(all.map(|stored| stored.definition).collect())
    }

    /// Who uses what, how often, rising or falling; over so many days up to now. That customers were asked, and what they said, is
    /// no feature.
    pub async fn features(&self, days: i64) -> Result<Vec<Feature>, Error> {
        let mut features = self.features_and_talk(days).await?;
        features.retain(|feature| !is_talk(&feature.event));
        Ok(features)
    }

    /// As [`Self::features`], with surveys and feedback.
    pub async fn features_and_talk(&self, days: i64) -> Result<Vec<Feature>, Error> {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(Problem::invalid(format!("{days} days cannot be looked at"))
                .hint(format!("1 to {DAYS_MAX}"))
                .into());
        }
        let now_ms = self.clock.now().as_millisecond();
        let today = now_ms.div_euclid(DAY_MS);
        let first = today - days + 1;
        let names = self.log.names(first * DAY_MS, now_ms + 1).await?;
        let pages = self.pages(&names, now_ms).await?;
        Ok(features(&names, pages, first..=today))
    }

    /// The edge's page views by page. Day by day: properties of many days would take much memory.
    async fn pages(&self, names: &Names, now_ms: i64) -> Result<Pages, Error> {
        let mut pages = Pages::default();
        let viewed = names.items.iter().filter(|name| name.name == PAGE_VIEWED);
        for day in viewed.flat_map(|name| &name.days).map(|day| day.day) {
            let select = Select {
                names: vec![PAGE_VIEWED.to_owned()],
                from_ms: day * DAY_MS,
                to_ms: ((day + 1) * DAY_MS).min(now_ms + 1),
                properties: Properties::Wanted,
                releases: Releases::Left,
                who: Who::Everyone,
            };
            for views in self.log.rows(select).await?.lists {
                pages.take(day, &views);
            }
        }
        Ok(pages)
    }

    /// Journeys that visitors go and nobody declared.
    pub async fn suggestions(&self) -> Result<Vec<Suggestion>, Error> {
        let now_ms = self.clock.now().as_millisecond();
        let Some(from_ms) = self.suggestions_from(now_ms).await? else { return Ok(Vec::new()) };
        let select = Select {
            names: Vec::new(),
            from_ms,
            to_ms: now_ms + 1,
            properties: Properties::Left,
            releases: Releases::Left,
            who: Who::Everyone,
        };
        let names = PAGE_VIEWS.map(str::to_owned).to_vec();
        let pages = Select { names, properties: Properties::Wanted, ..select.clone() };
        let (all, pages) = (self.log.rows(select).await?, self.log.rows(pages).await?);
        let known: Vec<Vec<Step>> = store::all(&self.db)
            .await?
            .into_iter()
            .filter(|stored| stored.retired.is_none())
            .map(|stored| stored.definition.steps)
            .collect();
        let suggestions = tokio::task::spawn_blocking(move || {
            let mut table = Table::default();
            let is_deed = |name: &str| !PAGE_VIEWS.contains(&name) && !is_talk(name);
            for list in all.lists.iter().filter(|list| is_deed(&list.name)).chain(&pages.lists) {
                table.take(list);
            }
            suggest(table.done, &table.acts, &known)
        });
        Ok(suggestions.await?)
    }

    /// As many days back as have at most so many events; `None` if even today has too many or none.
    async fn suggestions_from(&self, now_ms: i64) -> Result<Option<i64>, Error> {
        let today = now_ms.div_euclid(DAY_MS);
        let names = self.log.names((today - SUGGESTION_DAYS + 1) * DAY_MS, now_ms + 1).await?;
        let events_on = |day: i64| -> u64 {
            names.items.iter().flat_map(|name| &name.days).filter(|d| d.day == day).map(|d| d.events).sum()
        };
        let mut events = 0;
        let mut from_ms = None;
        for day in (today - SUGGESTION_DAYS + 1..=today).rev() {
            events += events_on(day);
            if events > EVENTS_MAX {
                break;
            }
            from_ms = Some(day * DAY_MS);
        }
        Ok(from_ms.filter(|_| events > 0))
    }
}

/// Acts as numbers.
#[derive(Debug, Default)]
struct Table {
    acts: Vec<Act>,
    numbers: HashMap<Act, u32>,
    done: Vec<Done>,
}

impl Table {
    fn take(&mut self, list: &EventRows) {
        for row in 0..list.persons.len() {
            let act = Act { event: list.name.clone(), page: list.properties.get(row).and_then(|p| page(p)) };
            let Some(act) = self.number(act) else { continue };
            self.done.push(Done {
                person: list.persons[row],
                time_ms: list.times_ms[row],
                sequence: list.sequences[row],
                act,
            });
        }
    }

    fn number(&mut self, act: Act) -> Option<u32> {
        if let Some(number) = self.numbers.get(&act) {
            return Some(*number);
        }
        let number = u32::try_from(self.acts.len()).ok().filter(|_| self.acts.len() < ACTS_MAX)?;
        self.acts.push(act.clone());
        self.numbers.insert(act, number);
        Some(number)
    }
}

/// The property that says which page, and the page.
fn page(properties: &serde_json::value::RawValue) -> Option<(String, String)> {
    let mut found = [const { Held::Nothing }; PAGE_KEYS.len()];
    pick(properties, &PAGE_KEYS, &mut found);
    let is_text = |held: &Held<'_>| matches!(held, Held::Text(text) if !text.is_empty());
    let at = found.iter().position(is_text)?;
    Some((PAGE_KEYS[at].to_owned(), found[at].label()?.into_owned()))
}
