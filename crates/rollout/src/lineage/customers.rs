//! What a change meant for customers: its flags, who was exposed, and what became of the journeys.

use std::collections::BTreeMap;

use delivery::view::change::ChangeView;
use experiments::model::assess::MetricAssessment;
use experiments::{Course, Stage, VerdictView};
use flags::model::Definition;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::effect::{self, Compared, Effect};
use super::exposure::{self, FlagExposure};
use super::switched::{self, Switched};
use crate::dark::{declared, defined, flags_of};
use crate::definitions::Contexts;
use crate::facade::{Error, Rollout};

/// What an experiment says of a flag of the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlagVerdict {
    pub experiment: String,
    pub flag: String,
    pub state: Stage,
    #[serde(flatten)]
    pub verdict: VerdictView,
    /// What the newest look rests on; `null` of one whose figures do not count, and where a person decided before the first.
    pub metric: Option<MetricAssessment>,
}

impl FlagVerdict {
    /// `None` while it has nothing to say.
    fn of(course: &Course) -> Option<Self> {
        Some(Self {
            experiment: course.experiment.clone(),
            flag: course.flag.clone(),
            state: course.state,
            verdict: course.verdict.clone()?,
            metric: course.metric.clone(),
        })
    }
}

/// Parts are `None` as long as they are not known.
#[derive(Debug, Default)]
pub struct Customers {
    pub(crate) flags: Option<Vec<String>>,
    pub(crate) exposed_persons: Option<u64>,
    pub(crate) journeys: Option<Vec<Effect>>,
    pub(crate) verdicts: Option<Vec<FlagVerdict>>,
    pub(crate) feedback: Option<Vec<feedback::Item>>,
    /// Of those flags whose variants reached somebody.
    pub(crate) exposures: Option<Vec<FlagExposure>>,
    pub(crate) courses: Option<Vec<Course>>,
    pub(crate) switched: Option<Vec<Switched>>,
}

/// What is known. A part that cannot be found out is unknown, and the rest of the story is told.
pub(crate) async fn of(rollout: &Rollout, view: &ChangeView) -> Customers {
    let Some(contexts) = &rollout.contexts else { return Customers::default() };
    let defined = known("flags", definitions(rollout, view).await);
    let Some(defined) = defined else { return Customers::default() };
    let flags = known("flags", flags_of_change(rollout, view, &defined).await);
    let touched: Vec<_> = flags.iter().flatten().filter_map(|key| defined.get(key)).collect();
    let journeys = known("journeys", effects(rollout, contexts, view, &touched).await).flatten();
    let Some(flags) = flags else { return Customers { journeys, ..Customers::default() } };
    let courses = known("verdicts", contexts.experiments.courses(&flags).await.map_err(Error::from));
    let landed = view.commit.landed.parse().unwrap_or(jiff::Timestamp::MIN);
    Customers {
        exposed_persons: known("exposed_persons", exposed(contexts, view, &flags).await).flatten(),
        journeys,
        verdicts: courses.as_ref().map(|courses| courses.iter().filter_map(FlagVerdict::of).collect()),
        feedback: known("feedback", super::feedback::of(rollout, contexts, view, &flags).await),
        exposures: known("exposures", exposure::of(contexts, &flags, landed).await),
        switched: known("flags", switched::of(rollout, contexts, &flags, landed).await),
        courses,
        flags: Some(flags),
    }
}

/// The flags of a change.
pub(crate) async fn flags(rollout: &Rollout, view: &ChangeView) -> Result<Vec<String>, Error> {
    let defined = definitions(rollout, view).await?;
    flags_of_change(rollout, view, &defined).await
}

fn known<T>(part: &str, found: Result<T, Error>) -> Option<T> {
    found
        .inspect_err(|error| {
            tracing::warn!(part, error = kernel::chain(&error), "a part of a change's story is not known");
        })
        .ok()
}

async fn definitions(rollout: &Rollout, view: &ChangeView) -> Result<BTreeMap<String, Definition>, Error> {
    Ok(defined(&rollout.delivery.files(&view.commit.sha, &["flags/"]).await?))
}

async fn flags_of_change(
    rollout: &Rollout,
    view: &ChangeView,
    defined: &BTreeMap<String, Definition>,
) -> Result<Vec<String>, Error> {
    let parent = rollout.delivery.parent(&view.commit.sha).await?;
    flags_of(rollout, &view.commit.sha, parent.as_deref(), defined).await
}

/// Persons who were given a variant of the change's flags: of several flags, those of the one with most. Without a flag it
/// is known only of a change that no customer had.
async fn exposed(contexts: &Contexts, view: &ChangeView, flags: &[String]) -> Result<Option<u64>, Error> {
    if flags.is_empty() {
        let had_customers = view.row.deployments.iter().any(|d| d.live_at.is_some() || d.weight > 0.0);
        return Ok((!had_customers && view.row.shipped_in.is_none()).then_some(0));
    }
    let mut most = 0;
    for flag in flags {
        most = contexts.events.exposed_persons(flag).await.map_err(Problem::from)?.max(most);
    }
    Ok(Some(most))
}

/// `None` while no customer had it.
async fn effects(
    rollout: &Rollout,
    contexts: &Contexts,
    view: &ChangeView,
    flags: &[&Definition],
) -> Result<Option<Vec<Effect>>, Error> {
    let declared = declared(&rollout.delivery.files(&view.commit.sha, &["journeys/"]).await?);
    if declared.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let releases = rollout.delivery.releases_of(&view.row.repository, &view.commit.sha).await?;
    let Some(release) = releases.first() else { return Ok(None) };
    let compared = Compared { release, flags, now: rollout.clock.now() };
    let mut effects = Vec::new();
    for journey in &declared {
        effects.extend(effect::of(contexts, &journey.journey, &compared).await?);
    }
    Ok(Some(effects))
}
