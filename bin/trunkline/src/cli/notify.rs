//! `trunkline notify`: who is told, and what was sent.

use std::time::{Duration, Instant};

use ::notify::{DeliveryState, DeliveryView, Kind, NotificationView, TargetMade, TargetView};
use clap::{Subcommand, ValueEnum};
use kernel::Page;
use serde_json::{Value, json};

use super::client::{Client, segment};
use crate::out;

/// A receiver has fifteen seconds.
const TRIED_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Send messages to an address; the secret that they are signed with is shown once
    Add {
        url: String,
        /// Only what this domain owns [default: everything]
        #[arg(long)]
        domain: Option<String>,
        /// Only these [default: all]
        #[arg(long, value_enum, value_delimiter = ',')]
        events: Vec<Event>,
        /// The address may be this machine or in a private network
        #[arg(long)]
        allow_private: bool,
    },
    /// Where messages are sent, and how that goes
    List,
    /// Send nothing more there; what waits is given up
    Remove { id: String },
    /// What was told, newest first, and what came of it
    Log {
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
    },
    /// Send a message to this target alone, and wait for what comes of it
    Test { id: String },
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Event {
    /// An experiment was decided
    Verdict,
    /// A service was taken back
    Rollback,
    /// A vulnerability is in what is live
    Finding,
    /// A flag's day comes near, or is over
    FlagExpiring,
    /// A ramp does not go on by itself
    RampHeld,
    /// What a ramp showed did harm, and nobody gets it any more
    RampTurnedBack,
}

impl Event {
    const fn kind(self) -> Kind {
        match self {
            Self::Verdict => Kind::Verdict,
            Self::Rollback => Kind::Rollback,
            Self::Finding => Kind::Finding,
            Self::FlagExpiring => Kind::FlagExpiring,
            Self::RampHeld => Kind::RampHeld,
            Self::RampTurnedBack => Kind::RampTurnedBack,
        }
    }
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Add { url, domain, events, allow_private } => {
            let events: Vec<Kind> = events.into_iter().map(Event::kind).collect();
            let wish = json!({ "url": url, "domain": domain, "events": events, "allow_private": allow_private });
            add(client, &wish)
        }
        Verb::List => list(client),
        Verb::Remove { id } => remove(client, &id),
        Verb::Log { limit } => log(client, limit),
        Verb::Test { id } => test(client, &id),
    }
}

fn add(client: &Client, wish: &Value) -> anyhow::Result<()> {
    let made: TargetMade = client.post("/api/v1/notifications/targets", wish)?;
    if client.is_json {
        return out::json(&made);
    }
    out::line(&made.secret);
    let id = &made.target.id;
    out::talk(format_args!("It is shown once; the receiver checks signatures with it (Standard Webhooks)."));
    out::talk(format_args!("Try: trunkline notify test {id} · undo: trunkline notify remove {id}"));
    Ok(())
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/notifications/targets")?);
    }
    let page: Page<TargetView> = client.get("/api/v1/notifications/targets")?;
    if page.items.is_empty() {
        out::line("Nobody is told anything. `trunkline notify add URL` changes that.");
        return Ok(());
    }
    out::table(["id", "address", "domain", "events", "waiting", "given up", "last"], page.items.iter().map(row));
    Ok(())
}

fn row(target: &TargetView) -> [String; 7] {
    let events: Vec<&str> = target.events.iter().map(|kind| kind.text()).collect();
    let last = target.last.as_ref().map_or_else(
        || "nothing was sent".to_owned(),
        |last| match (last.status, &last.error) {
            (Some(status), _) => format!("{status} at {}", last.begun),
            (None, Some(error)) => error.clone(),
            (None, None) => "is being sent".into(),
        },
    );
    [
        target.id.clone(),
        target.url.clone(),
        target.domain.clone().unwrap_or_else(|| "all".into()),
        if events.is_empty() { "all".into() } else { events.join(", ") },
        target.waiting.to_string(),
        target.given_up.to_string(),
        last,
    ]
}

fn remove(client: &Client, id: &str) -> anyhow::Result<()> {
    let answer: Value = client.delete(&format!("/api/v1/notifications/targets/{}", segment(id)))?;
    if client.is_json {
        return out::json(&answer);
    }
    out::line(format_args!("{} nothing more is sent there", out::mark("good")));
    Ok(())
}

fn log(client: &Client, limit: u32) -> anyhow::Result<()> {
    let path = format!("/api/v1/notifications?limit={limit}");
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: Page<NotificationView> = client.get(&path)?;
    if page.items.is_empty() {
        out::line("Nothing was told yet.");
    }
    for told in &page.items {
        tell(told);
    }
    Ok(())
}

fn tell(told: &NotificationView) {
    let owner = told.domain.as_deref().unwrap_or("owner not known");
    out::line(format_args!("{}  {}  {} ({owner})  {}", told.at, told.kind.text(), told.subject, told.id));
    out::line(format_args!("  {}", told.sentence));
    if told.deliveries.is_empty() {
        out::line(format_args!("  {} no target asked for it: nobody was told", out::mark("warn")));
    }
    for delivery in &told.deliveries {
        out::line(format_args!("  {}", outcome(delivery)));
    }
}

fn outcome(delivery: &DeliveryView) -> String {
    let attempts = delivery.attempts.len();
    let times = if attempts == 1 { "attempt" } else { "attempts" };
    let last = delivery.attempts.last();
    let answered = last.and_then(|last| Some(format!("{} in {:.2} s", last.status?, last.seconds?)));
    let (mark, what) = match delivery.state {
        DeliveryState::Sent => ("good", format!("sent, {}", answered.unwrap_or_default())),
        DeliveryState::GivenUp => ("bad", "given up".to_owned()),
        DeliveryState::Sending => ("busy", "is being sent".to_owned()),
        DeliveryState::Waiting => {
            ("busy", format!("again at {}", delivery.next_attempt.as_deref().unwrap_or_default()))
        }
    };
    let why = delivery.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("{} {}: {what} ({attempts} {times}){why}", out::mark(mark), delivery.url)
}

fn test(client: &Client, id: &str) -> anyhow::Result<()> {
    let mut told: NotificationView =
        client.post(&format!("/api/v1/notifications/targets/{}/test", segment(id)), &json!({}))?;
    let path = format!("/api/v1/notifications/{}", segment(&told.id));
    let begun = Instant::now();
    let is_open = |told: &NotificationView| {
        told.deliveries.iter().all(|delivery| delivery.attempts.iter().all(|attempt| attempt.seconds.is_none()))
    };
    while is_open(&told) && begun.elapsed() < TRIED_WITHIN {
        std::thread::sleep(LOOK_EVERY);
        told = client.get(&path)?;
    }
    if client.is_json {
        return out::json(&told);
    }
    tell(&told);
    Ok(())
}
