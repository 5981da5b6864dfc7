//! What follows for a ramp: one total function from its record and what is known to effects, and one that applies them.
//!
//! Record first, then act: [`next`] gives effects, each is applied to the record and stored, and only then performed. An act is
//! recorded as *pending*, is found again in the flag's history by what it says there, and is confirmed from it: so whatever is
//! cut off in between is taken up where it was, and nothing is done twice.

use super::evidence::{Judgement, Seen, judge};
use super::state::{Act, Cause, Goal, Leg, Phase, Ramp, Word, percent};

/// A stage that lacks persons, or is in doubt, holds after so many times its own length, and no sooner than the minutes below.
const PATIENCE_STEPS: u64 = 10;
const PATIENCE_MIN_MS: i64 = 600_000;
/// A share is what it is to be if it misses by no more than rounding.
const SHARE_TOLERANCE: f64 = 1e-4;

/// What is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Writes of the flag since [`Ramp::revision`], oldest first.
    pub writes: Vec<Write>,
    pub sight: Sight,
}

/// A write of the flag, as its history tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    pub revision: u64,
    pub at_ms: i64,
    pub who: String,
    /// `flag.ramped`, `flag.killed` and so on
    pub what: String,
    pub why: Option<String>,
    /// The state of the flag after it.
    pub state: String,
    /// Of the treatment after it; nothing where no share is everybody's.
    pub share: Option<f64>,
}

/// What customers do.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// In each journey of the plan.
    Clear(Vec<Seen>),
    /// Why it cannot be seen.
    Blind(String),
}

/// What is done to a ramp.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A write of the flag was looked at and changes nothing.
    Note {
        revision: u64,
    },
    /// The pending act is in the flag's history.
    Confirm {
        revision: u64,
        at_ms: i64,
    },
    /// The pending act is done, if the flag is at the revision of the record.
    Perform,
    Advance {
        stage: usize,
        why: String,
    },
    Hold {
        cause: Cause,
        why: String,
    },
    Continue {
        why: String,
    },
    TurnBack {
        goal: Goal,
        why: String,
    },
    Finish {
        why: String,
    },
    GiveWay {
        who: String,
        why: String,
    },
}

