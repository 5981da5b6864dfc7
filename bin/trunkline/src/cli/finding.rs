//! `trunkline finding`: what is known against what is in production.

use clap::Subcommand;
use rollout::finding::{FindingPage, FindingView};
use security::{FeedAge, FindingState, UnknownView};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::confirm::asks;
use super::flag::{Sure, confirm_kill};
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Findings in what is or was live, open ones first
    List,
    /// One finding: since when, whose, behind which flag, what to do, and its history
    Show {
        /// Its key, or one of the advisory's ids
        id: String,
    },
    /// Turn off the flag of the change that brought it
    Kill {
        id: String,
        #[command(flatten)]
        sure: Sure,
    },
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::List => list(client),
        Verb::Show { id } => {
            let path = format!("/api/v1/findings/{}", segment(&id));
            if client.is_json {
                return out::json(&client.get::<Value>(&path)?);
            }
            tell(&client.get(&path)?, client);
            Ok(())
        }
        Verb::Kill { id, sure } => kill(client, &id, &sure),
    }
}

fn kill(client: &Client, id: &str, sure: &Sure) -> anyhow::Result<()> {
    let path = format!("/api/v1/findings/{}", segment(id));
    if asks(client, sure.yes)
        && let Some(flag) = client.get::<FindingView>(&path)?.flag
    {
        confirm_kill(client, &flag.key, sure)?;
    }
    let view: FindingView = client.post(&format!("{path}/kill"), &json!({ "reason": sure.reason }))?;
    if client.is_json {
        return out::json(&view);
    }
    if let Some(flag) = &view.flag {
        out::line(format_args!("{} {} is off", out::mark("good"), flag.key));
        if let Some(age) = &view.advisories {
            tell_age(age);
        }
        out::line(format_args!("Undo: trunkline flag clear {}", flag.key));
    }
    client.tell_page(&page(&view));
    Ok(())
}

fn page(finding: &FindingView) -> String {
    format!("/findings/{}", segment(&finding.key))
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/findings")?);
    }
    let page: FindingPage = client.get("/api/v1/findings")?;
    tell_age(&page.advisories);
    tell_unknown(&page.unknown);
    if page.items.is_empty() {
        out::line("No finding in what is live, as far as it is known.");
    } else {
        let head = ["", "severity", "due", "package", "version", "advisory", "services", "owner", "do"];
        out::table(head, page.items.iter().map(row));
    }
    client.tell_page("/security");
    Ok(())
}

/// How old what an answer rests on is.
pub(super) fn tell_age(age: &FeedAge) {
    out::line(format_args!("{} {}", out::mark(if age.stale { "warn" } else { "none" }), age.sentence));
}

/// What of live deployments could not be read or judged.
pub(super) fn tell_unknown(all: &[UnknownView]) {
    for unknown in all {
        let path = unknown.path.as_deref().unwrap_or("all of it");
        let (service, number) = (&unknown.service, unknown.deployment);
        out::line(format_args!("{} not known of {service} {number}: {path}: {}", out::mark("warn"), unknown.reason));
    }
}

fn row(finding: &FindingView) -> [String; 9] {
    [
        out::mark(kind(finding)),
        finding.severity.clone(),
        due(finding).unwrap_or_default(),
        finding.package.clone(),
        finding.version.clone(),
        finding.id.clone(),
        finding.services.join(", "),
        finding.owner.clone().unwrap_or_else(|| "nobody".to_owned()),
        finding.actions.join(", "),
    ]
}

/// Of an open one.
fn due(finding: &FindingView) -> Option<String> {
    let day = finding.due.as_ref()?.split('T').next()?;
    match (finding.state, finding.overdue) {
        (FindingState::Closed, _) => None,
        (FindingState::Open, true) => Some(format!("overdue since {day}")),
        (FindingState::Open, false) => Some(day.to_owned()),
    }
}

fn kind(finding: &FindingView) -> &'static str {
    match (finding.state, finding.severity.as_str()) {
        (FindingState::Closed, _) => "none",
        (FindingState::Open, "low" | "medium" | "informational") => "warn",
        (FindingState::Open, _) => "bad",
    }
}

fn tell(finding: &FindingView, client: &Client) {
    out::line(format_args!("{} {}", out::mark(kind(finding)), finding.sentence));
    if !finding.summary.is_empty() {
        out::line(format_args!("  {}", finding.summary));
    }
    let names: Vec<&str> =
        std::iter::once(finding.id.as_str()).chain(finding.aliases.iter().map(String::as_str)).collect();
    out::line(format_args!("  {}, {} in {}", finding.severity, names.join(", "), finding.source));
    if let Some(due) = due(finding) {
        out::line(format_args!("  due: {due}"));
    }
    if let Some(age) = &finding.advisories {
        tell_age(age);
    }
    for event in &finding.history {
        let detail = event.detail.as_ref().map_or_else(String::new, |detail| format!(": {detail}"));
        out::line(format_args!("  {}  {} by {}{detail}", event.at, event.what, event.who));
    }
    for action in &finding.actions {
        if action == "kill" {
            out::line(format_args!("trunkline finding kill {}", finding.key));
        } else if let Some(number) = action.strip_prefix("roll_back_to:") {
            out::line(format_args!("trunkline deploy rollback --to {number}"));
        }
    }
    client.tell_page(&page(finding));
}
