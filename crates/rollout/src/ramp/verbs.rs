//! What people do with ramps.

use std::sync::PoisonError;

use flags::By;
use flags::view::FlagView;
use kernel::{Cursor, Page, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Ramps;
use super::decide::{self, begin_leg};
use super::state::{Cause, Phase, Plan, Ramp, Word, percent};
use super::store::{self, Event, Stored};
use super::view::{RampView, state_of};
use super::watch::tell;
use crate::facade::Error;

const STAGES: [f64; 5] = [0.01, 0.05, 0.25, 0.5, 1.0];
const STAGES_MAX: usize = 20;
const STEP_SECONDS: u64 = 600;
/// A year.
const STEP_SECONDS_MAX: u64 = 366 * 86_400;
const STEP_PERSONS: u64 = 200;
const STEP_PERSONS_MAX: u64 = 10_000_000;
const JOURNEYS_MAX: usize = 10;
/// A ramp that is resumed more often than this is asked for anew.
const LEGS_MAX: usize = 100;
const REASON_BYTES_MAX: usize = 1_000;

/// A ramp that somebody asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GuardedRampWish)]
pub struct RampWish {
    pub flag: String,
    /// Whose share grows; the flag's other variant unless given, where it has two.
    #[serde(default)]
    pub variant: Option<String>,
    /// The last share, 0 to 1; everybody unless given.
    #[serde(default)]
    pub to: Option<f64>,
    /// Shares from 0 to 1, each larger than the one before: 1, 5, 25, 50 and 100 % unless given.
    #[serde(default)]
    pub stages: Option<Vec<f64>>,
    /// The shortest time of a stage; 600 unless given.
    #[serde(default)]
    pub step_seconds: Option<u64>,
    /// Persons of each arm who are followed to the end before a stage ends; 200 unless given.
    #[serde(default)]
    pub step_persons: Option<u64>,
    /// Journeys that must not suffer; the flag's own unless given.
    #[serde(default)]
    pub guards: Vec<String>,
    #[serde(default)]
    pub reason: Option<String>,
}

impl Ramps {
    /// Begins a ramp; its first stage is in force within a second or two.
    pub async fn begin(&self, wish: &RampWish, who: &str) -> Result<RampView, Error> {
        let flag = self.options.flags.show(&wish.flag).await?;
        let plan = plan(wish, &flag)?;
        self.options.customers.may_begin(&plan).await?;
        let why = wish.reason.clone().filter(|why| !why.trim().is_empty());
        bounded(why.as_deref().unwrap_or_default())?;
        let at = self.options.clock.now();
        let mut tx = self.options.db.begin().await?;
        let (open, number) = store::place(&mut tx, &plan.flag).await?;
        if let Some(open) = open {
            let problem = Problem::conflict(format!("ramp {} of {} goes on", open.ramp.number, plan.flag));
            return Err(problem.hint(format!("`trunkline flag ramp {} --cancel REASON` ends it", plan.flag)).into());
        }
        let by = Word { at_ms: at.as_millisecond(), who: who.to_owned(), why };
        let ramp = Ramp::begin(number, plan, by, flag.item.revision);
        store::insert(&mut tx, &ramp).await?;
        let event = Event { at, who: who.to_owned(), what: "ramp.begun".into(), why: told(&ramp) };
        tell(&mut tx, None, &ramp, 1, &event, &[]).await?;
        tx.commit().await?;
        self.ring_for(&ramp);
        self.watch().await?;
        self.show(number).await
    }

    /// It stays where it is until somebody resumes it.
    pub async fn pause(&self, number: u64, by: &By) -> Result<RampView, Error> {
        self.change(number, "ramp.held", by, |ramp, word| {
            ramp.phase = Phase::Holding { cause: Cause::Person, word };
            Ok(())
        })
        .await
    }

    /// It goes on, whatever it held for. What customers did before is no reason to hold again.
    pub async fn resume(&self, number: u64, by: &By) -> Result<RampView, Error> {
        self.change(number, "ramp.resumed", by, |ramp, word| {
            if !matches!(ramp.phase, Phase::Holding { .. }) {
                return Err(Problem::conflict(format!("ramp {} does not hold", ramp.number)));
            }
            if ramp.legs.len() >= LEGS_MAX {
                let problem = Problem::conflict(format!("ramp {} was resumed {LEGS_MAX} times", ramp.number));
                return Err(problem.hint("cancel it and ask for a new one"));
            }
            begin_leg(ramp, word.at_ms);
            ramp.phase = Phase::Ramping;
            Ok(())
        })
        .await
    }

    /// It ends, and the flag stays as it is.
    pub async fn cancel(&self, number: u64, by: &By) -> Result<RampView, Error> {
        self.change(number, "ramp.overridden", by, |ramp, word| {
            let why = word.why.clone().unwrap_or_default();
            *ramp = decide::apply(ramp, &decide::Effect::GiveWay { who: word.who, why }, word.at_ms);
            Ok(())
        })
        .await
    }

    async fn change(
        &self,
        number: u64,
        what: &str,
        by: &By,
        change: impl FnOnce(&mut Ramp, Word) -> Result<(), Problem> + Send,
    ) -> Result<RampView, Error> {
        let why = by.why.clone().ok_or_else(|| {
            Problem::invalid("whoever overrules the figures says why").hint("give a reason; it is shown with the ramp")
        })?;
        bounded(&why)?;
        let at = self.options.clock.now();
        let mut tx = self.options.db.begin().await?;
        let stored = store::one_in(&mut tx, number).await?.ok_or_else(|| unknown(number))?;
        if stored.ramp.is_decided() {
            let state = state_of(&stored.ramp).text();
            return Err(Problem::conflict(format!("ramp {number} is over: {state}")).into());
        }
        let mut ramp = stored.ramp.clone();
        change(&mut ramp, Word { at_ms: at.as_millisecond(), who: by.who.clone(), why: Some(why.clone()) })?;
        if !store::put(&mut tx, &ramp, stored.version).await? {
            return Err(Problem::conflict(format!("ramp {number} has just moved"))
                .hint("look at it, and ask again")
                .into());
        }
        let event = Event { at, who: by.who.clone(), what: what.to_owned(), why };
        let seen = stored.seen.unwrap_or_default();
        tell(&mut tx, Some(&stored.ramp), &ramp, stored.version + 1, &event, &seen).await?;
        tx.commit().await?;
        self.ring_for(&ramp);
        self.show(number).await
    }

    /// One ramp, with what became of it.
    pub async fn show(&self, number: u64) -> Result<RampView, Error> {
        let stored = store::one(&self.options.db, number).await?.ok_or_else(|| unknown(number))?;
        self.view(&stored).await
    }

    /// The newest first; of one flag, if one is named.
    pub async fn list(&self, flag: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<RampView>, Error> {
        let before: u64 = cursor.map(Cursor::decode).transpose()?.unwrap_or(u64::MAX);
        let rows = store::list(&self.options.db, flag, before, limit as u64 + 1).await?;
        let page = Page::cut(rows, limit, |row| Cursor::encode(&row.ramp.number));
        let mut items = Vec::new();
        for row in &page.items {
            items.push(self.view(row).await?);
        }
        Ok(Page { items, next: page.next })
    }

    async fn view(&self, stored: &Stored) -> Result<RampView, Error> {
        let events = store::events(&self.options.db, stored.ramp.number).await?;
        let trouble = self.troubles.lock().unwrap_or_else(PoisonError::into_inner).get(&stored.ramp.number).cloned();
        let now_ms = self.options.clock.now().as_millisecond();
        Ok(RampView { trouble, ..RampView::of(stored, &events, now_ms) })
    }
}

fn unknown(number: u64) -> Problem {
    Problem::not_found(format!("there is no ramp {number}")).hint("`trunkline flag show KEY` tells the ramp of a flag")
}

fn bounded(reason: &str) -> Result<(), Problem> {
    if reason.len() <= REASON_BYTES_MAX {
        return Ok(());
    }
    Err(Problem::invalid(format!("a reason has at most {REASON_BYTES_MAX} bytes")))
}

fn told(ramp: &Ramp) -> String {
    let Plan { stages, treatment, step_persons, step_seconds, journeys, .. } = &ramp.plan;
    let stages: Vec<String> = stages.iter().map(|share| percent(*share)).collect();
    let because = ramp.by.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!(
        "{treatment:?} to {}, each for {step_seconds} s and {step_persons} persons at least, guarded by {}{because}",
        stages.join(", "),
        journeys.join(", "),
    )
}

/// What is asked for, in full; or what is wrong with it.
fn plan(wish: &RampWish, flag: &FlagView) -> Result<Plan, Problem> {
    ready(flag)?;
    let (treatment, control) = variants(wish, flag)?;
    let stages = stages(wish)?;
    let now = flag.item.split.iter().find(|share| share.variant == treatment).map_or(0.0, |share| share.share);
    if now >= stages[0] {
        let problem = Problem::invalid(format!("{} get {treatment:?} already", percent(now)));
        return Err(problem.hint(format!("a ramp begins above that; the first stage is {}", percent(stages[0]))));
    }
    let step_seconds = wish.step_seconds.unwrap_or(STEP_SECONDS);
    if step_seconds > STEP_SECONDS_MAX {
        return Err(Problem::invalid(format!("a stage of {step_seconds} s")).hint("a year is the most"));
    }
    let step_persons = wish.step_persons.unwrap_or(STEP_PERSONS);
    if !(1..=STEP_PERSONS_MAX).contains(&step_persons) {
        return Err(
            Problem::invalid(format!("a stage of {step_persons} persons")).hint(format!("1 to {STEP_PERSONS_MAX}"))
        );
    }
    let journeys = journeys(wish, flag)?;
    Ok(Plan { flag: wish.flag.clone(), treatment, control, stages, step_seconds, step_persons, journeys })
}

fn ready(flag: &FlagView) -> Result<(), Problem> {
    let key = &flag.item.key;
    match flag.item.state.as_str() {
        "killed" => {
            Err(Problem::conflict(format!("{key} is killed")).hint(format!("`trunkline flag clear {key}` ends that")))
        }
        "retiring" | "archived" => {
            Err(Problem::conflict(format!("{key} is {}", flag.item.state)).hint("a flag that leaves is not ramped up"))
        }
        _ => flag.no_ramp.as_ref().map_or(Ok(()), |why| Err(Problem::conflict(why.clone()))),
    }
}

fn variants(wish: &RampWish, flag: &FlagView) -> Result<(String, String), Problem> {
    let known = &flag.item.variants;
    let off = flag.off_variant.as_ref();
    let others: Vec<&String> = known.iter().filter(|variant| Some(*variant) != off).collect();
    let treatment = match (&wish.variant, others.as_slice()) {
        (Some(variant), _) if known.contains(variant) => variant.clone(),
        (Some(variant), _) => {
            let problem = Problem::invalid(format!("variant {variant:?} is not defined"));
            return Err(problem.hint(format!("defined variants are {}", known.join(", "))));
        }
        (None, [one]) => (*one).clone(),
        (None, _) => {
            let problem = Problem::invalid(format!("{} has several variants that could grow", flag.item.key));
            return Err(problem.hint(format!("say which with --variant: {}", known.join(", "))));
        }
    };
    // Who is not in it yet: of the off variant, or of the one that everybody has.
    let largest =
        flag.item.split.iter().filter(|share| share.variant != treatment).max_by(|a, b| a.share.total_cmp(&b.share));
    let control = largest.map(|share| share.variant.clone()).or_else(|| off.filter(|off| **off != treatment).cloned());
    let control = control.ok_or_else(|| Problem::conflict(format!("nobody has another variant than {treatment:?}")))?;
    let third =
        flag.item.split.iter().find(|share| share.share > 0.0 && ![&treatment, &control].contains(&&share.variant));
    if let Some(third) = third {
        let problem = Problem::conflict(format!("{} have {:?}", percent(third.share), third.variant));
        return Err(problem.hint("a guarded ramp compares two variants; take the third to 0 % first"));
    }
    Ok((treatment, control))
}

fn stages(wish: &RampWish) -> Result<Vec<f64>, Problem> {
    let to = wish.to.unwrap_or_else(|| wish.stages.as_ref().and_then(|stages| stages.last().copied()).unwrap_or(1.0));
    let asked = wish.stages.clone().unwrap_or_else(|| STAGES.to_vec());
    let mut stages: Vec<f64> = asked.iter().copied().filter(|share| *share < to).collect();
    stages.push(to);
    let is_share = |share: &f64| *share > 0.0 && *share <= 1.0;
    if let Some(wrong) = asked.iter().chain(&stages).find(|share| !is_share(share)) {
        return Err(Problem::invalid(format!("a stage of {wrong}")).hint("shares are above 0 and at most 1"));
    }
    if !asked.is_sorted_by(|one, other| one < other) {
        return Err(Problem::invalid("the stages do not grow").hint("for example 0.01, 0.05, 0.25, 0.5, 1"));
    }
    if stages.len() > STAGES_MAX {
        return Err(Problem::invalid(format!("{} stages", stages.len())).hint(format!("at most {STAGES_MAX}")));
    }
    Ok(stages)
}

fn journeys(wish: &RampWish, flag: &FlagView) -> Result<Vec<String>, Problem> {
    let mut journeys =
        if wish.guards.is_empty() { flag.item.journey.iter().cloned().collect() } else { wish.guards.clone() };
    journeys.sort();
    journeys.dedup();
    match journeys.len() {
        0 => Err(Problem::invalid(format!("{} names no journey, so that nothing would guard the ramp", flag.item.key))
            .hint("name one with --guard, or in the flag's metadata: { journey: checkout }")),
        many if many > JOURNEYS_MAX => {
            Err(Problem::invalid(format!("{many} journeys guard")).hint(format!("at most {JOURNEYS_MAX}")))
        }
        _ => Ok(journeys),
    }
}
