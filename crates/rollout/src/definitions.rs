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
    let flags = contexts.flags.apply(commit, files, flags::Stage::Dark, &trunk(commit)).await;
    let journeys = contexts.journeys.apply(commit, files, journeys::Stage::Dark).await;
    both(flags, journeys)
}

/// Brings all of it into force; what the commit has no more is on its way out.
pub(crate) async fn live(
    contexts: &Contexts,
    commit: &str,
    files: &[(String, String)],
) -> Result<Result<(), String>, Error> {
    let flags = contexts.flags.apply(commit, files, flags::Stage::Live, &trunk(commit)).await;
    let journeys = contexts.journeys.apply(commit, files, journeys::Stage::Live).await;
    both(flags, journeys)
}

/// Brings all of an older commit into force again; what came after it stays as it is.
pub(crate) async fn back(
    contexts: &Contexts,
    commit: &str,
    files: &[(String, String)],
) -> Result<Result<(), String>, Error> {
    let flags = contexts.flags.go_back(commit, files, &trunk(commit)).await;
    let journeys = contexts.journeys.go_back(commit, files).await;
    both(flags, journeys)
}

fn trunk(commit: &str) -> flags::By {
    let short = commit.get(..7).unwrap_or(commit);
    flags::By { who: "trunk".into(), why: Some(format!("commit {short}")) }
}

fn both(
    flags: Result<flags::Applied, flags::Error>,
    journeys: Result<journeys::Applied, journeys::Error>,
) -> Result<Result<(), String>, Error> {
    for applied in [flags.map(drop).map_err(Problem::from), journeys.map(drop).map_err(Problem::from)] {
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
