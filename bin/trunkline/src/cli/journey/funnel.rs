//! A report as people read it: a bar a step.

use journeys::model::Report;
use journeys::model::report::{Group, StepReport};

use crate::out::{self, FAINT};

const BAR: usize = 20;
const NAME_MAX: usize = 28;

pub(super) fn tell(report: &Report) {
    let range = match (&report.from, &report.to) {
        (None, None) => "all entries".to_owned(),
        (from, to) => {
            format!("entries from {} to {}", from.as_deref().unwrap_or("ever"), to.as_deref().unwrap_or("ever"))
        }
    };
    let within = window(report.within_seconds);
    out::line(format_args!("{}  {FAINT}within {within}, {range}{FAINT:#}", report.journey));
    tell_steps(&report.steps);
    if let Some(by) = &report.by {
        out::line(format_args!("  by {by}"));
        for group in &report.breakdown {
            tell_group(group);
        }
    }
    out::line(&report.sentence);
}

/// `24 h`: the largest unit that is whole.
pub(super) fn window(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
    let whole = units.into_iter().find(|(length, _)| seconds >= 2.0 * length && seconds % length == 0.0);
    whole.map_or_else(|| format!("{seconds} s"), |(length, unit)| format!("{} {unit}", seconds / length))
}

fn tell_steps(steps: &[StepReport]) {
    let width = steps.iter().map(|step| step.name.chars().count()).max().unwrap_or(0).min(NAME_MAX);
    for step in steps {
        let name: String = step.name.chars().take(NAME_MAX).collect();
        let share = step.from_first.unwrap_or(0.0);
        let took = step.seconds_from_previous.map_or_else(String::new, |took| {
            let [half, most, nearly] = [took.p50, took.p90, took.p99].map(out::seconds);
            format!("  {FAINT}half within {half}, 90 % {most}, 99 % {nearly}{FAINT:#}")
        });
        let persons = step.persons;
        out::line(format_args!("  {name:<width$}  {} {:>5.1} %  {persons:>9}{took}", bar(share), share * 100.0));
    }
}

fn tell_group(group: &Group) {
    let value = group.value.as_deref().unwrap_or("not known");
    let value: String = value.chars().take(NAME_MAX).collect();
    let (entered, converted) = (group.steps.first(), group.steps.last());
    let entered = entered.map_or(0, |step| step.persons);
    let (converted, share) = converted.map_or((0, 0.0), |step| (step.persons, step.from_first.unwrap_or(0.0)));
    let share_text = format!("{:.1} %", share * 100.0);
    out::line(format_args!("    {value:<NAME_MAX$}  {} {share_text:>7}  {converted} of {entered}", bar(share)));
}

/// Twenty cells in eighths.
fn bar(share: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 160")]
    let eighths = (share.clamp(0.0, 1.0) * 8.0 * 20.0).round() as usize;
    let mut text = "█".repeat(eighths / 8);
    text.extend(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).copied());
    let cells = eighths.div_ceil(8);
    text + &" ".repeat(BAR - cells)
}

#[cfg(test)]
mod tests {
    use super::{bar, window};

    #[test]
    fn windows_are_told_as_they_are_written() {
        assert_eq!([86_400.0, 172_800.0, 5_400.0, 0.5].map(window), ["24 h", "2 d", "90 min", "0.5 s"]);
    }

    #[test]
    fn bars_are_as_long_as_shares() {
        assert_eq!(bar(1.0), "█".repeat(20));
        assert_eq!(bar(0.0), " ".repeat(20));
        assert_eq!(bar(0.531), format!("██████████▋{}", " ".repeat(9)));
        for n in 0..=100 {
            assert_eq!(bar(f64::from(n) / 100.0).chars().count(), 20);
        }
    }
}
