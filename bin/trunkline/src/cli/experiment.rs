//! `trunkline experiment`: whether a change made customers better off.

mod replay;

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use experiments::model::assess::{MetricAssessment, State, Told};
use experiments::model::{Decision, Role};
use experiments::{ExperimentRow, ExperimentView, RunView, Stage, VerdictView};
use kernel::Page;
use serde_json::{Value, json};

use super::client::{Client, segment};
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Experiments, and what each says by now
    List,
    /// One experiment: arms, metrics with intervals, the verdict; and its earlier runs
    Show { key: String },
    /// Work out again what each look said from what it saw; exit 1 if one says otherwise
    Replay {
        key: String,
        /// Of an earlier run; 1 is the first
        #[arg(long)]
        run: Option<u64>,
    },
    /// From now on persons are counted, from nobody on; earlier runs stay as they ended
    Start {
        key: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// End it without a decision
    Stop {
        key: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// End it as you say, whatever the figures do
    Decide {
        key: String,
        #[arg(value_enum)]
        decision: Choice,
        /// Shown beside the verdict
        #[arg(long)]
        reason: String,
    },
}

/// What a person may decide.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Choice {
    /// Everybody gets the treatment
    Ship,
    /// Nobody does
    RollBack,
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List => list(client)?,
        Verb::Show { key } => show(client, &key)?,
        Verb::Replay { key, run } => return replay::run(client, &key, run),
        Verb::Start { key, reason } => write(client, &key, "start", &json!({ "reason": reason }))?,
        Verb::Stop { key, reason } => write(client, &key, "stop", &json!({ "reason": reason }))?,
        Verb::Decide { key, decision, reason } => {
            let decision = match decision {
                Choice::Ship => experiments::Choice::Ship,
                Choice::RollBack => experiments::Choice::RollBack,
            };
            write(client, &key, "decide", &json!({ "decision": decision, "reason": reason }))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/experiments")?);
    }
    let page: Page<ExperimentRow> = client.get("/api/v1/experiments")?;
    if page.items.is_empty() {
        out::line(format_args!("No experiment is declared. They stand in experiments/*.yaml."));
    }
    out::table(["experiment", "state", "owner", "flag", "persons", "verdict"], page.items.iter().map(row));
    Ok(())
}

fn row(row: &ExperimentRow) -> [String; 6] {
    let verdict = row.verdict.as_ref().map_or("none yet", |verdict| word(verdict.decision));
    [
        row.key.clone(),
        stage(row.state).to_owned(),
        row.owner.clone(),
        row.flag.clone(),
        row.persons.to_string(),
        verdict.to_owned(),
    ]
}

fn show(client: &Client, key: &str) -> anyhow::Result<()> {
    let path = format!("/api/v1/experiments/{}", segment(key));
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    tell(&client.get(&path)?);
    Ok(())
}

fn write(client: &Client, key: &str, verb: &str, wish: &Value) -> anyhow::Result<()> {
    let path = format!("/api/v1/experiments/{}/{verb}", segment(key));
    let view: ExperimentView = client.post(&path, wish)?;
    if client.is_json {
        return out::json(&view);
    }
    tell(&view);
    Ok(())
}

fn tell(view: &ExperimentView) {
    tell_newest(view);
    if !view.earlier.is_empty() {
        out::line(format_args!("\nearlier runs (this is run {})", view.run));
        out::table(["run", "began", "ended", "persons", "verdict"], view.earlier.iter().map(earlier));
    }
}

fn earlier(run: &RunView) -> [String; 5] {
    let says = |verdict: &VerdictView| {
        let by = verdict.by.as_ref().map_or_else(String::new, |by| format!(" ({by})"));
        format!("{}{by}: {}", word(verdict.decision), verdict.sentence)
    };
    let said = run.verdict.as_ref().map_or_else(|| "nothing was seen".to_owned(), says);
    [
        run.run.to_string(),
        run.started.clone(),
        run.ended.clone().unwrap_or_default(),
        run.arms.iter().map(|arm| arm.units).sum::<u64>().to_string(),
        if run.state == Stage::Stopped { format!("stopped; {said}") } else { said },
    ]
}

fn tell_newest(view: &ExperimentView) {
    out::line(format_args!("{}  {}  (flag {}, owned by {})", view.key, stage(view.state), view.flag, view.owner));
    out::line(format_args!("  {}", view.hypothesis));
    match &view.verdict {
        Some(verdict) => {
            let by = verdict.by.as_ref().map_or_else(String::new, |by| format!(" ({by})"));
            out::line(format_args!("\n{}{by}: {}", word(verdict.decision), verdict.sentence));
        }
        None => out::line(format_args!("\nNothing was seen yet.")),
    }
    if let Some(trouble) = &view.trouble {
        out::line(format_args!("It cannot be looked at, and what is shown is from before: {trouble}"));
    }
    let arms = view.arms.iter().map(|arm| [arm.variant.clone(), arm.units.to_string(), arm.followed.to_string()]);
    out::line(format_args!(""));
    out::table(["arm", "persons", "followed to the end"], arms);
    if let Some(srm) = view.srm {
        let sizes = if srm.ok { "as planned" } else { "not as planned: nothing here can be compared" };
        out::line(format_args!("sizes of the arms: {sizes} (p {:.4}, at all looks together)", srm.p));
    }
    let left_out = view.shown_both + view.unwitnessed;
    if left_out > 0 {
        let (both, strangers) = (view.shown_both, view.unwitnessed);
        out::line(format_args!("left out: {both} who saw both variants, {strangers} whose cookie has not come back"));
    }
    if view.metrics.is_empty() {
        return;
    }
    out::line(format_args!(""));
    out::table(["metric", "control", "treatment", "difference", "relative", "state"], view.metrics.iter().map(metric));
    if let Some(days) = view.days_left.filter(|_| view.state == Stage::Running) {
        out::line(format_args!("at most {days:.1} days left; looked at {} times so far", view.looks));
    }
}

fn metric(metric: &MetricAssessment) -> [String; 6] {
    let (scale, unit) = if metric.is_share { (100.0, " %") } else { (1.0, "") };
    let value = |mean: f64| format!("{:.2}{unit}", mean * scale);
    [
        match metric.role {
            Role::Success => metric.name.clone(),
            Role::Guardrail => format!("{} (guardrail)", metric.name),
        },
        value(metric.control.mean),
        value(metric.treatment.mean),
        between(metric.absolute, scale),
        between(metric.relative, 100.0),
        match metric.state {
            State::Open => "open",
            State::Better => "better",
            State::NotWorse => "not worse",
            State::Worse => "worse",
        }
        .to_owned(),
    ]
}

fn between(told: Option<Told>, scale: f64) -> String {
    told.map_or_else(
        || "not known".to_owned(),
        |told| format!("{:+.2} [{:+.2}, {:+.2}]", told.estimate * scale, told.lower * scale, told.upper * scale),
    )
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Ship => "ship",
        Decision::RollBack => "roll back",
        Decision::KeepRunning => "keep running",
        Decision::Inconclusive => "inconclusive",
        Decision::Invalid => "invalid",
    }
}

const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Draft => "draft",
        Stage::Running => "running",
        Stage::Decided => "decided",
        Stage::Stopped => "stopped",
    }
}
