//! Each method's fields.

use kernel::Problem;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{Alpha, Asked, Level, Planned, Positive, Samples, Share, Sums, asked, undefined};
use crate::stats::bernoulli::{self, Tuning};
use crate::stats::means::Difference;
use crate::stats::moments::as_f64;
use crate::stats::power::{self, Looks, MidExperiment};
use crate::stats::proportions::Count;
use crate::stats::ratio::{PairSums, Scale, scaled};
use crate::stats::sequence::{Alternative, Look};
use crate::stats::{Arms, means, proportions, ratio as ratios, relative, sequence, special, srm};

type Answer = Result<Value, Problem>;

const NO_VARIANCE: &str = "an arm has fewer than two units, nothing varies, or the control is zero";

pub(super) fn two_proportions(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Arms<Share>, Level>(text)?;
    let of = proportions::two_proportions(inputs.counts(), params.alpha.0);
    Ok(json!({
        "diff": of.diff,
        "z_pooled": of.z_pooled, "p_pooled": of.p_pooled, "z_unpooled": of.z_unpooled, "p_unpooled": of.p_unpooled,
        "wald_lower": of.wald.lower, "wald_upper": of.wald.upper,
        "newcombe_lower": of.newcombe.lower, "newcombe_upper": of.newcombe.upper,
        "agresti_caffo_lower": of.agresti_caffo.lower, "agresti_caffo_upper": of.agresti_caffo.upper,
    }))
}

pub(super) fn welch(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Arms<Sums>, Level>(text)?;
    let arms = Arms { a: inputs.a.moments(), b: inputs.b.moments() };
    let difference = means::welch(arms, params.alpha.0).ok_or_else(|| undefined(NO_VARIANCE))?;
    let mut fields = told(difference, "diff");
    fields.insert("t".to_owned(), json!(difference.t()));
    Ok(fields.into())
}

