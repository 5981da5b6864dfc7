//! What a change meant for customers: its flags, who was exposed, and what became of the journeys.

use std::collections::BTreeMap;

use delivery::view::change::ChangeView;
use experiments::{Stage, VerdictView};
use flags::model::Definition;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::effect::{self, Compared, Effect};
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
}

/// Parts are `None` as long as they are not known.
#[derive(Debug, Default)]
pub struct Customers {
    pub(crate) flags: Option<Vec<String>>,
    pub(crate) exposed_persons: Option<u64>,
    pub(crate) journeys: Option<Vec<Effect>>,
    pub(crate) verdicts: Option<Vec<FlagVerdict>>,
    pub(crate) feedback: Option<Vec<feedback::Item>>,
}

/// What is known. A part that cannot be found out is unknown, and the rest of the story is told.
pub(crate) async fn of(rollout: &Rollout, view: &ChangeView) -> Customers {
    let Some(contexts) = &rollout.contexts else { return Customers::default() };
    let defined = known("flags", definitions(rollout, view).await);
    let Some(defined) = defined else { return Customers::default() };
    let flags = known("flags", flags_of_change(rollout, view, &defined).await);
    let exposed_persons = match &flags {
        Some(flags) => known("exposed_persons", exposed(contexts, view, flags).await).flatten(),
        None => None,
    };
    let touched: Vec<_> = flags.iter().flatten().filter_map(|key| defined.get(key)).collect();
    let journeys = known("journeys", effects(rollout, contexts, view, &touched).await).flatten();
    let verdicts = match &flags {
        Some(flags) => known("verdicts", verdicts(contexts, flags).await),
        None => None,
    };
    let feedback = match &flags {
        Some(flags) => known("feedback", super::feedback::of(rollout, contexts, view, flags).await),
        None => None,
    };
    Customers { flags, exposed_persons, journeys, verdicts, feedback }
}

/// The flags of a change.
pub(crate) async fn flags(rollout: &Rollout, view: &ChangeView) -> Result<Vec<String>, Error> {
    let defined = definitions(rollout, view).await?;
    flags_of_change(rollout, view, &defined).await
}

/// Of all experiments that compare variants of these flags and have something to say.
async fn verdicts(contexts: &Contexts, flags: &[String]) -> Result<Vec<FlagVerdict>, Error> {
    let all = contexts.experiments.list().await?;
    let about = all.into_iter().filter(|experiment| flags.contains(&experiment.flag));
    Ok(about
        .filter_map(|experiment| {
            let verdict = experiment.verdict?;
            Some(FlagVerdict { experiment: experiment.key, flag: experiment.flag, state: experiment.state, verdict })
        })
        .collect())
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
