//! What a change did to the journeys: who is compared with whom, and how sure one can be.
//!
//! Concurrent arms wherever there were any: the variants of the change's flag, else the two versions of its canary. Else
//! what was before is compared with what came after, and that is called not randomised.

use flags::model::Definition;
use jiff::{SignedDuration, Timestamp};
use journeys::model::Report;
use journeys::model::report::StepReport;
use journeys::{By, ReportQuery};
use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use delivery::view::deployment::ReleaseView;

use super::percent;
use super::proportion::{Counted, Difference, difference};
use crate::definitions::Contexts;
use crate::facade::Error;

/// How far back "before" goes at most.
const LOOK_BACK_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
const LOOK_BACK_MIN: SignedDuration = SignedDuration::from_mins(1);

/// A journey on both sides of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Effect {
    pub journey: String,
    /// `variants` and `canary` are concurrent arms that chance made; `before_after` is not randomised.
    pub comparison: String,
    pub randomised: bool,
    /// Who entered from then on counts …
    pub from: String,
    /// … up to then; `null` while it goes on.
    pub to: Option<String>,
    /// The old way: before the change, or the arm without it.
    pub before: Side,
    /// The new way: after the change, or the arm with it.
    pub after: Side,
    /// Of the rates; `null` while one side has nobody.
    pub difference: Option<Difference>,
    pub sentence: String,
}

/// Persons of one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Side {
    /// What it is, for example `variant off` or `deployment 46`.
    pub name: String,
    pub entered: u64,
    pub converted: u64,
    /// Of those who entered: they may still convert, and count as not converted so far.
    pub pending: u64,
    pub rate: Option<f64>,
}

impl Side {
    fn of(name: String, steps: &[StepReport], pending: u64) -> Self {
        let persons = |step: Option<&StepReport>| step.map_or(0, |step| step.persons);
        let (entered, converted) = (persons(steps.first()), persons(steps.last()));
        Self { name, entered, converted, pending, rate: Counted { of: entered, converted }.rate() }
    }

    const fn counted(&self) -> Counted {
        Counted { of: self.entered, converted: self.converted }
    }

    fn told(&self) -> String {
        match self.rate {
            Some(rate) => format!("{}: {} of {} persons ({})", self.name, self.converted, self.entered, percent(rate)),
            None => format!("{}: nobody", self.name),
        }
    }
}

/// Who is compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared<'a> {
    /// The change's version, which customers had.
    pub(crate) release: &'a ReleaseView,
    /// The change's flags, as it defines them.
    pub(crate) flags: &'a [&'a Definition],
    pub(crate) now: Timestamp,
}

/// When those who are compared entered; without an end it goes on.
#[derive(Debug, Clone, Copy)]
struct Time {
    from: Timestamp,
    to: Option<Timestamp>,
}

/// What became of one journey.
pub(crate) async fn of(contexts: &Contexts, journey: &str, compared: &Compared<'_>) -> Result<Option<Effect>, Error> {
    for flag in compared.flags {
        if let Some(effect) = by_variant(contexts, journey, flag, compared).await? {
            return Ok(Some(effect));
        }
    }
    if let Some(effect) = by_canary(contexts, journey, compared).await? {
        return Ok(Some(effect));
    }
    before_after(contexts, journey, compared).await
}

async fn report(contexts: &Contexts, journey: &str, query: &ReportQuery) -> Result<Option<Report>, Error> {
    match contexts.journeys.report(journey, query).await.map_err(Problem::from) {
        Ok(report) => Ok(Some(report)),
        // It is retired since.
        Err(problem) if problem.kind == Kind::NotFound => Ok(None),
        Err(problem) => Err(problem.into()),
    }
}

async fn by_variant(
    contexts: &Contexts,
    journey: &str,
    flag: &Definition,
    compared: &Compared<'_>,
) -> Result<Option<Effect>, Error> {
    let by = By::Variant(flag.key.to_string());
    let query = ReportQuery { from: Some(compared.release.from), by: Some(by), ..ReportQuery::default() };
    let Some(report) = report(contexts, journey, &query).await? else { return Ok(None) };
    let is_control = |value: &str| flag.default_variant.as_deref() == Some(value);
    let name = |value: &str| format!("variant {value} of {}", flag.key);
    let (control, treatment) = arms(&report, is_control);
    Ok(control.zip(treatment).map(|((old, before), (new, after))| {
        let (before, after) = (Side { name: name(&old), ..before }, Side { name: name(&new), ..after });
        effect(journey, "variants", Time { from: compared.release.from, to: None }, before, after)
    }))
}

