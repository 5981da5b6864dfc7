//! Moves ramps: look, decide, record, act.

use std::collections::BTreeMap;
use std::time::Instant;

use flags::view::FlagEvent;
use flags::{By, Written};
use jiff::Timestamp;
use kernel::{Kind, Problem};
use serde_json::json;
use storage::{Audit, Tx};

use super::decide::{Effect, Facts, Sight, Write, apply, next};
use super::evidence::Seen;
use super::state::{Act, Cause, Goal, Phase, Ramp};
use super::store::{self, Event, Stored};
use super::view::state_of;
use super::{PUBLISHER, Ramps};
use crate::facade::{Error, Rollout};

/// One look goes on for so many decisions at most; the next look follows.
const ROUNDS_MAX: usize = 8;
/// Looking takes at most this part of the time.
const LOOK_SHARE: u32 = 20;

/// How often ramps are looked at.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    not_before: Option<Instant>,
}

impl Pace {
    /// Moves all ramps, unless the last look was long and not long ago.
    pub(crate) async fn watch(&mut self, rollout: &Rollout) -> Result<(), Error> {
        let began = Instant::now();
        let Some(ramps) = rollout.ramps.as_ref().filter(|_| self.not_before.is_none_or(|at| began >= at)) else {
            return Ok(());
        };
        let outcome = ramps.watch().await;
        self.not_before = Some(Instant::now() + began.elapsed() * LOOK_SHARE);
        outcome
    }
}

impl Ramps {
    /// One look at every ramp that goes on. What stands in the way of one does not stop the others; it is told with it.
    pub async fn watch(&self) -> Result<(), Error> {
        for stored in store::open(&self.options.db).await? {
            let number = stored.ramp.number;
            let trouble = self.follow(number).await.err().map(|error| kernel::chain(&error));
            self.note(number, trouble);
        }
        Ok(())
    }

    /// What stands in the way now; it is logged once.
    fn note(&self, ramp: u64, trouble: Option<String>) {
        let mut troubles = self.troubles.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match trouble {
            None => drop(troubles.remove(&ramp)),
            Some(trouble) if troubles.get(&ramp) == Some(&trouble) => {}
            Some(trouble) => {
                tracing::warn!(ramp, trouble, "a ramp cannot be moved; it is tried again");
                troubles.insert(ramp, trouble);
            }
        }
    }