/// What follows now. Total: every record with every fact has an answer.
pub fn next(ramp: &Ramp, facts: &Facts, now_ms: i64) -> Vec<Effect> {
    if ramp.is_over() {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for write in &facts.writes {
        let revision = write.revision;
        if is_ours(ramp, write) {
            return and(effects, Effect::Confirm { revision, at_ms: write.at_ms });
        }
        if let Some(why) = overtaken(ramp, write) {
            return and(effects, Effect::GiveWay { who: write.who.clone(), why });
        }
        effects.push(Effect::Note { revision });
    }
    match (&ramp.pending, &facts.sight) {
        (Some(_), _) => and(effects, Effect::Perform),
        (None, Sight::Blind(why)) if matches!(ramp.phase, Phase::Ramping) => {
            and(effects, Effect::Hold { cause: Cause::Blind, why: why.clone() })
        }
        (None, Sight::Blind(_)) => effects,
        (None, Sight::Clear(seen)) => {
            effects.extend(follow(ramp, seen, now_ms));
            effects
        }
    }
}

fn and(mut effects: Vec<Effect>, effect: Effect) -> Vec<Effect> {
    effects.push(effect);
    effects
}

fn is_ours(ramp: &Ramp, write: &Write) -> bool {
    let told = ramp.pending.as_ref().map(Act::told);
    told.is_some() && write.who == ramp.who() && write.why == told
}

/// Somebody else decided about the flag: a ramp does not undo that, unless the treatment is known to do harm. Then only who turns it
/// off altogether was quicker.
fn overtaken(ramp: &Ramp, write: &Write) -> Option<String> {
    let Write { who, what, why, state, share, .. } = write;
    let because = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let said = |did: &str| Some(format!("{who} {did}{because}"));
    let is_off_trunk = matches!(state.as_str(), "retiring" | "archived");
    match what.as_str() {
        "flag.killed" => return said("killed the flag"),
        _ if matches!(ramp.phase, Phase::TurnedBack { .. }) && !is_off_trunk => return None,
        "flag.cleared" => return said("cleared a kill of the flag"),
        "flag.ramped" | "flag.set" => return said("changed its shares"),
        _ => {}
    }
    if is_off_trunk {
        return said("took the flag off trunk");
    }
    let expected = ramp.leg().map(|leg| ramp.plan.stages[leg.stage]);
    let is_other = |expected: f64| share.is_none_or(|share| (share - expected).abs() > SHARE_TOLERANCE);
    // Before the first stage is in force the shares are nobody's business but those of who changes them.
    if expected.is_some_and(is_other) { said("changed its rule, and with it its shares") } else { None }
}

/// What customers do, and the time, decide.
fn follow(ramp: &Ramp, seen: &[Seen], now_ms: i64) -> Vec<Effect> {
    let judgement = judge(ramp, seen);
    match (judgement, &ramp.phase) {
        (Judgement::Disaster { why }, _) => vec![Effect::TurnBack { goal: Goal::Kill, why }],
        (Judgement::Worse { why }, _) => vec![Effect::TurnBack { goal: Goal::TurnBack, why }],
        // A person decides.
        (_, Phase::Holding { cause, .. }) if !cause.passes() => Vec::new(),
        (Judgement::Everybody { why }, _) => vec![Effect::Hold { cause: Cause::Everybody, why }],
        (judgement, phase) => gate(ramp, seen, &judgement, phase, now_ms),
    }
}

/// Whether the stage may end.
fn gate(ramp: &Ramp, seen: &[Seen], judgement: &Judgement, phase: &Phase, now_ms: i64) -> Vec<Effect> {
    match (waits(ramp, seen, judgement, now_ms), phase) {
        (None, _) => vec![end_of_stage(ramp, seen)],
        (Some(Wait { cause: Some(cause), why }), Phase::Ramping) => vec![Effect::Hold { cause, why }],
        (Some(Wait { cause: None, .. }), Phase::Holding { .. }) => {
            vec![Effect::Continue { why: "what it held for is over".into() }]
        }
        _ => Vec::new(),
    }
}

/// What a stage waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// It waited too long: somebody should know.
    pub cause: Option<Cause>,
    pub why: String,
}

/// Nothing if the stage may end.
pub fn waits(ramp: &Ramp, seen: &[Seen], judgement: &Judgement, now_ms: i64) -> Option<Wait> {
    let plan = &ramp.plan;
    let from_ms = ramp.stage_from_ms()?;
    let horizon_ms = seen.iter().map(|seen| seen.horizon_ms).max().unwrap_or(0);
    let step_ms = milliseconds(plan.step_seconds);
    let age_ms = now_ms - from_ms;
    // Whoever resumes it has seen what it held for.
    let waited_ms = ramp.legs.last().map_or(0, |leg| now_ms - leg.from_ms);
    // With everybody in the treatment nobody is beside it; who came before is followed to the end.
    let is_whole = plan.stages[ramp.stage()] >= 1.0;
    let shortest_ms = if is_whole { step_ms.max(horizon_ms + journeys::SETTLED_MS) } else { step_ms };
    let patience_ms = milliseconds(plan.step_seconds.saturating_mul(PATIENCE_STEPS)).max(PATIENCE_MIN_MS) + horizon_ms;
    let of = |cause, why| Some(Wait { cause: Some(cause).filter(|_| waited_ms >= patience_ms), why });
    if age_ms < shortest_ms {
        let seconds = (shortest_ms - age_ms + 999) / 1_000;
        return Some(Wait { cause: None, why: format!("{seconds} s of this stage are left") });
    }
    if let Some(why) = few(ramp, seen).filter(|_| !is_whole) {
        return of(Cause::TooFew, why);
    }
    match judgement {
        Judgement::Doubtful { why } => of(Cause::Doubt, format!("it looks worse, and that is not sure: {why}")),
        _ => None,
    }
}