async fn by_canary(contexts: &Contexts, journey: &str, compared: &Compared<'_>) -> Result<Option<Effect>, Error> {
    let release = compared.release;
    let Some(old) = release.replaces else { return Ok(None) };
    let to = release.live_at.or(release.to).unwrap_or(compared.now);
    if to <= release.from {
        return Ok(None);
    }
    let query = ReportQuery { from: Some(release.from), to: Some(to), by: Some(By::Release), ..ReportQuery::default() };
    let Some(report) = report(contexts, journey, &query).await? else { return Ok(None) };
    let side = |number: u64| {
        let group = report.breakdown.iter().find(|group| group.value.as_deref() == Some(&number.to_string()))?;
        Some(Side::of(format!("deployment {number}"), &group.steps, group.pending_persons))
    };
    let time = Time { from: release.from, to: release.live_at.or(release.to) };
    Ok(side(old).zip(side(release.number)).map(|(before, after)| effect(journey, "canary", time, before, after)))
}

async fn before_after(contexts: &Contexts, journey: &str, compared: &Compared<'_>) -> Result<Option<Effect>, Error> {
    let from = compared.release.live_at.unwrap_or(compared.release.from);
    let to = compared.release.to.unwrap_or(compared.now);
    let back = to.duration_since(from).clamp(LOOK_BACK_MIN, LOOK_BACK_MAX);
    let range = |from, to| ReportQuery { from: Some(from), to: Some(to), ..ReportQuery::default() };
    let side = |name: &str, report: &Report| Side::of(name.into(), &report.steps, report.pending_persons);
    let Some(after) = report(contexts, journey, &range(from, to.min(from + back))).await? else { return Ok(None) };
    let before = match compared.release.replaces {
        Some(_) => report(contexts, journey, &range(from - back, from)).await?.map(|report| side("before", &report)),
        // Before the first version there was no product to do anything in.
        None => Some(Side::of("before".into(), &[], 0)),
    };
    let is_over = compared.release.to.is_some() || from + back < compared.now;
    let time = Time { from, to: is_over.then_some(to.min(from + back)) };
    Ok(before.map(|before| effect(journey, "before_after", time, before, side("after", &after))))
}

/// `+4.1`
pub(crate) fn points(share: f64) -> String {
    format!("{:+.1}", share * 100.0)
}

/// A variant and the persons who were given it.
type Group = (String, Side);

/// The control arm and the largest other one, both with somebody in it.
fn arms(report: &Report, is_control: impl Fn(&str) -> bool) -> (Option<Group>, Option<Group>) {
    let (mut control, mut treatment) = (None, None::<(String, Side)>);
    for group in &report.breakdown {
        let Some(value) = group.value.clone().filter(|_| !group.is_rest) else { continue };
        let side = Side::of(String::new(), &group.steps, group.pending_persons);
        if side.entered == 0 {
            continue;
        }
        if is_control(&value) {
            control = Some((value, side));
        } else if treatment.as_ref().is_none_or(|(_, largest)| side.entered > largest.entered) {
            treatment = Some((value, side));
        }
    }
    (control, treatment)
}

fn effect(journey: &str, comparison: &str, time: Time, before: Side, after: Side) -> Effect {
    let randomised = comparison != "before_after";
    let difference = difference(before.counted(), after.counted());
    let how_sure = difference.map_or_else(String::new, |d| {
        format!("; {} points ({} to {}, 95 %)", points(d.estimate), points(d.lower), points(d.upper))
    });
    let pending = before.pending + after.pending;
    let open = if pending > 0 { format!("; {pending} of them may still convert") } else { String::new() };
    let caution = if randomised { "" } else { "; not randomised: other things changed meanwhile too" };
    let sentence = format!("{journey}: {}, {}{how_sure}{open}{caution}", before.told(), after.told());
    Effect {
        journey: journey.into(),
        comparison: comparison.into(),
        randomised,
        from: time.from.to_string(),
        to: time.to.map(|to| to.to_string()),
        before,
        after,
        difference,
        sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str, entered: u64, converted: u64) -> Side {
        Side { name: name.into(), entered, converted, pending: 0, rate: Counted { of: entered, converted }.rate() }
    }

    const TIME: Time = Time { from: Timestamp::UNIX_EPOCH, to: None };

    #[test]
    fn before_against_after_says_that_chance_did_not_choose() {
        let told = effect("checkout", "before_after", TIME, side("before", 80, 48), side("after", 70, 56));
        assert!(!told.randomised);
        assert_eq!(
            told.sentence,
            "checkout: before: 48 of 80 persons (60 %), after: 56 of 70 persons (80 %); +20.0 points (+5.2 to +33.4, 95 %); not randomised: other things changed meanwhile too"
        );
    }

    #[test]
    fn concurrent_arms_are_randomised_and_nobody_is_no_rate() {
        let told = effect("checkout", "canary", TIME, side("deployment 46", 10, 4), side("deployment 47", 0, 0));
        assert!(told.randomised);
        assert_eq!((told.difference, told.after.rate), (None, None));
        assert_eq!(told.sentence, "checkout: deployment 46: 4 of 10 persons (40 %), deployment 47: nobody");
    }
}
