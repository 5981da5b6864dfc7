//! A look in words.

use super::assess::{Assessment, MetricAssessment};
use super::{Decision, Definition, Evidence};

pub(super) fn of(definition: &Definition, evidence: &Evidence, assessment: &Assessment) -> String {
    let treatment = &definition.treatment;
    match assessment.decision {
        Decision::Invalid => invalid(definition, evidence, assessment),
        Decision::Ship => format!("{treatment:?} {}: ship it.", changed(rests_on(assessment))),
        Decision::RollBack => format!("{treatment:?} {}: roll it back.", changed(rests_on(assessment))),
        Decision::Inconclusive => {
            let persons = thousands(evidence.followed().a + evidence.followed().b);
            format!("{persons} persons, as planned, and {}: no difference was shown.", beside(rests_on(assessment)))
        }
        Decision::KeepRunning => {
            let left = assessment.days_left.map_or_else(|| "nobody came yet".to_owned(), days);
            format!("So far {}: keep running, {left}.", beside(rests_on(assessment)))
        }
    }
}

fn rests_on(assessment: &Assessment) -> &MetricAssessment {
    assessment.rests_on().expect("parsing asks for a success")
}

fn changed(metric: &MetricAssessment) -> String {
    let (from, to) = (value(metric, metric.control.mean), value(metric, metric.treatment.mean));
    format!("took {} from {from} to {to}{}", metric.name, interval(metric))
}

fn beside(metric: &MetricAssessment) -> String {
    if metric.control.n == 0 || metric.treatment.n == 0 {
        return format!("nobody was followed to the end for {}", metric.name);
    }
    let (control, treatment) = (value(metric, metric.control.mean), value(metric, metric.treatment.mean));
    format!("{} is {treatment} beside {control}{}", metric.name, interval(metric))
}

fn interval(metric: &MetricAssessment) -> String {
    let Some(told) = metric.absolute else { return String::new() };
    let [estimate, lower, upper] = [told.estimate, told.lower, told.upper].map(|number| signed(metric, number));
    let points = if metric.is_share { " points" } else { "" };
    format!(" ({estimate}{points}, between {lower} and {upper} at any look)")
}

fn value(metric: &MetricAssessment, mean: f64) -> String {
    if metric.is_share { format!("{:.1} %", mean * 100.0) } else { format!("{mean:.2}") }
}

fn signed(metric: &MetricAssessment, number: f64) -> String {
    if metric.is_share { format!("{:+.1}", number * 100.0) } else { format!("{number:+.2}") }
}

fn days(days: f64) -> String {
    if days >= 1.0 {
        return format!("at most {days:.1} more days");
    }
    let minutes = days * 24.0 * 60.0;
    if minutes >= 60.0 {
        format!("at most {:.1} more hours", minutes / 60.0)
    } else {
        format!("at most {minutes:.0} more minutes")
    }
}

fn invalid(definition: &Definition, evidence: &Evidence, assessment: &Assessment) -> String {
    if assessment.srm.ok {
        let share = assessment.both_share * 100.0;
        return format!("{share:.1} % of the persons were shown both variants: nothing that they did can be counted.");
    }
    let (a, b) = (thousands(evidence.shown.a), thousands(evidence.shown.b));
    let planned = definition.share * 100.0;
    format!(
        "{b} persons were shown {:?} and {a} {:?}, where {planned:.0} % were to be shown the first (p {}): nothing can be concluded.",
        definition.treatment,
        definition.control,
        p_value(assessment.srm.p),
    )
}

fn p_value(p: f64) -> String {
    if p < 1e-6 { "below 0.000001".to_owned() } else { format!("{p:.6}") }
}

/// 12,345
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
