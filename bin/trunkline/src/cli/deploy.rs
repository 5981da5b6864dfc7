//! `trunkline deploy`: what is deployed, whether that is trunk, and taking it back.

mod dora;

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use delivery::view::deployment::DeploymentItem;
use delivery::view::status::{ServiceStatus, Status};
use delivery::{Resumed, RolledBack};
use kernel::Page;
use serde_json::{Value, json};

use super::client::{Client, segment};
use crate::out::{self, short};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Whether trunk and production agree, and why not
    Status,
    /// Deployments, newest first
    History {
        #[arg(long)]
        service: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Go on where a list ended
        #[arg(long)]
        cursor: Option<String>,
    },
    /// One deployment: its state machine, what happens next and its journal
    Show { number: u64 },
    /// What a deployment is made of, as CycloneDX
    Sbom { number: u64 },
    /// DORA's five metrics of each service, with what they were counted from
    Dora(dora::DoraArgs),
    /// What the instances of a deployment wrote
    Log {
        number: u64,
        #[arg(long, default_value_t = 200)]
        lines: usize,
    },
    /// Take a service back; what is taken back waits for a revert, a fix or `resume`
    Rollback {
        /// The deployment to go back to [default: the one before]
        #[arg(long, value_name = "N")]
        to: Option<u64>,
        #[command(flatten)]
        wish: Wish,
    },
    /// Leave out the rest of a canary
    Promote(Wish),
    /// Stop a deployment where it is; a bad one is still rolled back
    Pause(Wish),
    /// Go on: a paused deployment, what is held, what failed
    Resume {
        /// Release only the hold of this commit
        #[arg(long, value_name = "SHA")]
        release: Option<String>,
        #[command(flatten)]
        wish: Wish,
    },
    /// No new deployment begins until `unfreeze`; rollbacks do
    Freeze {
        #[arg(long)]
        reason: String,
    },
    /// Let deployments begin again
    Unfreeze,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Wish {
    /// Needed only if the product has several
    #[arg(long)]
    service: Option<String>,
    #[arg(long)]
    reason: Option<String>,
}

/// How long `rollback` waits to say that it happened.
const ROLLED_BACK_WITHIN: Duration = Duration::from_secs(30);

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Status => status(client),
        Verb::History { service, limit, cursor } => history(client, service.as_deref(), limit, cursor.as_deref()),
        Verb::Show { number } => show(client, number),
        Verb::Sbom { number } => out::json(&client.get::<Value>(&format!("/api/v1/deployments/{number}/sbom"))?),
        Verb::Dora(args) => dora::run(&args, client),
        Verb::Log { number, lines } => {
            out::raw(&client.text(&format!("/api/v1/deployments/{number}/log?lines={lines}"))?);
            Ok(())
        }
        Verb::Rollback { to, wish } => roll_back(client, to, &wish),
        Verb::Promote(wish) => {
            told(client, "promote", &wish, "goes live without the rest of its canary", "trunkline deploy rollback")
        }
        Verb::Pause(wish) => told(client, "pause", &wish, "stays where it is", "trunkline deploy resume"),
        Verb::Resume { release, wish } => resume(client, release.as_deref(), &wish),
        Verb::Freeze { reason } => {
            let answer: Value = client.post("/api/v1/deploy/freeze", &json!({ "reason": reason }))?;
            changed(client, &answer, "No new deployment begins; rollbacks do", "trunkline deploy unfreeze")
        }
        Verb::Unfreeze => {
            let answer: Value = client.post("/api/v1/deploy/unfreeze", &json!({}))?;
            changed(client, &answer, "Deployments begin again", "trunkline deploy freeze --reason …")
        }
    }
}

/// Ends a command that changed something: what changed, and how to undo it.
fn changed(client: &Client, answer: &Value, what: &str, undo: &str) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(answer);
    }
    out::line(format_args!("{} {what}", out::mark("good")));
    out::line(format_args!("Undo: {undo}"));
    Ok(())
}

fn told(client: &Client, verb: &str, wish: &Wish, what: &str, undo: &str) -> anyhow::Result<()> {
    let answer: Value =
        client.post(&format!("/api/v1/deploy/{verb}"), &json!({ "service": wish.service, "reason": wish.reason }))?;
    let number = answer.get("deployment").and_then(Value::as_u64).unwrap_or_default();
    changed(client, &answer, &format!("Deployment {number} {what}"), undo)
}

fn status(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/deploy/status")?);
    }
    let status: Status = client.get("/api/v1/deploy/status")?;
    if status.services.is_empty() {
        out::line(
            "Nothing was verified yet, so there is no service. `trunkline change list` shows what is on its way.",
        );
    }
    for service in &status.services {
        tell(service);
    }
    client.tell_page("/");
    Ok(())
}

fn tell(service: &ServiceStatus) {
    let sync = if service.in_sync { out::mark("good") } else { out::mark("warn") };
    out::line(format_args!("{}   {sync} {}", service.service, service.state.word));
    match &service.live {
        Some(live) => out::line(format_args!(
            "  live      {} since {}, deployment {}",
            short(&live.commit),
            live.since,
            live.number
        )),
        None => out::line("  live      nothing yet"),
    }
    if let Some(candidate) = &service.candidate {
        let share = (candidate.weight * 1_000.0).round() / 10.0;
        out::line(format_args!(
            "  candidate {}, deployment {}: {} at {share} %",
            short(&candidate.commit),
            candidate.number,
            candidate.phase
        ));
    }
    if let Some(trunk) = &service.trunk {
        out::line(format_args!("  trunk     {}", short(trunk)));
    }
    if let Some(reason) = &service.frozen {
        out::line(format_args!("  frozen    {reason}"));
    }
    for waiting in &service.waiting {
        out::line(format_args!("  waits     {}  {}: {}", short(&waiting.commit), waiting.subject, waiting.why));
    }
}

