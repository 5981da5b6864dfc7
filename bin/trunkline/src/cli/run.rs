//! `trunkline run`: a run of the pipeline, its steps and their logs.

use std::io::{BufRead as _, BufReader};
use std::process::ExitCode;

use clap::Subcommand;
use delivery::view::run::RunView;
use serde_json::{Value, json};

use super::client::{Client, segment};
use crate::out::{self, short};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// The steps of a run
    Show { id: String },
    /// The log of a step
    Log {
        id: String,
        step: String,
        /// Go on while the step runs
        #[arg(long, short)]
        follow: bool,
    },
    /// End a run; its change does not ship by itself
    Cancel { id: String },
}

/// The run is not over (product.md, section 5).
const STILL_RUNNING: u8 = 8;

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Show { id } => show(client, &id),
        Verb::Log { id, step, follow: true } => follow(client, &id, &step),
        Verb::Log { id, step, follow: false } => {
            let path = format!("/api/v1/runs/{}/steps/{}/log", segment(&id), segment(&step));
            let mut next = Some(0);
            while let Some(from) = next {
                let (text, rest) = client.log_from(&path, from)?;
                out::raw(&text);
                next = rest;
            }
            Ok(ExitCode::SUCCESS)
        }
        Verb::Cancel { id } => {
            client.post::<Value>(&format!("/api/v1/runs/{}/cancel", segment(&id)), &json!({}))?;
            out::talk("It is ended. The next change on trunk is verified as usual.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn show(client: &Client, id: &str) -> anyhow::Result<ExitCode> {
    let answer: Value = client.get(&format!("/api/v1/runs/{}", segment(id)))?;
    let run: RunView = serde_json::from_value(answer.clone())?;
    let code = match run.state.as_str() {
        "passed" => ExitCode::SUCCESS,
        "queued" | "running" => ExitCode::from(STILL_RUNNING),
        _ => ExitCode::FAILURE,
    };
    if client.is_json {
        out::json(&answer)?;
        return Ok(code);
    }
    out::line(format_args!("{} of {}  {}", run.state, short(&run.change), run.subject));
    let rows = run.steps.into_iter().map(|step| {
        let state =
            serde_json::to_value(step.state).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        [step.name, state, step.seconds.map(out::seconds).unwrap_or_default(), step.summary.unwrap_or_default()]
    });
    out::table(["step", "state", "time", ""], rows);
    client.tell_page(&format!("/runs/{}", run.id));
    Ok(code)
}

/// Server-sent events: `lines` carry text, `end` is the end.
fn follow(client: &Client, id: &str, step: &str) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/runs/{}/steps/{}/log/stream", segment(id), segment(step));
    for line in BufReader::new(client.follow(&path)?).lines() {
        let line = line?;
        if line == "event: end" {
            break;
        }
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        out::raw(event.get("text").and_then(Value::as_str).unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}