/// A difference under the method's own name for its estimate.
fn told(difference: Difference, name: &str) -> Map<String, Value> {
    let Difference { estimate, se, dof, p, interval } = difference;
    let fields =
        [("se", se), ("dof", dof), ("p", p), ("lower", interval.lower), ("upper", interval.upper), (name, estimate)];
    fields.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

pub(super) fn fieller(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Samples, Level>(text)?;
    let lift = inputs.estimates().and_then(|arms| relative::fieller(arms, params.alpha.0));
    let lift = lift.ok_or_else(|| undefined(NO_VARIANCE))?;
    let (lower, upper) = (lift.interval.map(|of| of.lower), lift.interval.map(|of| of.upper));
    Ok(json!({ "lift": lift.lift, "g": lift.g, "lower": lower, "upper": upper, "is_bounded": lift.interval.is_some() }))
}

pub(super) fn delta(text: &str) -> Answer {
    let lift = delta_of(text)?.ok_or_else(|| undefined(NO_VARIANCE))?;
    Ok(told(lift, "lift").into())
}

/// The same with `GrowthBook`'s answer to what has none, which the golden cases ask for.
pub(super) fn delta_or_nothing(text: &str) -> Answer {
    let nothing = json!({ "lift": 0.0, "p": 1.0, "lower": 0.0, "upper": 0.0, "error": "ZERO_NEGATIVE_VARIANCE" });
    Ok(delta_of(text)?.map_or(nothing, |lift| told(lift, "lift").into()))
}

fn delta_of(text: &str) -> Result<Option<Difference>, Problem> {
    let Asked { inputs, params } = asked::<Samples, Level>(text)?;
    Ok(inputs.estimates().and_then(|arms| relative::delta(arms, params.alpha.0)))
}

#[derive(Debug, Deserialize)]
struct Scaled {
    alpha: Alpha,
    #[serde(default)]
    difference: Scale,
}

pub(super) fn ratio(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Arms<PairSums>, Scaled>(text)?;
    let arms = Arms { a: inputs.a.into(), b: inputs.b.into() };
    let difference = ratios::ratio(arms, params.difference, params.alpha.0).ok_or_else(|| undefined(NO_VARIANCE))?;
    Ok(told(difference, "estimate").into())
}

#[derive(Debug, Deserialize)]
struct Tuned {
    alpha: Alpha,
    n_star: Positive,
    #[serde(default)]
    difference: Scale,
    alternative: Option<Alternative>,
}

fn look(samples: Samples, scale: Scale) -> Result<Look, Problem> {
    let found = samples.estimates().and_then(|Arms { a, b }| {
        let variances = Arms { a: a.variance, b: b.variance };
        let (estimate, variance) = scaled(Arms { a: a.mean, b: b.mean }, variances, scale)?;
        (variance > 0.0).then(|| Look { n: as_f64(a.n + b.n), estimate, se: variance.sqrt() })
    });
    found.ok_or_else(|| undefined(NO_VARIANCE))
}

pub(super) fn sequence_two_sided(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Samples, Tuned>(text)?;
    let look = look(inputs, params.difference)?;
    let of = sequence::two_sided(look, params.alpha.0, params.n_star.0);
    Ok(json!({
        "estimate": look.estimate, "se": look.se, "rho": of.rho, "half_width": of.half_width,
        "lower": of.interval.lower, "upper": of.interval.upper, "p": of.p, "log_e_value": of.log_e_value,
    }))
}

pub(super) fn sequence_one_sided(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Samples, Tuned>(text)?;
    let look = look(inputs, params.difference)?;
    let alternative =
        params.alternative.ok_or_else(|| Problem::invalid("params.alternative is missing: greater or less"))?;
    if params.alpha.0 >= 0.5 {
        return Err(Problem::invalid("a one-sided sequence needs an alpha below 0.5"));
    }
    let of = sequence::one_sided(look, alternative, params.alpha.0, params.n_star.0);
    Ok(json!({
        "estimate": look.estimate, "se": look.se, "rho": of.rho, "half_width": of.half_width, "bound": of.bound,
    }))
}

#[derive(Debug, Deserialize)]
struct Trials {
    num_successes: u64,
    num_trials: u64,
}

#[derive(Debug, Deserialize)]
struct TunedToTrials {
    alpha: Alpha,
    t_opt: Positive,
    alpha_opt: Alpha,
}

pub(super) fn bernoulli(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Trials, TunedToTrials>(text)?;
    if inputs.num_successes > inputs.num_trials {
        return Err(Problem::invalid("inputs.num_successes is more than inputs.num_trials"));
    }
    let tuning = Tuning { t_opt: params.t_opt.0, alpha_opt: params.alpha_opt.0 };
    let count = Count { n: inputs.num_trials, x: inputs.num_successes };
    Ok(json!(bernoulli::confidence_sequence(count, tuning, params.alpha.0)))
}

#[derive(Debug, Deserialize)]
struct Observed {
    observed: Vec<u64>,
    weights: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct None {}

pub(super) fn srm_chi_square(text: &str) -> Answer {
    let Asked { inputs, params: None {} } = asked::<Observed, None>(text)?;
    same_arms(&inputs.weights, inputs.observed.len())?;
    let found = srm::chi_square(&inputs.observed, &inputs.weights);
    let found = found.ok_or_else(|| undefined("fewer than two arms have a weight, or nobody came"))?;
    // GrowthBook counts arms without a weight among the degrees of freedom.
    let p_gbstats = special::chi_square_sf(found.statistic, as_f64(inputs.observed.len() as u64 - 1));
    Ok(json!({ "statistic": found.statistic, "dof": found.dof, "p": found.p, "p_gbstats": p_gbstats }))
}

fn same_arms(weights: &[f64], arms: usize) -> Result<(), Problem> {
    let is_usable = weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite());
    if weights.len() == arms && is_usable {
        return Ok(());
    }
    Err(Problem::invalid(format!("inputs.weights must be {arms} numbers, none below 0")))
}

#[derive(Debug, Deserialize)]
struct Batches {
    batches: Vec<Vec<u64>>,
    weights: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct Concentration {
    concentration: Positive,
}

pub(super) fn srm_sequential(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Batches, Concentration>(text)?;
    for batch in &inputs.batches {
        same_arms(&inputs.weights, batch.len())?;
    }
    if inputs.weights.contains(&0.0) {
        return Err(Problem::invalid("inputs.weights: an arm without a weight is to have no units; leave it out"));
    }
    let mut counts = vec![0_u64; inputs.weights.len()];
    let mut so_far = srm::Sequential::default();
    let (mut factors, mut p) = (Vec::new(), Vec::new());
    for batch in &inputs.batches {
        for (count, more) in counts.iter_mut().zip(batch) {
            *count += more;
        }
        let factor = srm::ln_bayes_factor(&counts, &inputs.weights, params.concentration.0);
        so_far = so_far.look(factor);
        factors.push(factor);
        p.push(so_far.p);
    }
    Ok(json!({ "log_bayes_factor": factors, "p": p }))
}

#[derive(Debug, Deserialize)]
struct ShareToChange {
    p_control: f64,
    relative_mde: f64,
}

pub(super) fn units_for_share(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<ShareToChange, Planned>(text)?;
    let units = power::units_for_share(inputs.p_control, inputs.relative_mde, params.promise());
    Ok(json!(units.ok_or_else(|| undefined("both shares must lie between 0 and 1 and differ"))?))
}

#[derive(Debug, Deserialize)]
struct MeanToChange {
    mean: f64,
    variance: Positive,
    relative_mde: f64,
}

pub(super) fn units_for_means(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<MeanToChange, Planned>(text)?;
    let promise = params.promise();
    let effect = inputs.relative_mde * inputs.mean / inputs.variance.0.sqrt();
    let units = power::units_for_means(effect, promise).ok_or_else(|| undefined("there is no effect to see"))?;
    Ok(json!({ "n_per_arm": units, "n_total": (units * (1.0 + promise.ratio)).ceil() }))
}

#[derive(Debug, Deserialize)]
struct UnitsThere {
    mean: f64,
    variance: Positive,
    n_total: Positive,
    relative_effect: Option<f64>,
}

impl UnitsThere {
    /// Of the control.
    fn units(&self, ratio: f64) -> Result<f64, Problem> {
        let units = self.n_total.0 / (1.0 + ratio);
        if self.n_total.0 > 2.0 { Ok(units) } else { Err(undefined("two units do not vary")) }
    }
}

pub(super) fn effect_for_means(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<UnitsThere, Planned>(text)?;
    let promise = params.promise();
    let effect = power::effect_for_means(inputs.units(promise.ratio)?, promise) * inputs.variance.0.sqrt();
    Ok(json!({ "mde_absolute": effect, "mde_relative": effect / inputs.mean.abs() }))
}

#[derive(Debug, Deserialize)]
struct LevelAndRatio {
    alpha: Alpha,
    ratio: Option<Positive>,
}

pub(super) fn power_of_means(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<UnitsThere, LevelAndRatio>(text)?;
    let ratio = params.ratio.map_or(1.0, |ratio| ratio.0);
    let relative = inputs.relative_effect.ok_or_else(|| Problem::invalid("inputs.relative_effect is missing"))?;
    let effect = relative * inputs.mean / inputs.variance.0.sqrt();
    Ok(json!({ "power": power::of_means(effect, inputs.units(ratio)?, params.alpha.0, ratio) }))
}

#[derive(Debug, Deserialize)]
struct Going {
    alpha: Alpha,
    target_mde: f64,
    target_power: Alpha,
    sequential: bool,
    n_star: Positive,
}

pub(super) fn still_needed(text: &str) -> Answer {
    let Asked { inputs, params } = asked::<Samples, Going>(text)?;
    let looks = if params.sequential { Looks::AnyTime { n_star: params.n_star.0 } } else { Looks::Once };
    let going = inputs.estimates().and_then(|arms| MidExperiment::new(arms, params.target_mde, looks, params.alpha.0));
    let going = going.ok_or_else(|| undefined(NO_VARIANCE))?;
    Ok(json!(going.still_needed(params.target_power.0)))
}

#[derive(Debug, Deserialize)]
struct Tail {
    t: f64,
    dof: Positive,
}

pub(super) fn tail(text: &str) -> Answer {
    let Asked { inputs, params: None {} } = asked::<Tail, None>(text)?;
    Ok(json!({ "log10_p": special::ln_t_two_sided(inputs.t, inputs.dof.0) / std::f64::consts::LN_10 }))
}
