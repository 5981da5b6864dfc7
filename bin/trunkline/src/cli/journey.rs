//! `trunkline journey`: how many customers come how far, from a server or from a file of events.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use journeys::model::suggestion::Suggestion;
use journeys::model::{Entries, Report, parse};
use journeys::offline::{self, BadLines, Question};
use journeys::{JourneyRow, JourneyView};
use kernel::{Page, Problem};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::options::Common;
use super::when::time;
use crate::out;

mod funnel;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Journeys that trunk declares, with their figures of the last 28 days
    List,
    /// One journey: its steps and where it came from
    Show { name: String },
    /// How many came how far, how long it took and where they drop off
    Report(ReportArgs),
    /// Journeys that visitors go and nobody declared, ready to be written to a file
    Suggest,
    /// The same report of a file of events, without a server
    Evaluate(EvaluateArgs),
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    name: String,
    /// First steps from then on, as 2026-11-24T09:00:00Z, 2026-11-24 or 7d (ago) [default: 28 days back]
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// First steps before then [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Break it down: variant:FLAG, release, domain, or a property of the first step
    #[arg(long)]
    by: Option<String>,
    /// Whom to count: everyone, or only persons whose signed cookie came back
    #[arg(long, value_enum, default_value_t)]
    who: Who,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Who {
    #[default]
    Everyone,
    Witnessed,
}

impl Who {
    const fn word(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Witnessed => "witnessed",
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// The definition, as in journeys/*.yaml
    #[arg(long, value_name = "FILE")]
    journey: PathBuf,
    /// Events, one JSON object a line: {"event", "distinct_id", "timestamp", "properties"}; - for standard input
    #[arg(long, value_name = "FILE.ndjson")]
    events: PathBuf,
    /// First steps from then on, as 2026-11-24T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// First steps before then
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Break it down by a property of the first step
    #[arg(long, value_name = "PROPERTY")]
    by: Option<String>,
    /// Leave lines out that cannot be read, and count them
    #[arg(long)]
    skip_bad: bool,
}

pub(super) fn run(verb: Verb, common: &Common) -> anyhow::Result<()> {
    match verb {
        Verb::List => list(&Client::find(common)?),
        Verb::Show { name } => show(&Client::find(common)?, &name),
        Verb::Report(args) => report(&Client::find(common)?, &args),
        Verb::Suggest => suggest(&Client::find(common)?),
        Verb::Evaluate(args) => evaluate(&args, common),
    }
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/journeys")?);
    }
    let page: Page<JourneyRow> = client.get("/api/v1/journeys")?;
    if page.items.is_empty() {
        out::line("No journey is declared. `trunkline journey suggest` shows which ones visitors go.");
    }
    out::table(["journey", "entered", "converted", "", "steps"], page.items.iter().map(row));
    client.tell_page("/journeys");
    Ok(())
}

fn row(journey: &JourneyRow) -> [String; 5] {
    let figures = &journey.figures;
    [
        journey.journey.clone(),
        figures.entered.to_string(),
        figures.converted.to_string(),
        figures.rate.map_or_else(String::new, |rate| format!("{:.1} %", rate * 100.0)),
        journey.steps.join(" > "),
    ]
}

fn show(client: &Client, name: &str) -> anyhow::Result<()> {
    let path = format!("/api/v1/journeys/{}", segment(name));
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let journey: JourneyView = client.get(&path)?;
    let order = serde_json::to_value(journey.order)?;
    let order = order.as_str().unwrap_or_default().to_owned();
    out::line(format_args!("{} · {order} · within {}", journey.journey, funnel::window(journey.within_seconds)));
    for (at, step) in (1..).zip(&journey.steps) {
        let conditions: Vec<String> =
            step.conditions.iter().map(|(key, value)| format!("{key} = {}", json!(value))).collect();
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(", ")) };
        out::line(format_args!("  {at:>2}  {:<24} {}{conditions}", step.name, step.event));
    }
    if let Some(probe) = &journey.probe {
        out::line(format_args!("  probe  {probe}"));
    }
    let commit = out::short(&journey.commit);
    out::line(format_args!("  revision {} of {} with {commit}, {}", journey.revision, journey.file, journey.at));
    if let Some(retired) = &journey.retired {
        out::line(format_args!("  retired {retired}: trunk does not declare it any more"));
    }
    client.tell_page(&format!("/journeys/{}", segment(name)));
    Ok(())
}

fn report(client: &Client, args: &ReportArgs) -> anyhow::Result<()> {
    let mut path = format!("/api/v1/journeys/{}/report?who={}", segment(&args.name), args.who.word());
    let times = [("from", args.from), ("to", args.to)].map(|(name, time)| (name, time.map(|time| time.to_string())));
    for (name, value) in times.into_iter().chain([("by", args.by.clone())]) {
        if let Some(value) = value {
            path.extend(["&", name, "=", &segment(&value)]);
        }
    }
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    funnel::tell(&client.get::<Report>(&path)?);
    client.tell_page(&format!("/journeys/{}", segment(&args.name)));
    Ok(())
}

fn suggest(client: &Client) -> anyhow::Result<()> {
    let path = "/api/v1/journeys/suggestions";
    if client.is_json {
        return out::json(&client.get::<Value>(path)?);
    }
    let page: Page<Suggestion> = client.get(path)?;
    if page.items.is_empty() {
        out::line("Too few visitors went any way that is not declared yet.");
    }
    for suggestion in page.items {
        out::line(format_args!("# {}", suggestion.sentence));
        out::line(suggestion.yaml);
    }
    Ok(())
}

fn evaluate(args: &EvaluateArgs, common: &Common) -> anyhow::Result<()> {
    let name = args.journey.display().to_string();
    let text = std::fs::read_to_string(&args.journey).map_err(|error| unreadable(&args.journey, &error))?;
    let definition = parse(&text, &name).map_err(|problem| *problem)?;
    let entries = Entries {
        from_ms: args.from.map_or(i64::MIN, Timestamp::as_millisecond),
        to_ms: args.to.map_or(i64::MAX, Timestamp::as_millisecond),
    };
    if entries.from_ms >= entries.to_ms {
        return Err(Problem::invalid("the time ends before it begins").hint("--from must be before --to").into());
    }
    let bad_lines = if args.skip_bad { BadLines::Skipped } else { BadLines::Refused };
    let question = Question { definition: &definition, entries, by: args.by.as_deref(), bad_lines };
    let file = args.events.display().to_string();
    let answer = if file == "-" {
        offline::report(&question, std::io::stdin().lock(), "standard input")
    } else {
        let events = File::open(&args.events).map_err(|error| unreadable(&args.events, &error))?;
        offline::report(&question, BufReader::with_capacity(1 << 20, events), &file)
    };
    let answer = answer.map_err(|problem| *problem)?;
    if common.json {
        let mut document = serde_json::to_value(&answer.report).context("the report cannot be written as JSON")?;
        document["read"] = json!(answer.read);
        document["duplicate"] = json!(answer.duplicate);
        document["rejected"] = json!(answer.rejected);
        document["rejected_count"] = json!(answer.rejected_count);
        return out::json(&document);
    }
    funnel::tell(&answer.report);
    for line in &answer.rejected {
        out::talk(format_args!("{file}:{}: left out: {}", line.line, line.reason));
    }
    if answer.rejected_count > answer.rejected.len() as u64 {
        out::talk(format_args!("{} lines in all were left out", answer.rejected_count));
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let message = format!("cannot read {}: {error}", path.display());
    if error.kind() == std::io::ErrorKind::NotFound { Problem::not_found(message) } else { Problem::invalid(message) }
}
