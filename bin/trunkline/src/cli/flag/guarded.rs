//! `trunkline flag ramp KEY --to 100 …`: a share that grows by stages while customers do no worse.

use clap::Args;
use kernel::{Page, Problem};
use rollout::ramp::{RampEvidence, RampView};
use serde_json::{Value, json};

use super::{Sure, wish};
use crate::cli::client::{Client, segment};
use crate::cli::confirm::confirm;
use crate::cli::when;
use crate::out;

/// What a guarded ramp is asked for with.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Guarded {
    /// Guarded: grow to this share by stages while customers do no worse, as 100, 50% or 0.5
    #[arg(long, value_name = "SHARE", conflicts_with = "split")]
    to: Option<String>,
    /// Shares of the stages [default: 1,5,25,50,100]
    #[arg(long, value_name = "SHARES", value_delimiter = ',', conflicts_with = "split")]
    stages: Vec<String>,
    /// The shortest time of a stage, as 10m [default: 10m]
    #[arg(long, value_name = "TIME", conflicts_with = "split")]
    step: Option<String>,
    /// Persons of each variant who are followed to the end before a stage ends [default: 200]
    #[arg(long, value_name = "N", conflicts_with = "split")]
    persons: Option<u64>,
    /// A journey that must not suffer; several times for several [default: the flag's own]
    #[arg(long, value_name = "JOURNEY", conflicts_with = "split")]
    guard: Vec<String>,
    /// The variant that grows, where there are several
    #[arg(long, value_name = "NAME", conflicts_with = "split")]
    variant: Option<String>,
    /// A guarded ramp stays where it is, for this reason
    #[arg(long, value_name = "REASON", conflicts_with_all = ["split", "to", "stages"])]
    pause: Option<String>,
    /// One that holds goes on, for this reason
    #[arg(long, value_name = "REASON", conflicts_with_all = ["split", "to", "stages", "pause"])]
    resume: Option<String>,
    /// It ends, for this reason, and the flag stays as it is
    #[arg(long, value_name = "REASON", conflicts_with_all = ["split", "to", "stages", "pause", "resume"])]
    cancel: Option<String>,
}

/// The ramp of a flag, if it ever had one: the newest.
pub(super) fn newest(client: &Client, key: &str) -> anyhow::Result<Option<RampView>> {
    let page: Page<RampView> = client.get(&format!("/api/v1/ramps?limit=1&flag={}", segment(key)))?;
    Ok(page.items.into_iter().next())
}

pub(super) fn run(client: &Client, key: &str, guarded: &Guarded, sure: &Sure) -> anyhow::Result<()> {
    let words = [("pause", &guarded.pause), ("resume", &guarded.resume), ("cancel", &guarded.cancel)];
    if let Some((verb, Some(reason))) = words.into_iter().find(|(_, reason)| reason.is_some()) {
        let ramp = newest(client, key)?.ok_or_else(|| Problem::not_found(format!("{key} has no guarded ramp")))?;
        let path = format!("/api/v1/ramps/{}/{verb}", ramp.number);
        return told(client, &client.post(&path, &json!({ "reason": reason }))?);
    }
    let body = asked(key, guarded, sure.reason.as_deref())?;
    confirm(client, sure.yes, &format!("This shows {key} to customers by stages."), "Begin?")?;
    told(client, &client.post("/api/v1/ramps", &body)?)
}

fn asked(key: &str, guarded: &Guarded, reason: Option<&str>) -> Result<Value, Problem> {
    let Guarded { to, stages, step, persons, guard, variant, .. } = guarded;
    if to.is_none() && stages.is_empty() {
        let problem = Problem::invalid("there is no share to go to");
        return Err(problem.hint("write on=25% for a share at once, or --to 100 for a guarded ramp"));
    }
    let to = to.as_deref().map(share).transpose()?;
    let stages = stages.iter().map(|text| share(text)).collect::<Result<Vec<f64>, Problem>>()?;
    let stages = (!stages.is_empty()).then_some(stages);
    let seconds = step.as_deref().map(seconds).transpose()?;
    Ok(json!({ "flag": key, "to": to, "stages": stages, "step_seconds": seconds, "step_persons": persons,
        "guards": guard, "variant": variant, "reason": reason }))
}

/// As in a split, but a plain 1 is one per cent: stages begin there.
fn share(text: &str) -> Result<f64, Problem> {
    let text = text.trim();
    let plain = if text == "1" { "1%" } else { text };
    wish::read(plain)
        .ok_or_else(|| Problem::invalid(format!("{text:?} is no share")).hint("for example 25, 25% or 0.25"))
}

fn seconds(text: &str) -> Result<u64, Problem> {
    let wrong = || Problem::invalid(format!("{text:?} is no time")).hint("a number and s, m, h or d, as 10m");
    when::span(text).map(|span| span.as_secs().unsigned_abs()).ok_or_else(wrong)
}

fn told(client: &Client, view: &RampView) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(view);
    }
    tell(view);
    for action in &view.actions {
        out::talk(format_args!("{action}"));
    }
    client.tell_page(&format!("/flags/{}", segment(&view.flag)));
    Ok(())
}

/// In a few lines.
pub(super) fn tell(view: &RampView) {
    out::line(format_args!("  ramp {}    {}: {}", view.number, view.state.text().replace('_', " "), view.sentence));
    if let Some(since) = &view.since {
        out::line(format_args!("            stage {} of {} since {since}", view.stage, view.stages.len()));
    }
    for evidence in &view.evidence {
        out::line(format_args!("            {}", seen(view, evidence)));
    }
    if let Some(trouble) = &view.trouble {
        out::line(format_args!("            it cannot be moved, and what is shown is from before: {trouble}"));
    }
}

fn seen(view: &RampView, evidence: &RampEvidence) -> String {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "nobody".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    let (on, off) = (evidence.treatment, evidence.control);
    let difference = evidence.difference.map_or_else(String::new, |look| {
        format!(" ({:+.1} points, at most {:+.1} at any look)", look.estimate * 100.0, look.upper * 100.0)
    });
    format!(
        "{}: {} of {} persons with {:?} come through, beside {} of {} with {:?}{difference}",
        evidence.journey,
        rate(on.rate),
        on.persons,
        view.treatment,
        rate(off.rate),
        off.persons,
        view.control,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_times_are_read_or_told() {
        let shares = ["1", "5", "50%", "100"].map(|text| format!("{:?}", share(text).unwrap()));
        assert_eq!(shares, ["0.01", "0.05", "0.5", "1.0"]);
        assert!(["0.2x", "", "150", "-1"].iter().all(|text| share(text).is_err()));
        assert_eq!(["30s", "10m", "2h", "1d"].map(|text| seconds(text).unwrap()), [30, 600, 7_200, 86_400]);
        assert!(["", "m", "10", "1.5h", "10 m", "99999999999999999999d"].iter().all(|text| seconds(text).is_err()));
    }
}
