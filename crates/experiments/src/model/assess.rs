//! From evidence to what can be said: intervals, states of metrics, and the decision.
//!
//! The error is spent before the first look: half of `alpha` on shipping what is not better, shared by the successes, and half on
//! taking back what does no harm, shared by all metrics. Everything is decided on the absolute scale; relative lifts are told by
//! Fieller's interval at the same level, so that one leaves out 0 exactly if the other does.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::verdict::{Guardrails, Harm, Quality, Success, Time};
use super::{Decision, Definition, Evidence, Metric, Role, Seen, decide, sentence};
use crate::stats::moments::as_f64;
use crate::stats::power::{Looks, MidExperiment};
use crate::stats::relative::{Estimate, fieller_at};
use crate::stats::sequence::{self, Alternative, Look};
use crate::stats::{Arms, Interval, Moments, srm};

/// Arms whose sizes are less likely than this are not what they were to be.
const SRM_ALARM: f64 = 0.001;
/// Persons planned for one that the sequential test of the arms' sizes imagines: at 100,000 it then sees 51 to 49.
const SRM_PLANNED_PER_IMAGINED: f64 = 10.0;
/// More persons than this share in both arms, and at least so many, and the arms cannot be compared.
const BOTH_SHARE_MAX: f64 = 0.01;
const BOTH_MIN: u64 = 10;
const DAY_MS: f64 = 86_400_000.0;

/// What a look says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentAssessment)]
pub struct Assessment {
    pub srm: Srm,
    /// Share of the persons who were shown both variants.
    pub both_share: f64,
    pub metrics: Vec<MetricAssessment>,
    pub decision: Decision,
    /// Until as many persons as planned were followed and the shortest time is over, if they go on to come as they did; nothing
    /// before the first came.
    pub days_left: Option<f64>,
    /// The probability with which the smallest effect that one wants to see would show by now.
    pub power: Option<f64>,
    /// All of it in words.
    pub sentence: String,
}

impl Assessment {
    /// The metric that decided; else the first success. Nothing of a look whose figures do not count.
    pub fn rests_on(&self) -> Option<&MetricAssessment> {
        let decided = match self.decision {
            Decision::Invalid => return None,
            Decision::Ship => self.metrics.iter().find(|metric| metric.state == State::Better),
            Decision::RollBack => self.metrics.iter().find(|metric| metric.state == State::Worse),
            Decision::KeepRunning | Decision::Inconclusive => None,
        };
        decided.or_else(|| self.metrics.iter().find(|metric| metric.role == Role::Success))
    }
}

/// Whether the arms have as many persons as they were to have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Srm {
    /// Valid at all looks together.
    pub p: f64,
    pub ok: bool,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricAssessment {
    pub name: String,
    pub role: Role,
    /// A share of persons; else a number for each.
    pub is_share: bool,
    pub control: Arm,
    pub treatment: Arm,
    /// Treatment less control, valid at any look; nothing while nothing varies.
    pub absolute: Option<Told>,
    /// As a share of the control; nothing while the control cannot be told from zero.
    pub relative: Option<Told>,
    pub state: State,
}

/// One arm of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MetricArm)]
pub struct Arm {
    pub n: u64,
    pub mean: f64,
}

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MetricEstimate)]
pub struct Told {
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
}

/// What is known of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MetricState)]
pub enum State {
    /// Neither.
    Open,
    /// A success that is better.
    Better,
    /// A guardrail that is worse by no more than it may be.
    NotWorse,
    /// A success that is worse, or a guardrail that is worse by more than it may be.
    Worse,
}

/// Works out what evidence says. Total: any evidence has an answer.
pub fn assess(definition: &Definition, evidence: &Evidence) -> Assessment {
    let srm = sizes(definition, evidence);
    let both_share = share(evidence.shown_both, evidence.shown.a + evidence.shown.b + evidence.shown_both);
    let has_enough = evidence.followed().a.min(evidence.followed().b) >= definition.min_persons;
    let paired = definition.metrics.iter().zip(&evidence.metrics);
    let metrics: Vec<_> = paired.map(|(metric, seen)| one(definition, metric, seen.arms, has_enough)).collect();
    let is_crossed = evidence.shown_both >= BOTH_MIN && both_share > BOTH_SHARE_MAX;
    let seen = Seen {
        quality: if srm.ok && !is_crossed { Quality::Good } else { Quality::Bad },
        harm: if any(&metrics, State::Worse) { Harm::Shown } else { Harm::NotShown },
        time: time(definition, evidence, has_enough),
        success: if any(&metrics, State::Better) { Success::Shown } else { Success::NotShown },
        guardrails: if guardrails_hold(&metrics) { Guardrails::Hold } else { Guardrails::Open },
    };
    let power = power(definition, evidence);
    let days_left = days_left(definition, evidence);
    let decision = decide(seen);
    let mut assessment = Assessment { srm, both_share, metrics, decision, days_left, power, sentence: String::new() };
    assessment.sentence = sentence::of(definition, evidence, &assessment);
    assessment
}

fn any(metrics: &[MetricAssessment], state: State) -> bool {
    metrics.iter().any(|metric| metric.state == state)
}

fn guardrails_hold(metrics: &[MetricAssessment]) -> bool {
    metrics.iter().filter(|metric| metric.role == Role::Guardrail).all(|metric| metric.state == State::NotWorse)
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { as_f64(part) / as_f64(whole) }
}

fn sizes(definition: &Definition, evidence: &Evidence) -> Srm {
    let weights = [1.0 - definition.share, definition.share];
    let concentration = as_f64(definition.planned_persons) / SRM_PLANNED_PER_IMAGINED;
    let factor = srm::ln_bayes_factor(&[evidence.shown.a, evidence.shown.b], &weights, concentration);
    let p = srm::Sequential { p: evidence.srm_p_before }.look(factor).p;
    Srm { p, ok: p >= SRM_ALARM }
}

