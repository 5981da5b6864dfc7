//! A report in words.

use super::Report;
use super::report::StepReport;

/// One plain sentence or two: how many, where they drop off, and what to be careful about.
pub(super) fn of(report: &Report) -> String {
    let entered = report.steps[0].persons;
    if entered == 0 {
        return "Nobody entered this journey in this time.".to_owned();
    }
    let last = report.steps.last().map_or(0, |step| step.persons);
    let mut parts = vec![if report.steps.len() == 1 {
        format!("{} did it.", persons(entered))
    } else {
        let share = last_share(&report.steps);
        format!("{} entered, {} did all {} steps ({share}).", persons(entered), thousands(last), report.steps.len())
    }];
    if let Some(drop) = largest_drop(&report.steps) {
        parts.push(drop);
    }
    if report.pending_persons > 0 {
        let verb = if report.pending_persons == 1 { "has" } else { "have" };
        parts.push(format!("{} still {verb} time to go on.", thousands(report.pending_persons)));
    }
    if let Some(unjoined) = report.unjoined_share.filter(|share| *share > 0.0) {
        let by = report.by.as_deref().unwrap_or("the value");
        parts.push(format!("For {} of them {by} is not known.", percent(unjoined)));
    }
    if let Some(probes) = report.synthetic_persons.filter(|probes| *probes > 0) {
        let verb = if probes == 1 { "probe is" } else { "probes are" };
        parts.push(format!("{} {verb} left out.", thousands(probes)));
    }
    parts.join(" ")
}

fn last_share(steps: &[StepReport]) -> String {
    percent(steps.last().and_then(|step| step.from_first).unwrap_or(0.0))
}

/// Where most persons are lost.
fn largest_drop(steps: &[StepReport]) -> Option<String> {
    let drops = steps.windows(2).map(|pair| (pair[0].persons - pair[1].persons, &pair[0], &pair[1]));
    // Of equal drops the first.
    let (lost, before, after) = drops.rev().max_by_key(|(lost, ..)| *lost).filter(|(lost, ..)| *lost > 0)?;
    let share = super::report::share(lost, before.persons).map_or_else(String::new, percent);
    let largest = if steps.len() > 2 { "The largest drop: " } else { "" };
    let (lost, all) = (thousands(lost), thousands(before.persons));
    Some(format!("{largest}{lost} of {all} ({share}) have not gone on from {:?} to {:?}.", before.name, after.name))
}

fn persons(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{} persons", thousands(count)) }
}

/// `53.1 %`; never 100 % where somebody is missing, and never 0 % where somebody is there.
pub(crate) fn percent(share: f64) -> String {
    let rounded = (share * 1000.0).round() / 10.0;
    if share < 1.0 && rounded >= 100.0 {
        return "99.9 %".to_owned();
    }
    if share > 0.0 && rounded <= 0.0 { "under 0.1 %".to_owned() } else { format!("{rounded:.1} %") }
}

/// `124,799`
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(
            [0, 12, 999, 1000, 124_799, 1_000_000].map(thousands),
            ["0", "12", "999", "1,000", "124,799", "1,000,000"]
        );
        assert_eq!(
            [0.0, 0.0001, 0.531, 0.9999, 1.0].map(percent),
            ["0.0 %", "under 0.1 %", "53.1 %", "99.9 %", "100.0 %"]
        );
    }
}
