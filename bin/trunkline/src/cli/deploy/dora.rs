//! `trunkline deploy dora`: the five metrics, each beside what it was counted from.

use clap::Args;
use delivery::view::dora::{DoraView, ServiceDora, Share};
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::client::{Client, segment};
use crate::cli::when;
use crate::out;

#[derive(Debug, Args)]
pub(in crate::cli) struct DoraArgs {
    /// What happened from then on: 2026-11-24T09:00:00Z, 2026-11-24, or 30d [default: 30 days before --to]
    #[arg(long, value_name = "T", value_parser = when::time)]
    from: Option<Timestamp>,
    /// Up to, and without, then [default: now]
    #[arg(long, value_name = "T", value_parser = when::time)]
    to: Option<Timestamp>,
    /// Only this service
    #[arg(long)]
    service: Option<String>,
}

pub(super) fn run(args: &DoraArgs, client: &Client) -> anyhow::Result<()> {
    let given = [
        args.from.map(|from| format!("from={}", segment(&from.to_string()))),
        args.to.map(|to| format!("to={}", segment(&to.to_string()))),
        args.service.as_ref().map(|service| format!("service={}", segment(service))),
    ];
    let query = given.into_iter().flatten().collect::<Vec<_>>().join("&");
    let path = format!("/api/v1/deploy/dora?{query}");
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let view: DoraView = client.get(&path)?;
    if view.services.is_empty() {
        out::line(
            "Nothing was verified yet, so there is no service. `trunkline change list` shows what is on its way.",
        );
    }
    for service in &view.services {
        tell(service, &view);
    }
    client.tell_page("/delivery");
    Ok(())
}

fn tell(service: &ServiceDora, view: &DoraView) {
    out::line(format_args!("{}   {} to {}, {:.1} days watched", service.service, view.from, view.to, service.days));
    out::table(["metric", "figure", "counted from"], rows(service));
    let by_flags = &service.by_flags;
    if !by_flags.failures.is_empty() {
        let (rate, back) = (&by_flags.change_failure_rate, &by_flags.recovery_time);
        let time = spread(back.median_seconds, back.p90_seconds);
        out::line(format_args!(
            "  without flags that were turned off: change failure rate {}, recovery {time}",
            share(rate)
        ));
    }
    for failed in &by_flags.failures {
        out::line(format_args!(
            "  {} (deployment {}) was turned off by {}: {}",
            failed.flag, failed.deployment, failed.who, failed.why
        ));
    }
    for unknown in &service.unknown {
        out::line(format_args!("  not known: {unknown}"));
    }
}

fn rows(service: &ServiceDora) -> [[String; 3]; 5] {
    let (lead, often) = (&service.lead_time, &service.deployment_frequency);
    let back = &service.recovery_time;
    let row = |name: &str, figure: String, from: String| [name.to_owned(), figure, from];
    let per_day = often.per_day.map_or_else(|| "unknown".to_owned(), |often| format!("{often:.2} a day"));
    let failed = format!("{} recovered, {} not yet", back.recovered, back.open);
    let of = |share: &Share| format!("{} of {}", share.counted, many(share.deployments, "deployment"));
    let days = format!("{} on {}", many(often.deployments, "deployment"), many(often.days_with_deployment, "day"));
    let (failure, rework) = (&service.change_failure_rate, &service.rework_rate);
    [
        row("lead time for changes", spread(lead.median_seconds, lead.p90_seconds), many(lead.changes, "change")),
        row("deployment frequency", per_day, days),
        row("change failure rate", share(failure), of(failure)),
        row("failed deployment recovery time", spread(back.median_seconds, back.p90_seconds), failed),
        row("deployment rework rate", share(rework), of(rework)),
    ]
}

fn share(share: &Share) -> String {
    share.rate.map_or_else(|| "none".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}

fn spread(median: Option<f64>, p90: Option<f64>) -> String {
    match (median, p90) {
        (Some(median), Some(p90)) => format!("{} (p90 {})", span(median), span(p90)),
        _ => "none".into(),
    }
}

fn many(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// In the largest unit of which there are two.
fn span(seconds: f64) -> String {
    let units = [("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)];
    match units.into_iter().find(|(_, unit)| seconds >= 2.0 * unit) {
        Some((name, unit)) => format!("{:.1} {name}", seconds / unit),
        None => out::seconds(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_a_unit_that_people_use() {
        assert_eq!([span(7_200.0), span(200_000.0), span(150.0)], ["2.0 h", "2.3 d", "2.5 min"]);
        assert_eq!(spread(None, None), "none");
        assert_eq!((many(1, "day"), many(0, "day")), ("1 day".into(), "0 days".into()));
    }
}
