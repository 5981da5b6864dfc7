//! Journeys: the verbs of the context.

mod answer;
mod ask;
mod declared;
mod did;
mod entered;
mod guarded;
mod look;
mod question;

use std::sync::Arc;

use kernel::{Clock, Problem};
use serde::{Deserialize, Serialize};
use storage::{Audit, Db};
use utoipa::ToSchema;

use crate::log::Log;
use crate::store::{self, Stored};
use crate::{Error, model};

pub use answer::{Figures, JourneyRow, JourneyView, PersonRow, RevisionView};
pub use declared::check;
pub use did::{Deed, Did};
pub use entered::Entered;
pub use guarded::{Concurrent, Followed, Guarded, LOOK_BACK_MS, SETTLED_MS, Version};
pub use question::{Audience, By, PersonOutcome, PersonsQuery, ReportQuery, TrendQuery};

/// Most revisions that are shown of one journey.
const REVISIONS_SHOWN: usize = 50;

/// What journeys need.
#[derive(Debug, Clone)]
pub struct JourneysOptions {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub events: Arc<dyn Log>,
}

/// The journeys and features of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Journeys {
    db: Db,
    clock: Arc<dyn Clock>,
    log: Arc<dyn Log>,
}

/// How far a commit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Deployed and not yet routed to: journeys that are new come into force.
    Dark,
    /// Live: changes of known journeys come into force too, and those that are gone are retired.
    Live,
}

impl Stage {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Live => "live",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        if text == "dark" { Self::Dark } else { Self::Live }
    }
}

/// What a commit changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// Not declared any more: kept, and not listed.
    pub retired: Vec<String>,
}

impl Journeys {
    /// Journeys over a migrated store and an event log.
    pub fn open(options: JourneysOptions) -> Self {
        Self { db: options.db, clock: options.clock, log: options.events }
    }

    /// Takes the definitions of a commit, given as (path, text), as far as it has come. Safe to repeat.
    pub async fn apply(&self, commit: &str, files: &[(String, String)], stage: Stage) -> Result<Applied, Error> {
        let mut tx = self.db.begin().await?;
        let known = store::all_in(&mut tx).await?;
        let mut applied = self.declare(&mut tx, &known, commit, files, stage).await?;
        if stage == Stage::Live {
            applied.retired = self.retire_missing(&mut tx, &known, files, commit).await?;
        }
        tx.commit().await?;
        Ok(applied)
    }

    /// A version that customers had before took over again. What its commit declares is in force as it declares it; journeys
    /// that came later stay as they are: trunk still declares them.
    pub async fn go_back(&self, commit: &str, files: &[(String, String)]) -> Result<Applied, Error> {
        let mut tx = self.db.begin().await?;
        let known = store::all_in(&mut tx).await?;
        let applied = self.declare(&mut tx, &known, commit, files, Stage::Live).await?;
        tx.commit().await?;
        Ok(applied)
    }

    async fn declare(
        &self,
        tx: &mut storage::Tx,
        known: &[Stored],
        commit: &str,
        files: &[(String, String)],
        stage: Stage,
    ) -> Result<Applied, Error> {
        let declared = check(files).map_err(|mut problems| problems.remove(0))?;
        let mut applied = Applied::default();
        for (file, definition) in declared {
            let before = known.iter().find(|stored| stored.definition.journey == definition.journey);
            let is_same = before.is_some_and(|b| b.definition == definition && b.retired.is_none());
            match (stage, before) {
                (Stage::Dark, Some(before)) if before.retired.is_none() => {}
                (Stage::Live, Some(before)) if is_same => {
                    if before.stage == Stage::Dark {
                        store::set_live(tx, &definition.journey).await?;
                    }
                }
                _ => {
                    let names = if before.is_some() { &mut applied.changed } else { &mut applied.added };
                    names.push(definition.journey.clone());
                    let revision = before.map_or(0, |before| before.revision) + 1;
                    let (commit, at) = (commit.to_owned(), self.clock.now());
                    let new = Stored { definition, revision, stage, file, commit, at, retired: None };
                    store::put(tx, &new).await?;
                    tx.audit(audit(before, &new)).await?;
                }
            }
        }
        Ok(applied)
    }

    /// Retires what trunk does not declare any more. A journey that is only dark belongs to a commit that is on its way.
    async fn retire_missing(
        &self,
        tx: &mut storage::Tx,
        known: &[Stored],
        files: &[(String, String)],
        commit: &str,
    ) -> Result<Vec<String>, Error> {
        let declared = check(files).map_err(|mut problems| problems.remove(0))?;
        let is_declared = |stored: &&Stored| declared.iter().any(|(_, d)| d.journey == stored.definition.journey);
        let mut retired = Vec::new();
        for stored in known.iter().filter(|stored| stored.retired.is_none() && stored.stage == Stage::Live) {
            if is_declared(&stored) {
                continue;
            }
            let journey = stored.definition.journey.clone();
            store::retire(tx, &journey, self.clock.now()).await?;
            tx.audit(Audit {
                who: "trunk".into(),
                what: "journey.retired".into(),
                subject: journey.clone(),
                why: Some(format!("commit {commit} does not declare it")),
                before: serde_json::to_value(&stored.definition).ok(),
                after: None,
            })
            .await?;
            retired.push(journey);
        }
        Ok(retired)
    }

    /// All that are declared, by name, with their figures of the last 28 days.
    pub async fn list(&self) -> Result<Vec<JourneyRow>, Error> {
        let mut rows = Vec::new();
        for stored in store::all(&self.db).await?.into_iter().filter(|stored| stored.retired.is_none()) {
            let outcomes = self.outcomes(&stored.definition, &ReportQuery::default()).await?;
            rows.push(JourneyRow::of(&stored, Figures::of(&outcomes.outcomes, stored.definition.steps.len())));
        }
        Ok(rows)
    }

    /// One journey with its definition and where it came from.
    pub async fn show(&self, journey: &str) -> Result<JourneyView, Error> {
        let stored = self.stored(journey).await?;
        let revisions = store::revisions(&self.db, journey, REVISIONS_SHOWN).await?;
        Ok(JourneyView::of(&stored, revisions))
    }

    async fn stored(&self, journey: &str) -> Result<Stored, Error> {
        if let Some(stored) = store::one(&self.db, journey).await? {
            return Ok(stored);
        }
        let known = store::all(&self.db).await?;
        let names: Vec<&str> = known.iter().map(|stored| stored.definition.journey.as_str()).collect();
        let problem = Problem::not_found(format!("there is no journey {journey:?}"));
        let hint = match names.iter().min_by_key(|name| strsim::damerau_levenshtein(journey, name)) {
            Some(nearest) => format!("the nearest is {nearest:?}; `trunkline journey list` shows all"),
            None => "declare one in journeys/*.yaml: `trunkline init --schema journey` shows every key".to_owned(),
        };
        Err(problem.hint(hint).into())
    }
}

fn audit(before: Option<&Stored>, new: &Stored) -> Audit {
    let json = |definition: &model::Definition| serde_json::to_value(definition).ok();
    Audit {
        who: "trunk".into(),
        what: if before.is_some() { "journey.changed" } else { "journey.declared" }.into(),
        subject: new.definition.journey.clone(),
        why: Some(format!("commit {}", new.commit)),
        before: before.and_then(|before| json(&before.definition)),
        after: json(&new.definition),
    }
}
