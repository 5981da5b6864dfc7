//! The definitions of a commit come into force with it: new ones dark when it is probed, changes when it is live.

use events::Events;
use flags::Flags;
use journeys::Journeys;
use kernel::{Kind, Problem};

use crate::facade::Error;

/// The contexts that speak of the product's customers.
#[derive(Debug, Clone)]
pub struct Contexts {
    pub flags: Flags,
    pub journeys: Journeys,
    pub events: Events,
}

/// Brings what is new into force, dark. The inner error says what is wrong with the definitions.
pub(crate) async fn dark(
    contexts: &Contexts,
    commit: &str,
    files: &[(String, String)],
) -> Result<Result<(), String>, Error> {
    apply(contexts, commit, files, (flags::Stage::Dark, journeys::Stage::Dark)).await
}

/// Brings all of it into force.
pub(crate) async fn live(
    contexts: &Contexts,
    commit: &str,
    files: &[(String, String)],
) -> Result<Result<(), String>, Error> {
    apply(contexts, commit, files, (flags::Stage::Live, journeys::Stage::Live)).await
}

async fn apply(
    contexts: &Contexts,
    commit: &str,
    files: &[(String, String)],
    (of_flags, of_journeys): (flags::Stage, journeys::Stage),
) -> Result<Result<(), String>, Error> {
    let short = commit.get(..7).unwrap_or(commit);
    let by = flags::By { who: "trunk".into(), why: Some(format!("commit {short}")) };
    let flags = contexts.flags.apply(commit, files, of_flags, &by).await.map(drop).map_err(Problem::from);
    let journeys = contexts.journeys.apply(commit, files, of_journeys).await.map(drop).map_err(Problem::from);
    for applied in [flags, journeys] {
        match applied {
            Ok(()) => {}
            // The commit says something that cannot be; trying again would not mend it.
            Err(problem) if matches!(problem.kind, Kind::InvalidInput | Kind::Conflict | Kind::TooLarge) => {
                return Ok(Err(problem.told()));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(Ok(()))
}
