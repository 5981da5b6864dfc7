//! Feedback: the verbs of the context.

mod declared;
mod figures;
pub(crate) mod given;
mod item;
mod join;
mod owner;
mod query;

use std::fmt::Debug;
use std::sync::Arc;

use events::{Events, ImportReport};
use futures_util::future::BoxFuture;
use journeys::Journeys;
use kernel::{Clock, Page, Problem};
use serde_json::json;
use storage::{Audit, Db};
use tokio::sync::Notify;

use crate::Error;
use crate::model::{self, Survey};
use crate::store::{self, Stored};

pub use declared::check;
pub use figures::{QuestionResult, SurveyFigures, SurveyRow, SurveyState, SurveyView};
pub use given::{Given, Written};
pub use item::{FeedbackPage, Item, Passed};
pub use query::{Query, Scope};

/// Whose facts number the snapshots.
pub(crate) const PUBLISHER: &str = "feedback";
/// Tags are kept of so many pieces of feedback.
const TAGGED_MAX: u64 = 100_000;

/// What feedback needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub events: Events,
    pub journeys: Journeys,
    pub owners: Arc<dyn Owners>,
    /// The way to the edge.
    pub serving: Arc<dyn kernel::snapshot::Serving>,
}

/// What the customers of one product say. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feedback(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: Options,
    /// The surveys in force may have changed.
    pub(crate) changed: Notify,
}

/// Knows changes: which flags and deployments are a change's.
pub trait Changes: Debug + Send + Sync {
    /// What belongs to the change; a problem if there is no such change.
    fn scope<'a>(&'a self, change: &'a str) -> BoxFuture<'a, Result<Scope, Problem>>;
}

/// Knows who owns what.
pub trait Owners: Debug + Send + Sync {
    /// The domain; none if nobody owns it.
    fn owner<'a>(&'a self, of: Subject<'a>) -> BoxFuture<'a, Result<Option<String>, Problem>>;
}

/// What something was said about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject<'a> {
    Survey(&'a str),
    Journey(&'a str),
}

/// How much of what a commit declares comes into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What it declares.
    Defined,
    /// What it declares; what it has no more is retired.
    All,
}

impl Feedback {
    /// Over a migrated store.
    pub fn open(options: Options) -> Self {
        Self(Arc::new(Inner { options, changed: Notify::new() }))
    }

    fn db(&self) -> &Db {
        &self.0.options.db
    }

    /// Takes the surveys of a commit, given as (path, text), together with the journeys that they follow. Safe to repeat.
    pub async fn apply(&self, commit: &str, files: &[(String, String)], extent: Extent) -> Result<(), Error> {
        let declared = declared::declared(files).map_err(|mut problems| problems.remove(0))?;
        let mut tx = self.db().begin().await?;
        let known = store::all_in(&mut tx).await?;
        let now = self.0.options.clock.now();
        let mut changed = Vec::new();
        for one in declared.iter().cloned() {
            let before = known.iter().find(|stored| stored.survey.survey == one.survey.survey);
            let first = before.filter(|before| before.retired.is_none()).map_or(now, |before| before.declared);
            let (survey, follows, file) = (one.survey, one.follows, one.file);
            let new = Stored { survey, follows, file, commit: commit.to_owned(), declared: first, retired: None };
            let is_same = before.is_some_and(|before| Stored { commit: commit.to_owned(), ..before.clone() } == new);
            if !is_same {
                let what = if before.is_some() { "survey.changed" } else { "survey.declared" };
                changed.push((what, new, before));
            }
        }
        let is_gone = |stored: &&Stored| {
            let name = &stored.survey.survey;
            stored.retired.is_none() && !declared.iter().any(|one| one.survey.survey == *name)
        };
        for before in known.iter().filter(is_gone).filter(|_| extent == Extent::All) {
            changed.push(("survey.retired", Stored { retired: Some(now), ..before.clone() }, Some(before)));
        }
        for (what, new, before) in &changed {
            store::put(&mut tx, new).await?;
            tx.audit(trunk(what, new, *before)).await?;
        }
        if !changed.is_empty() {
            let names: Vec<&str> = changed.iter().map(|(_, new, _)| new.survey.survey.as_str()).collect();
            tx.publish(PUBLISHER, "surveys.changed", &json!({ "surveys": names })).await?;
        }
        tx.commit().await?;
        self.0.changed.notify_one();
        Ok(())
    }

    /// What customers said, newest first, joined to what they saw and did. `scope` is of the change that is asked for.
    pub async fn list(&self, query: &Query, scope: Option<&Scope>) -> Result<FeedbackPage, Error> {
        let found = self.found(query, scope).await?;
        let total = found.all.len() as u64;
        let is_cut = found.is_cut;
        let page = query.page(found.all)?;
        Ok(FeedbackPage { items: self.joined(page.items).await?, next: page.next, total, older_unread: is_cut })
    }

    /// One of them.
    pub async fn show(&self, id: &str) -> Result<Item, Error> {
        let query = Query { id: Some(id.to_owned()), ..Query::default() };
        let mut page = self.list(&query, None).await?;
        if page.items.is_empty() {
            let problem = Problem::not_found(format!("there is no feedback {id:?}"));
            return Err(problem
                .hint("`trunkline feedback list --json` shows ids; deleted persons' words are gone")
                .into());
        }
        Ok(page.items.remove(0))
    }

