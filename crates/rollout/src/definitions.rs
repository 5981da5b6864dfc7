//! The definitions of a commit come into force with it: new ones dark when it is probed, changes when it is live.

use delivery::{Arrival, Standing};
use events::Events;
use experiments::Experiments;
use feedback::Feedback;
use flags::Flags;
use journeys::Journeys;
use kernel::{Kind, Problem};

use crate::facade::Error;

/// The contexts that speak of the product's customers.
#[derive(Debug, Clone)]
pub struct Contexts {
    pub flags: Flags,
    pub journeys: Journeys,
    pub experiments: Experiments,
    pub feedback: Feedback,
    pub events: Events,
}

/// How much of what a commit defines comes into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What is new, dark.
    New,
    /// What it defines; what came later stays as it is.
    Defined,
    /// What it defines, and what it has no more is on its way out.
    All,
}

/// Which commit's definitions come into force, and how much of them, once `commit` has gone live: those of the newest that
/// any service has. So an older one that goes live later takes nothing back, and a rollback ends at the newest that is left.
pub(crate) fn due<'a>(commit: &'a str, arrival: Arrival, standing: &'a Standing) -> Option<(&'a str, Extent)> {
    let newest = standing.newest_live.as_deref()?;
    match arrival {
        Arrival::Again => Some((newest, Extent::Defined)),
        // Its code is the first to ask for what is new in it.
        Arrival::New if newest != commit => Some((commit, Extent::New)),
        // What a newer one brought is not missing here: it is not there yet.
        Arrival::New if standing.is_followed => Some((commit, Extent::Defined)),
        Arrival::New => Some((commit, Extent::All)),
    }
}

/// Brings the definitions of a commit into force. The inner error says what is wrong with them.
pub(crate) async fn apply(
    contexts: &Contexts,
    commit: &str,
    files: &[(String, String)],
    extent: Extent,
) -> Result<Result<(), String>, Error> {
    let (flags, journeys, by) = (&contexts.flags, &contexts.journeys, trunk(commit));
    let experiments = contexts.experiments.apply(commit, files, of_experiments(extent)).await;
    let surveys = match extent {
        // Nobody is asked about what is dark.
        Extent::New => Ok(()),
        Extent::Defined => contexts.feedback.apply(commit, files, feedback::Extent::Defined).await,
        Extent::All => contexts.feedback.apply(commit, files, feedback::Extent::All).await,
    };
    let (flags, journeys) = match extent {
        Extent::New => (
            flags.apply(commit, files, flags::Stage::Dark, &by).await,
            journeys.apply(commit, files, journeys::Stage::Dark).await,
        ),
        Extent::Defined => (flags.go_back(commit, files, &by).await, journeys.go_back(commit, files).await),
        Extent::All => (
            flags.apply(commit, files, flags::Stage::Live, &by).await,
            journeys.apply(commit, files, journeys::Stage::Live).await,
        ),
    };
    all([
        flags.map(drop).map_err(Problem::from),
        journeys.map(drop).map_err(Problem::from),
        experiments.map_err(Problem::from),
        surveys.map_err(Problem::from),
    ])
}

const fn of_experiments(extent: Extent) -> experiments::Extent {
    match extent {
        Extent::New => experiments::Extent::New,
        Extent::Defined => experiments::Extent::Defined,
        Extent::All => experiments::Extent::All,
    }
}

fn trunk(commit: &str) -> flags::By {
    let short = commit.get(..7).unwrap_or(commit);
    flags::By { who: "trunk".into(), why: Some(format!("commit {short}")) }
}

fn all(applied: [Result<(), Problem>; 4]) -> Result<Result<(), String>, Error> {
    for applied in applied {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(newest: Option<&str>, is_followed: bool) -> Standing {
        Standing { newest_live: newest.map(str::to_owned), is_followed }
    }

    #[test]
    fn the_newest_commit_that_is_live_decides() {
        let cases = [
            (Arrival::New, standing(Some("c2"), false), Some(("c2", Extent::All))),
            (Arrival::New, standing(Some("c2"), true), Some(("c2", Extent::Defined))),
            (Arrival::New, standing(Some("c3"), true), Some(("c2", Extent::New))),
            (Arrival::Again, standing(Some("c2"), true), Some(("c2", Extent::Defined))),
            (Arrival::Again, standing(Some("c3"), true), Some(("c3", Extent::Defined))),
            // It was taken back before its fact was read.
            (Arrival::New, standing(None, false), None),
        ];
        for (arrival, standing, wanted) in cases {
            assert_eq!(due("c2", arrival, &standing), wanted, "{arrival:?} {standing:?}");
        }
    }
}