fn time(definition: &Definition, evidence: &Evidence, has_enough: bool) -> Time {
    let Arms { a, b } = evidence.followed();
    let is_old = evidence.at_ms - evidence.started_ms >= definition.min_duration_ms();
    match (has_enough && is_old, a + b >= definition.planned_persons) {
        (false, _) => Time::Early,
        (true, false) => Time::Due,
        (true, true) => Time::Complete,
    }
}

/// Persons who still have to be followed, at the pace in which they came; and the rest of the shortest time.
fn days_left(definition: &Definition, evidence: &Evidence) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of some years")]
    let days = (evidence.at_ms - evidence.started_ms) as f64 / DAY_MS;
    let shown = as_f64(evidence.shown.a + evidence.shown.b);
    if shown == 0.0 || days <= 0.0 {
        return None;
    }
    let Arms { a, b } = evidence.followed();
    let missing = as_f64(definition.planned_persons.saturating_sub(a + b));
    let shortest = definition.min_duration.as_secs_f64() * 1_000.0 / DAY_MS;
    Some((missing * days / shown).max(shortest - days).max(0.0))
}

/// Of the first success.
fn power(definition: &Definition, evidence: &Evidence) -> Option<f64> {
    let at = definition.metrics.iter().position(|metric| metric.role == Role::Success)?;
    let Arms { a, b } = evidence.metrics.get(at)?.arms;
    let arms = Arms { a: Estimate::of_values(&a)?, b: Estimate::of_values(&b)? };
    let looks = Looks::AnyTime { n_star: as_f64(definition.planned_persons) };
    let going = MidExperiment::new(arms, definition.smallest_effect, looks, success_alpha(definition))?;
    Some(going.power_with(0.0))
}

/// The error of a success's two-sided interval: of its half on the good side a treatment may be shipped by mistake.
fn success_alpha(definition: &Definition) -> f64 {
    definition.alpha / as_f64(definition.of_role(Role::Success).max(1) as u64)
}

/// The error of a one-sided bound that takes a treatment back.
fn harm_alpha(definition: &Definition) -> f64 {
    definition.alpha / 2.0 / as_f64(definition.metrics.len().max(1) as u64)
}

fn one(definition: &Definition, metric: &Metric, arms: Arms<Moments>, has_enough: bool) -> MetricAssessment {
    let Arms { a, b } = arms;
    let n_star = as_f64(definition.planned_persons);
    let alpha = match metric.role {
        Role::Success => success_alpha(definition),
        Role::Guardrail => definition.alpha,
    };
    let estimates = estimates(arms);
    let absolute = estimates.map(|arms| sequence::two_sided(look(arms, 1.0), alpha, n_star).interval);
    let relative = estimates.and_then(|arms| {
        let critical = sequence::critical(a.count() + b.count(), sequence::rho(alpha, n_star), alpha);
        let lift = fieller_at(arms, critical)?;
        lift.interval.map(|interval| told(lift.lift, interval))
    });
    let state = match estimates.filter(|_| has_enough) {
        Some(estimates) => state(definition, metric, estimates),
        None => State::Open,
    };
    MetricAssessment {
        name: metric.name.clone(),
        role: metric.role,
        is_share: metric.sum.is_none(),
        control: Arm { n: a.n, mean: a.mean },
        treatment: Arm { n: b.n, mean: b.mean },
        absolute: absolute.map(|interval| told(b.mean - a.mean, interval)),
        relative,
        state,
    }
}

fn told(estimate: f64, Interval { lower, upper }: Interval) -> Told {
    Told { estimate, lower, upper }
}

/// Nothing while one of the arms has fewer than two persons, or no person differs from another.
fn estimates(Arms { a, b }: Arms<Moments>) -> Option<Arms<Estimate>> {
    let arms = Arms { a: Estimate::of_values(&a)?, b: Estimate::of_values(&b)? };
    (arms.a.variance + arms.b.variance > 0.0).then_some(arms)
}

/// Treatment less `times` the control.
fn look(Arms { a, b }: Arms<Estimate>, times: f64) -> Look {
    let variance = b.variance + times * times * a.variance;
    Look { n: as_f64(a.n + b.n), estimate: b.mean - times * a.mean, se: variance.sqrt() }
}

fn state(definition: &Definition, metric: &Metric, arms: Arms<Estimate>) -> State {
    let (sign, n_star) = (metric.better.sign(), as_f64(definition.planned_persons));
    // Worse than this multiple of the control is harm: the control's mean is as uncertain as the treatment's.
    let times = match metric.role {
        Role::Success => 1.0,
        Role::Guardrail => 1.0 - sign * metric.margin,
    };
    let look = look(arms, times);
    let (good, bad) =
        if sign > 0.0 { (Alternative::Greater, Alternative::Less) } else { (Alternative::Less, Alternative::Greater) };
    let harm = sequence::one_sided(look, bad, harm_alpha(definition), n_star).bound * sign;
    if harm < 0.0 {
        return State::Worse;
    }
    match metric.role {
        Role::Success => {
            let interval = sequence::two_sided(look, success_alpha(definition), n_star).interval;
            let is_better = if sign > 0.0 { interval.lower > 0.0 } else { interval.upper < 0.0 };
            if is_better { State::Better } else { State::Open }
        }
        Role::Guardrail => {
            let holds = sequence::one_sided(look, good, definition.alpha / 2.0, n_star).bound * sign > 0.0;
            if holds { State::NotWorse } else { State::Open }
        }
    }
}