/// The arm that lacks persons.
fn few(ramp: &Ramp, seen: &[Seen]) -> Option<String> {
    let (plan, stage) = (&ramp.plan, ramp.stage());
    let is_here = |leg: usize| ramp.legs.get(leg).is_some_and(|leg| leg.stage == stage);
    seen.iter().find_map(|seen| {
        let arms = seen.total(is_here);
        let mut sides = [(&plan.treatment, arms.b.n), (&plan.control, arms.a.n)].into_iter();
        let (variant, persons) = sides.find(|(_, persons)| *persons < plan.step_persons)?;
        let wanted = plan.step_persons;
        Some(format!("{}: {persons} of {wanted} persons with {variant:?} were followed to the end", seen.journey))
    })
}

fn end_of_stage(ramp: &Ramp, seen: &[Seen]) -> Effect {
    let stage = ramp.stage();
    if stage < ramp.plan.last() {
        return Effect::Advance { stage: stage + 1, why: ramp.plan.stage_told(stage + 1) };
    }
    let told: Vec<String> = seen
        .iter()
        .filter_map(|seen| {
            let upper = seen.upper(&ramp.plan)?;
            let points = seen.difference()?.look.estimate * 100.0;
            Some(format!("{}: {points:+.1} points, at most {:+.1} at any look", seen.journey, upper * 100.0))
        })
        .collect();
    let share = percent(ramp.plan.stages[stage]);
    Effect::Finish {
        why: format!("{share} get {:?}, and nothing spoke against it; {}", ramp.plan.treatment, told.join("; ")),
    }
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX / 4)
}

/// The record after an effect.
pub fn apply(ramp: &Ramp, effect: &Effect, now_ms: i64) -> Ramp {
    let mut ramp = ramp.clone();
    let by_itself = |why: &str| Word { at_ms: now_ms, who: "trunkline".into(), why: Some(why.to_owned()) };
    match effect {
        Effect::Note { revision } => ramp.revision = *revision,
        Effect::Confirm { revision, at_ms } => confirm(&mut ramp, *revision, *at_ms),
        Effect::Perform => {}
        Effect::Advance { stage, why } => {
            ramp.phase = Phase::Ramping;
            order(&mut ramp, Goal::Stage(*stage), why);
        }
        Effect::Hold { cause, why } => ramp.phase = Phase::Holding { cause: *cause, word: by_itself(why) },
        Effect::Continue { .. } => ramp.phase = Phase::Ramping,
        Effect::TurnBack { goal, why } => {
            ramp.phase = Phase::TurnedBack { word: by_itself(why) };
            order(&mut ramp, *goal, why);
        }
        Effect::Finish { why } => {
            close(&mut ramp, now_ms);
            ramp.phase = Phase::Done { word: by_itself(why) };
        }
        Effect::GiveWay { who, why } => {
            close(&mut ramp, now_ms);
            ramp.pending = None;
            ramp.phase = Phase::Overridden { word: Word { who: who.clone(), ..by_itself(why) } };
        }
    }
    ramp
}

fn order(ramp: &mut Ramp, goal: Goal, why: &str) {
    ramp.acts += 1;
    ramp.pending = Some(Act { number: ramp.acts, goal, why: why.to_owned() });
}

fn confirm(ramp: &mut Ramp, revision: u64, at_ms: i64) {
    ramp.revision = revision;
    let Some(act) = ramp.pending.take() else { return };
    close(ramp, at_ms);
    if let Goal::Stage(stage) = act.goal {
        ramp.legs.push(Leg { stage, from_ms: at_ms, to_ms: None });
    }
    if let Phase::Holding { cause: Cause::Refused, .. } = ramp.phase {
        ramp.phase = Phase::Ramping;
    }
}

/// From now on persons are counted anew beside those before the ramp: what a person has seen and gone on from is no reason to
/// hold again.
pub fn begin_leg(ramp: &mut Ramp, at_ms: i64) {
    if let Some(leg) = ramp.leg().copied() {
        close(ramp, at_ms);
        ramp.legs.push(Leg { from_ms: at_ms, to_ms: None, ..leg });
    }
}

fn close(ramp: &mut Ramp, at_ms: i64) {
    if let Some(leg) = ramp.legs.last_mut().filter(|leg| leg.to_ms.is_none()) {
        leg.to_ms = Some(at_ms);
    }
}

#[cfg(test)]
mod tests;
