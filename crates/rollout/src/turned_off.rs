//! Flags that were turned off because of what they did to customers, for DORA's figures.
//!
//! A guarded ramp that turned its treatment back counts, and so does a kill for which a person gave a reason. An experiment's verdict
//! does not: it was asked for. Nor does a kill without a reason, nor what no customer had been given.

use delivery::{Switches, TurnedOff};
use events::{Events, ExposureIndex};
use flags::Flags;
use flags::view::{FlagEvent, FlagView};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kernel::Problem;

use crate::facade::Error;
use crate::ramp::{RampState, RampView, Ramps};

const PAGE: usize = 100;
/// Ramps of one flag that are looked at, the newest.
const RAMPS_MAX: usize = 50;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct TurnOffs {
    pub(crate) flags: Flags,
    pub(crate) events: Events,
    pub(crate) ramps: Ramps,
}

impl Switches for TurnOffs {
    fn turned_off(&self) -> BoxFuture<'_, Result<Vec<TurnedOff>, delivery::gate::Failure>> {
        async move { Ok(self.all().await?) }.boxed()
    }
}

impl TurnOffs {
    async fn all(&self) -> Result<Vec<TurnedOff>, Error> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.flags.list(None, cursor.as_deref(), PAGE).await.map_err(Problem::from)?;
            for item in &page.items {
                all.extend(self.of(&item.key).await?);
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    async fn of(&self, flag: &str) -> Result<Vec<TurnedOff>, Error> {
        let view = self.flags.show(flag).await.map_err(Problem::from)?;
        let ramps = self.ramps.list(Some(flag), None, RAMPS_MAX).await?.items;
        let steps = steps(&view, &ramps);
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let index = self.events.exposures(flag).await.map_err(Problem::from)?;
        Ok(steps.iter().filter_map(|step| met(flag, step, &index)).collect())
    }
}

/// The step of a flag at which it was turned off.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    commit: String,
    from: Timestamp,
    off: Timestamp,
    who: String,
    why: String,
    given: Given,
}

/// What customers were given that was turned off.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Given {
    Treatment(String),
    AnythingBut(Option<String>),
}

impl Given {
    fn is(&self, variant: &str) -> bool {
        match self {
            Self::Treatment(treatment) => variant == treatment,
            Self::AnythingBut(off) => off.as_deref() != Some(variant),
        }
    }
}

/// Those at which it was turned off because of what it did, oldest first.
fn steps(view: &FlagView, ramps: &[RampView]) -> Vec<Step> {
    let (mut steps, mut commit, mut from) = (Vec::new(), None, None);
    // The newest is first.
    for event in view.history.iter().rev() {
        let Ok(at) = event.at.parse::<Timestamp>() else { continue };
        commit = event.commit.clone().or(commit);
        if let Some(given) = turned_off(view, ramps, event) {
            if let (Some(commit), Some(from)) = (&commit, from.take()) {
                let why = event.why.clone().unwrap_or_default();
                steps.push(Step { commit: commit.clone(), from, off: at, who: event.who.clone(), why, given });
            }
        } else if event.what == "flag.killed" {
            from = None;
        } else if !event.what.starts_with("flag.tester") {
            from = Some(at);
        }
    }
    steps
}

/// What nobody is given any more after this write, if it was turned off because of what it did.
fn turned_off(view: &FlagView, ramps: &[RampView], event: &FlagEvent) -> Option<Given> {
    if let Some(number) = event.who.strip_prefix("ramp ") {
        let ramp = ramps.iter().find(|ramp| ramp.number.to_string() == number)?;
        let last = view.history.iter().find(|other| other.who == event.who)?;
        let is_end = ramp.state == RampState::TurnedBack && last.revision == event.revision;
        return is_end.then(|| Given::Treatment(ramp.treatment.clone()));
    }
    let has_reason = event.why.as_ref().is_some_and(|why| !why.trim().is_empty());
    let is_meant = event.what == "flag.killed" && has_reason && !event.who.starts_with("experiment ");
    is_meant.then(|| Given::AnythingBut(view.off_variant.clone().or_else(|| view.default_variant.clone())))
}

/// `None`: no customer had been given it.
fn met(flag: &str, step: &Step, index: &ExposureIndex) -> Option<TurnedOff> {
    let (from, to) = (step.from.as_millisecond(), step.off.as_millisecond());
    let had = index.each().filter(|(_, at, variant)| (from..=to).contains(at) && step.given.is(variant));
    let first = had.map(|(_, at, _)| at).min()?;
    Some(TurnedOff {
        flag: flag.to_owned(),
        commit: step.commit.clone(),
        since: Timestamp::from_millisecond(first).ok()?,
        off: step.off,
        who: step.who.clone(),
        why: step.why.clone(),
    })
}

#[cfg(test)]
mod tests;