fn history(client: &Client, service: Option<&str>, limit: usize, cursor: Option<&str>) -> anyhow::Result<()> {
    let service = service.map_or(String::new(), |service| format!("&service={}", segment(service)));
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={}", segment(cursor)));
    let path = format!("/api/v1/deployments?limit={limit}{service}{cursor}");
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: Page<DeploymentItem> = client.get(&path)?;
    if page.items.is_empty() {
        out::line("Nothing was deployed yet.");
    }
    out::table(["", "number", "service", "commit", "state", "started", "why"], page.items.iter().map(row));
    if let Some(next) = page.next {
        out::talk(format_args!("more: trunkline deploy history --cursor {next}"));
    }
    client.tell_page("/deployments");
    Ok(())
}

fn row(item: &DeploymentItem) -> [String; 7] {
    let kind = serde_json::to_value(item.state.kind).ok();
    [
        out::mark(kind.as_ref().and_then(Value::as_str).unwrap_or_default()),
        item.number.to_string(),
        item.service.clone(),
        short(&item.commit).to_owned(),
        item.state.word.clone(),
        item.started.clone(),
        item.reason.clone().unwrap_or_default(),
    ]
}

fn show(client: &Client, number: u64) -> anyhow::Result<()> {
    let view: Value = client.get(&format!("/api/v1/deployments/{number}"))?;
    if client.is_json {
        return out::json(&view);
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| view.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let word = view.get("state").map(|state| text(state, "word")).unwrap_or_default();
    out::line(format_args!("Deployment {number} of {}: {word}", text(&view, "service")));
    out::line(format_args!("  commit    {}  {}", short(&text(&view, "commit")), text(&view, "subject")));
    let steps: Vec<_> =
        list("machine").iter().map(|step| format!("{} ({})", text(step, "name"), text(step, "state"))).collect();
    out::line(format_args!("  machine   {}", steps.join(" > ")));
    out::line(format_args!("  next      {}", text(&view, "next")));
    if let Some(health) = view.get("health").filter(|health| !health.is_null()) {
        out::line(format_args!("  health    {}", text(health, "sentence")));
    }
    for step in list("steps") {
        out::line(format_args!(
            "  {:<9} {} ({}) {}",
            text(&step, "kind"),
            text(&step, "name"),
            text(&step, "state"),
            text(&step, "summary")
        ));
    }
    for line in list("journal") {
        out::line(format_args!(
            "  {}  {:<9} {} {}",
            text(&line, "at"),
            text(&line, "kind"),
            text(&line, "what"),
            text(&line, "detail")
        ));
    }
    client.tell_page(&format!("/deployments/{number}"));
    Ok(())
}

fn roll_back(client: &Client, to: Option<u64>, wish: &Wish) -> anyhow::Result<()> {
    let began = Instant::now();
    let body = json!({ "to": to, "service": wish.service, "reason": wish.reason });
    let rolled: RolledBack = client.post("/api/v1/deploy/rollback", &body)?;
    let held = short(&rolled.held);
    if !client.is_json {
        out::line(format_args!(
            "Rolling {} back from {} to {} ({held} and what follows it wait for a revert, a commit with `Fixes: {held}`, or `trunkline deploy resume`)",
            rolled.service, rolled.from, rolled.to
        ));
    }
    let is_back = wait_until_back(client, &rolled, began)?;
    let seconds = (began.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
    if client.is_json {
        let mut answer = serde_json::to_value(&rolled)?;
        answer["seconds"] = json!(is_back.then_some(seconds));
        return out::json(&answer);
    }
    if is_back {
        out::line(format_args!(
            "{} all new requests on {} after {}",
            out::mark("good"),
            rolled.to,
            out::seconds(seconds)
        ));
    } else {
        out::line(format_args!(
            "{} it is not done after {}; see `trunkline deploy show {}`",
            out::mark("warn"),
            out::seconds(seconds),
            rolled.from
        ));
    }
    out::line("Undo: trunkline deploy resume");
    Ok(())
}

fn wait_until_back(client: &Client, rolled: &RolledBack, began: Instant) -> anyhow::Result<bool> {
    while began.elapsed() < ROLLED_BACK_WITHIN {
        let status: Status = client.get("/api/v1/deploy/status")?;
        let service = status.services.iter().find(|s| s.service == rolled.service);
        let routed = service.and_then(|s| s.routed.as_deref()).unwrap_or_default();
        if !routed.is_empty() && routed.iter().all(|arm| arm.number == rolled.to) {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(false)
}

fn resume(client: &Client, release: Option<&str>, wish: &Wish) -> anyhow::Result<()> {
    let body = json!({ "release": release, "service": wish.service, "reason": wish.reason });
    let resumed: Resumed = client.post("/api/v1/deploy/resume", &body)?;
    if client.is_json {
        return out::json(&serde_json::to_value(&resumed)?);
    }
    if let Some(number) = resumed.deployment {
        out::line(format_args!("{} Deployment {number} goes on", out::mark("good")));
    }
    if resumed.released > 0 {
        out::line(format_args!("{} {} holds released: what waited ships", out::mark("good"), resumed.released));
    }
    if resumed.deployment.is_none() && resumed.released == 0 {
        out::line(format_args!("{} what failed is tried again", out::mark("good")));
    }
    out::line("Undo: trunkline deploy pause, or trunkline deploy rollback");
    Ok(())
}
