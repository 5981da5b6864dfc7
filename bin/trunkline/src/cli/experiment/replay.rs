//! `trunkline experiment replay`: what each look said, worked out again here from what it saw.

use std::process::ExitCode;

use experiments::model::{Assessment, Definition, Evidence, assess};
use experiments::{ExperimentView, LookView, RunView};
use kernel::{Page, Problem};
use serde_json::json;

use crate::cli::client::{Client, segment};
use crate::out;

/// Exit 1 if a look says otherwise today. The server is asked for what was stored only.
pub(super) fn run(client: &Client, key: &str, run: Option<u64>) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/experiments/{}", segment(key));
    let run = match run {
        Some(run) => run,
        None => client.get::<ExperimentView>(&path)?.run,
    };
    let fixed: RunView = client.get(&format!("{path}/runs/{run}"))?;
    let looks: Page<LookView> = client.get(&format!("{path}/looks?run={run}"))?;
    let definition: Definition = serde_json::from_value(fixed.definition)
        .map_err(|error| Problem::invalid(format!("the definition of run {run} cannot be read: {error}")))?;
    let mut otherwise = Vec::new();
    for look in &looks.items {
        let evidence: Evidence = serde_json::from_value(look.evidence.clone())
            .map_err(|error| Problem::invalid(format!("what look {} saw cannot be read: {error}", look.look)))?;
        if !is_same(&assess(&definition, &evidence), &look.assessment)? {
            otherwise.push(look.look);
        }
    }
    tell(client, key, (run, fixed.looks), looks.items.len(), &otherwise)?;
    Ok(if otherwise.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As they are written: every bit of every number.
fn is_same(now: &Assessment, then: &Assessment) -> serde_json::Result<bool> {
    Ok(serde_json::to_string(now)? == serde_json::to_string(then)?)
}

fn tell(client: &Client, key: &str, (run, looks): (u64, u64), kept: usize, otherwise: &[u64]) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&json!({
            "key": key, "run": run, "looks": looks, "kept": kept, "otherwise": otherwise, "same": otherwise.is_empty(),
        }));
    }
    out::line(format_args!("{key}, run {run}: {looks} looks, of which {kept} are kept"));
    if otherwise.is_empty() {
        out::line(format_args!("Each says the same again, bit for bit."));
    } else {
        let numbers = otherwise.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        out::line(format_args!(
            "Not the same again: look {numbers}. Another version of Trunkline may have looked then."
        ));
    }
    Ok(())
}
