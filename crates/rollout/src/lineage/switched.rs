//! What became of a change's flags since it landed: who moved them, and their guarded ramps.

use flags::view::{Decision, FlagEvent};
use jiff::Timestamp;
use kernel::{Kind, Problem};

use crate::definitions::Contexts;
use crate::facade::{Error, Rollout};
use crate::ramp::{RampState, RampView};

/// Ramps of one flag that are told, the newest.
const RAMPS_TOLD: usize = 3;

/// A flag since the change landed.
#[derive(Debug, Clone)]
pub(crate) struct Switched {
    pub(crate) flag: String,
    /// Oldest first. What its ramps did is told by these.
    pub(crate) events: Vec<FlagEvent>,
    /// Oldest first.
    pub(crate) ramps: Vec<RampView>,
    pub(crate) killed_by: Option<Decision>,
}

impl Switched {
    /// Why nobody gets it any more, if somebody or something took it back.
    pub(crate) fn taken_back(&self) -> Option<String> {
        if let Some(Decision { who, why, .. }) = &self.killed_by {
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            return Some(format!("its flag {} was killed by {who}{why}", self.flag));
        }
        let newest = self.ramps.last().filter(|ramp| ramp.state == RampState::TurnedBack)?;
        let ended = newest.ended.as_deref().and_then(instant)?;
        // Whoever moved it since decided otherwise.
        let is_newest = self.events.iter().filter_map(|event| instant(&event.at)).all(|at| at <= ended);
        is_newest.then(|| format!("its flag {} was turned back: {}", self.flag, newest.sentence))
    }
}

/// Of each flag that is in force here.
pub(crate) async fn of(
    rollout: &Rollout,
    contexts: &Contexts,
    flags: &[String],
    landed: Timestamp,
) -> Result<Vec<Switched>, Error> {
    let is_since = |at: &str| instant(at).is_some_and(|at| at >= landed);
    let mut all = Vec::new();
    for flag in flags {
        let view = match contexts.flags.show(flag).await.map_err(Problem::from) {
            Ok(view) => view,
            Err(problem) if problem.kind == Kind::NotFound => continue,
            Err(problem) => return Err(problem.into()),
        };
        let mut events = view.history;
        events.retain(|event| is_since(&event.at) && !event.who.starts_with("ramp "));
        events.reverse();
        let mut ramps = match &rollout.ramps {
            Some(known) => known.list(Some(flag), None, RAMPS_TOLD).await?.items,
            None => Vec::new(),
        };
        ramps.retain(|ramp| ramp.ended.as_deref().is_none_or(is_since));
        ramps.reverse();
        all.push(Switched { flag: flag.clone(), events, ramps, killed_by: view.killed_by });
    }
    Ok(all)
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