    /// Writes down what a customer said elsewhere; what is there already under this id stays as it is.
    pub async fn write(&self, id: &str, given: &Given, by: &str) -> Result<Written, Error> {
        let id = given::id(id)?;
        let at = given.at.as_deref().map(given::instant).transpose()?.unwrap_or_else(|| self.0.options.clock.now());
        let line = model_line(&id, given, at)?;
        let mut tx = self.db().begin().await?;
        tx.audit(audit("feedback.written", &id, by, None)).await?;
        tx.commit().await?;
        let report = self.0.options.events.import(line.as_bytes()).await?;
        match report.rejected.first() {
            Some(rejected) => Err(Problem::invalid(rejected.reason.clone()).into()),
            None => Ok(Written { id, is_new: report.accepted == 1 }),
        }
    }

    /// Takes a file, one JSON document a line, each with its `at`. What is there already is not taken twice.
    pub async fn import(&self, lines: &[u8], by: &str) -> Result<ImportReport, Error> {
        let (events, rejected) = given::events(lines);
        let mut tx = self.db().begin().await?;
        let many = events.iter().filter(|line| !line.is_empty()).count();
        tx.audit(audit("feedback.imported", &format!("{many} lines"), by, None)).await?;
        tx.commit().await?;
        let taken = self.0.options.events.import(events.join("\n").as_bytes()).await?;
        Ok(given::together(taken, rejected))
    }

    /// Its tags are these from now on.
    pub async fn tag(&self, id: &str, tags: &[String], by: &str) -> Result<Item, Error> {
        let tags = model::tags(tags)?;
        let before = self.show(id).await?;
        let mut tx = self.db().begin().await?;
        if store::tagged(&mut tx).await? >= TAGGED_MAX {
            let problem = Problem::conflict(format!("tags are kept of {TAGGED_MAX} pieces of feedback at most"));
            return Err(problem.into());
        }
        store::put_tags(&mut tx, &before.id, &tags, self.0.options.clock.now()).await?;
        tx.audit(audit("feedback.tagged", &before.id, by, Some((&before.tags, &tags)))).await?;
        tx.commit().await?;
        Ok(Item { tags, ..before })
    }

    /// All surveys that are declared, by name; retired ones too, last.
    pub async fn surveys(&self) -> Result<Page<SurveyRow>, Error> {
        let stored = store::all(self.db()).await?;
        let counted = self.counted().await?;
        let now_ms = self.0.options.clock.now().as_millisecond();
        let mut items: Vec<SurveyRow> = stored.iter().map(|stored| SurveyRow::of(stored, &counted, now_ms)).collect();
        items.sort_by_key(|row| row.state == SurveyState::Retired);
        Ok(Page { items, next: None })
    }

    /// One survey with what was answered to each question.
    pub async fn survey(&self, name: &str) -> Result<SurveyView, Error> {
        let all = store::all(self.db()).await?;
        let Some(stored) = all.iter().find(|stored| stored.survey.survey == name) else {
            return Err(no_survey(name, &all).into());
        };
        let now_ms = self.0.options.clock.now().as_millisecond();
        let row = SurveyRow::of(stored, &self.counted().await?, now_ms);
        let found = self.found(&Query { survey: Some(name.to_owned()), ..Query::default() }, None).await?;
        let said: Vec<_> = found.all.iter().map(|one| &one.said).collect();
        Ok(SurveyView { row, results: figures::results(&stored.survey, &said), older_unread: found.is_cut })
    }
}

fn no_survey(name: &str, all: &[Stored]) -> Problem {
    let names = all.iter().map(|stored| stored.survey.survey.as_str());
    let nearest = names.min_by_key(|known| strsim::damerau_levenshtein(name, known));
    let hint = match nearest {
        Some(nearest) => format!("the nearest is {nearest:?}; `trunkline feedback surveys` shows all"),
        None => "declare one in surveys/*.yaml: `trunkline init --schema survey` shows every key".to_owned(),
    };
    Problem::not_found(format!("there is no survey {name:?}")).hint(hint)
}

fn model_line(id: &str, given: &Given, at: jiff::Timestamp) -> Result<String, Problem> {
    given.check()?;
    Ok(given::event(id, &given.told(), Some(at))?.to_string())
}

/// Never has the words.
fn audit(what: &str, subject: &str, by: &str, tags: Option<(&[String], &[String])>) -> Audit {
    Audit {
        who: by.to_owned(),
        what: what.into(),
        subject: subject.to_owned(),
        why: None,
        before: tags.map(|(before, _)| json!(before)),
        after: tags.map(|(_, after)| json!(after)),
    }
}

fn trunk(what: &str, new: &Stored, before: Option<&Stored>) -> Audit {
    let json = |survey: &Survey| serde_json::to_value(survey).ok();
    Audit {
        who: "trunk".into(),
        what: what.into(),
        subject: new.survey.survey.clone(),
        why: Some(format!("commit {}", new.commit)),
        before: before.and_then(|before| json(&before.survey)),
        after: json(&new.survey).filter(|_| new.retired.is_none()),
    }
}