    async fn follow(&self, number: u64) -> Result<(), Error> {
        for _ in 0..ROUNDS_MAX {
            let Some(stored) = store::one(&self.options.db, number).await? else { return Ok(()) };
            let facts = self.facts(&stored).await?;
            let now = self.options.clock.now();
            let effects = next(&stored.ramp, &facts, now.as_millisecond());
            if effects.is_empty() || !self.carry_out(stored, &effects, &facts, now).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn facts(&self, stored: &Stored) -> Result<Facts, Error> {
        let ramp = &stored.ramp;
        let history = self.options.flags.history(&ramp.plan.flag).await?;
        let new = history.iter().rev().filter(|event| event.revision > ramp.revision);
        let writes = new.map(|event| write(event, &ramp.plan.treatment)).collect();
        // Nobody is looked at while it is only acted.
        let is_acting = ramp.pending.is_some() || ramp.is_decided();
        let sight = if is_acting { Sight::Clear(Vec::new()) } else { self.sight(stored).await? };
        Ok(Facts { writes, sight })
    }

    async fn sight(&self, stored: &Stored) -> Result<Sight, Error> {
        let now_ms = self.options.clock.now().as_millisecond();
        match self.options.customers.seen(&stored.ramp, now_ms).await {
            Ok(seen) => {
                if stored.seen.as_ref() != Some(&seen) {
                    let mut tx = self.options.db.begin().await?;
                    store::put_seen(&mut tx, stored.ramp.number, &seen).await?;
                    tx.commit().await?;
                }
                Ok(Sight::Clear(seen))
            }
            // Asking again would not mend it.
            Err(problem) if matches!(problem.kind, Kind::NotFound | Kind::InvalidInput) => {
                Ok(Sight::Blind(problem.told()))
            }
            Err(problem) => Err(problem.into()),
        }
    }

    /// Whether there may be more to do.
    async fn carry_out(
        &self,
        stored: Stored,
        effects: &[Effect],
        facts: &Facts,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let seen: &[Seen] = if let Sight::Clear(seen) = &facts.sight { seen } else { &[] };
        let Some(stored) = self.record(stored, effects, seen, now).await? else { return Ok(true) };
        if !effects.contains(&Effect::Perform) {
            return Ok(true);
        }
        let Some(act) = &stored.ramp.pending else { return Ok(true) };
        let Some(refused) = self.perform(&stored.ramp, act).await? else { return Ok(true) };
        if matches!(stored.ramp.phase, Phase::Ramping) {
            let hold = Effect::Hold { cause: Cause::Refused, why: refused };
            self.record(stored, &[hold], seen, now).await?;
        } else {
            tracing::error!(ramp = stored.ramp.number, refused, "a flag could not be changed");
        }
        Ok(false)
    }

    /// Writes down what follows; `None` if somebody else wrote the record meanwhile.
    async fn record(
        &self,
        stored: Stored,
        effects: &[Effect],
        seen: &[Seen],
        now: Timestamp,
    ) -> Result<Option<Stored>, Error> {
        let Stored { ramp: before, version, .. } = &stored;
        let ramp = effects.iter().fold(before.clone(), |ramp, effect| apply(&ramp, effect, now.as_millisecond()));
        if ramp == *before {
            return Ok(Some(stored));
        }
        let mut tx = self.options.db.begin().await?;
        if !store::put(&mut tx, &ramp, *version).await? {
            return Ok(None);
        }
        let version = version + 1;
        let told = effects.iter().find_map(|effect| event(effect, now));
        if let Some(event) = &told {
            tell(&mut tx, Some(before), &ramp, version, event, seen).await?;
        }
        tx.commit().await?;
        self.ring_for(&ramp);
        Ok(Some(Stored { ramp, version, seen: stored.seen }))
    }

    pub(super) fn ring_for(&self, ramp: &Ramp) {
        // Nobody listening is fine.
        let _ = self.bell.send(delivery::Fact { kind: "ramp", id: ramp.plan.flag.clone() });
    }

    /// Does what is recorded, if nobody wrote the flag since it was looked at. Gives why the flag refuses it, if so.
    async fn perform(&self, ramp: &Ramp, act: &Act) -> Result<Option<String>, Error> {
        let (plan, flags) = (&ramp.plan, &self.options.flags);
        let by = By { who: ramp.who(), why: Some(act.told()) };
        let share = match act.goal {
            Goal::Stage(stage) => Some(plan.stages[stage]),
            Goal::TurnBack => Some(0.0),
            Goal::Kill => None,
        };
        let split = |share| BTreeMap::from([(plan.treatment.clone(), share), (plan.control.clone(), 1.0 - share)]);
        let written = match share {
            Some(share) => flags.ramp_from(&plan.flag, ramp.revision, &split(share), &by).await,
            None => flags.kill_from(&plan.flag, ramp.revision, &by).await,
        };
        refusal(written)
    }
}

fn refusal(written: Result<Option<Written>, flags::Error>) -> Result<Option<String>, Error> {
    match written.map_err(Problem::from) {
        Ok(_) => Ok(None),
        // It may have been done all the same: the flag's history says.
        Err(problem) if matches!(problem.kind, Kind::Unavailable | Kind::Internal) => Err(problem.into()),
        Err(problem) => Ok(Some(problem.told())),
    }
}

fn write(event: &FlagEvent, treatment: &str) -> Write {
    let at_ms = event.at.parse().map(Timestamp::as_millisecond).unwrap_or_default();
    let of_treatment = event.split.iter().find(|share| share.variant == treatment);
    let share = of_treatment.map_or(0.0, |share| share.share);
    Write {
        revision: event.revision,
        at_ms,
        who: event.who.clone(),
        what: event.what.clone(),
        why: event.why.clone(),
        state: event.state.clone(),
        share: (!event.split.is_empty()).then_some(share),
    }
}

/// What is told of an effect.
fn event(effect: &Effect, at: Timestamp) -> Option<Event> {
    let (what, why) = match effect {
        Effect::Note { .. } | Effect::Confirm { .. } | Effect::Perform => return None,
        Effect::Advance { why, .. } => ("ramp.advanced", why),
        Effect::Hold { why, .. } => ("ramp.held", why),
        Effect::Continue { why } => ("ramp.resumed", why),
        Effect::TurnBack { why, .. } => ("ramp.turned_back", why),
        Effect::Finish { why } => ("ramp.done", why),
        Effect::GiveWay { who, why } => {
            return Some(Event { at, who: who.clone(), what: "ramp.overridden".into(), why: why.clone() });
        }
    };
    Some(Event { at, who: "trunkline".into(), what: what.into(), why: why.clone() })
}

/// In the transaction of the change: the ramp's own history, the audit log, and the fact that others act upon.
pub(super) async fn tell(
    tx: &mut Tx,
    before: Option<&Ramp>,
    ramp: &Ramp,
    version: u64,
    event: &Event,
    seen: &[Seen],
) -> Result<(), storage::Error> {
    store::put_event(tx, ramp, version, event, seen).await?;
    let plan = &ramp.plan;
    let shown = |ramp: &Ramp| json!({ "ramp": ramp.number, "state": state_of(ramp).text(), "stage": ramp.stage() + 1 });
    tx.audit(Audit {
        who: event.who.clone(),
        what: event.what.clone(),
        subject: plan.flag.clone(),
        why: Some(event.why.clone()),
        before: before.map(shown),
        after: Some(shown(ramp)),
    })
    .await?;
    let cause = if let Phase::Holding { cause, .. } = &ramp.phase { Some(cause) } else { None };
    let fact = json!({ "ramp": ramp.number, "flag": plan.flag, "state": state_of(ramp).text(), "cause": cause,
        "stage": ramp.stage() + 1, "stages": plan.stages.len(), "who": event.who, "sentence": event.why });
    tx.publish(PUBLISHER, &event.what, &fact).await?;
    Ok(())
}
