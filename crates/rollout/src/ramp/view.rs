//! What callers see of ramps.

use experiments::stats::Arms;
use experiments::stats::proportions::Count;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decide::waits;
use super::evidence::{Seen, judge};
use super::state::{Phase, Ramp, Word};
use super::store::{Event, Stored};

/// A guarded ramp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RampView {
    pub number: u64,
    pub flag: String,
    pub state: RampState,
    /// In one sentence: what it does now, or how it ended.
    pub sentence: String,
    pub treatment: String,
    pub control: String,
    pub stages: Vec<RampStage>,
    /// From 1 on.
    pub stage: u64,
    /// Of the treatment, by the newest stage that came into force; 0 once it was turned back.
    pub share: f64,
    /// Since when it is at this stage; nothing before the first is in force.
    pub since: Option<String>,
    pub step_seconds: u64,
    pub step_persons: u64,
    /// In each journey that guards; empty before the first look.
    pub evidence: Vec<RampEvidence>,
    /// What this stage waits for.
    pub waits_for: Option<String>,
    pub began: String,
    pub by: String,
    pub reason: Option<String>,
    pub ended: Option<String>,
    /// Oldest first.
    pub events: Vec<RampEvent>,
    /// Why it cannot be looked at or moved, if so: what is shown is from before.
    pub trouble: Option<String>,
    /// The commands that are of use now.
    pub actions: Vec<String>,
}

/// How far a ramp is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RampState {
    Ramping,
    /// It stays where it is; somebody should look.
    Holding,
    Done,
    /// The treatment did harm: nobody gets it.
    TurnedBack,
    /// Somebody decided otherwise.
    Overridden,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RampStage {
    /// Of the treatment, 0 to 1.
    pub share: f64,
    /// Nothing while it is ahead.
    pub since: Option<String>,
}

/// What customers did in one journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RampEvidence {
    pub journey: String,
    /// Over all stages, of the persons who were followed to the end.
    pub control: RampCount,
    pub treatment: RampCount,
    /// Of the stage that goes on.
    pub stage_control: u64,
    pub stage_treatment: u64,
    /// Treatment less control, at the same time on the same build; nothing while nobody can be compared.
    pub difference: Option<RampLook>,
    /// Who came in the day before the ramp.
    pub before: RampCount,
    /// Persons who entered without having been shown either variant, as far as is known; they are in no figure.
    pub elsewhere: u64,
}

/// How many persons, and how many of them came through.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RampCount {
    pub persons: u64,
    pub came_through: u64,
    pub rate: Option<f64>,
}

/// An estimate with the bound that decides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RampLook {
    pub estimate: f64,
    /// Valid at any look: below 0, the treatment does harm.
    pub upper: f64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RampEvent {
    pub at: String,
    pub who: String,
    /// For example `ramp.advanced`.
    pub what: String,
    pub why: String,
}

impl RampState {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ramping => "ramping",
            Self::Holding => "holding",
            Self::Done => "done",
            Self::TurnedBack => "turned_back",
            Self::Overridden => "overridden",
        }
    }
}

pub(super) const fn state_of(ramp: &Ramp) -> RampState {
    match &ramp.phase {
        Phase::Ramping => RampState::Ramping,
        Phase::Holding { .. } => RampState::Holding,
        Phase::Done { .. } => RampState::Done,
        Phase::TurnedBack { .. } => RampState::TurnedBack,
        Phase::Overridden { .. } => RampState::Overridden,
    }
}

impl RampView {
    pub(super) fn of(stored: &Stored, events: &[Event], now_ms: i64) -> Self {
        let Stored { ramp, seen, .. } = stored;
        let plan = &ramp.plan;
        let seen = seen.as_deref().unwrap_or_default();
        let waits_for = waits_for(ramp, seen, now_ms);
        let is_back = matches!(ramp.phase, Phase::TurnedBack { .. });
        Self {
            number: ramp.number,
            flag: plan.flag.clone(),
            state: state_of(ramp),
            sentence: sentence(ramp, waits_for.as_deref()),
            treatment: plan.treatment.clone(),
            control: plan.control.clone(),
            stages: (0..plan.stages.len()).map(|stage| at_stage(ramp, stage)).collect(),
            stage: ramp.stage() as u64 + 1,
            share: if is_back || ramp.legs.is_empty() { 0.0 } else { plan.stages[ramp.stage()] },
            since: ramp.stage_from_ms().and_then(instant),
            step_seconds: plan.step_seconds,
            step_persons: plan.step_persons,
            evidence: seen.iter().map(|seen| evidence(ramp, seen)).collect(),
            waits_for,
            began: instant(ramp.by.at_ms).unwrap_or_default(),
            by: ramp.by.who.clone(),
            reason: ramp.by.why.clone(),
            ended: ended(ramp).and_then(|word| instant(word.at_ms)),
            events: events.iter().map(told).collect(),
            trouble: None,
            actions: actions(ramp),
        }
    }
}

fn instant(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|at| at.to_string())
}

fn told(event: &Event) -> RampEvent {
    let Event { at, who, what, why } = event.clone();
    RampEvent { at: at.to_string(), who, what, why }
}

fn at_stage(ramp: &Ramp, stage: usize) -> RampStage {
    let leg = ramp.legs.iter().find(|leg| leg.stage == stage);
    RampStage { share: ramp.plan.stages[stage], since: leg.and_then(|leg| instant(leg.from_ms)) }
}

const fn ended(ramp: &Ramp) -> Option<&Word> {
    match &ramp.phase {
        Phase::Done { word } | Phase::TurnedBack { word } | Phase::Overridden { word } => Some(word),
        Phase::Ramping | Phase::Holding { .. } => None,
    }
}

fn waits_for(ramp: &Ramp, seen: &[Seen], now_ms: i64) -> Option<String> {
    if ramp.is_decided() {
        return None;
    }
    if let Some(act) = &ramp.pending {
        return Some(format!("the flag: {}", act.why));
    }
    if seen.is_empty() {
        return Some("the first look at customers".into());
    }
    waits(ramp, seen, &judge(ramp, seen), now_ms).map(|wait| wait.why)
}

fn sentence(ramp: &Ramp, waits_for: Option<&str>) -> String {
    let stage = ramp.plan.stage_told(ramp.stage());
    let why = |word: &Word| word.why.clone().unwrap_or_default();
    match &ramp.phase {
        Phase::Ramping => format!("{stage}; waits for {}", waits_for.unwrap_or("the next look")),
        Phase::Holding { word, .. } => format!("holds at {stage}: {}", why(word)),
        Phase::Done { word } => why(word),
        Phase::TurnedBack { word } => format!("nobody gets {:?} any more: {}", ramp.plan.treatment, why(word)),
        Phase::Overridden { word } => format!("it gave way to {}: {}", word.who, why(word)),
    }
}

fn evidence(ramp: &Ramp, seen: &Seen) -> RampEvidence {
    let Arms { a, b } = seen.total(|_| true);
    let stage = ramp.stage();
    let here = seen.total(|leg| ramp.legs.get(leg).is_some_and(|leg| leg.stage == stage));
    let look = seen.difference().zip(seen.upper(&ramp.plan));
    RampEvidence {
        journey: seen.journey.clone(),
        control: count(a),
        treatment: count(b),
        stage_control: here.a.n,
        stage_treatment: here.b.n,
        difference: look.map(|(difference, upper)| RampLook { estimate: difference.look.estimate, upper }),
        before: count(seen.before),
        elsewhere: seen.elsewhere,
    }
}

fn count(count: Count) -> RampCount {
    RampCount { persons: count.n, came_through: count.x, rate: (count.n > 0).then(|| count.rate()) }
}

fn actions(ramp: &Ramp) -> Vec<String> {
    let flag = &ramp.plan.flag;
    let verbs: &[&str] = match &ramp.phase {
        Phase::Ramping => &["pause", "cancel"],
        Phase::Holding { .. } => &["resume", "cancel"],
        _ => &[],
    };
    verbs.iter().map(|verb| format!("trunkline flag ramp {flag} --{verb} REASON")).collect()
}
