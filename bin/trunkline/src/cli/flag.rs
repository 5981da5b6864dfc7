//! `trunkline flag`: who is served what, and changing it at once.

mod guarded;
mod wish;

use std::time::Instant;

use clap::{Args, Subcommand};
use flags::Written;
use flags::view::{FlagItem, FlagView, Share, Stale};
use kernel::Page;
use serde::Serialize;
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::confirm::{asks, confirm};
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Flags: state, split, owner
    List {
        /// Words that are parts of key, owner, kind, journey or state
        query: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Go on where a list ended
        #[arg(long)]
        cursor: Option<String>,
    },
    /// One flag: rules, split, testers, references and history
    Show { key: String },
    /// Back to an older revision, or everybody to one variant
    Set {
        key: String,
        #[arg(long, value_name = "N", conflicts_with = "variant", required_unless_present = "variant")]
        revision: Option<u64>,
        #[arg(long, value_name = "NAME")]
        variant: Option<String>,
        #[command(flatten)]
        sure: Sure,
    },
    /// New shares at once: `flag ramp gift-wrap on=25% off=75%`; or by guarded stages: `flag ramp gift-wrap --to 100`
    Ramp {
        key: String,
        /// VARIANT=SHARE, as 25%, 25 or 0.25; the rest goes to the off variant
        #[arg(value_name = "VARIANT=SHARE")]
        split: Vec<String>,
        #[command(flatten)]
        guarded: guarded::Guarded,
        #[command(flatten)]
        sure: Sure,
    },
    /// Off for everybody, testers too, until it is cleared
    Kill {
        key: String,
        #[command(flatten)]
        sure: Sure,
    },
    /// End a kill
    Clear {
        key: String,
        #[command(flatten)]
        sure: Sure,
    },
    /// A targeting key gets a variant of its own, or loses it
    Tester {
        key: String,
        targeting_key: String,
        #[arg(long, value_name = "NAME", conflicts_with = "remove", required_unless_present = "remove")]
        variant: Option<String>,
        /// The rules say again
        #[arg(long)]
        remove: bool,
    },
    /// Flags that may be in the way
    Stale {
        /// How long a flag must have been the same for everybody
        #[arg(long, default_value_t = 14)]
        days: u32,
    },
    /// End a flag that trunk no longer defines
    Retire {
        key: String,
        #[command(flatten)]
        sure: Sure,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct Sure {
    /// Goes into the audit log
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::List { query, limit, cursor } => list(client, query.as_deref(), limit, cursor.as_deref()),
        Verb::Show { key } => show(client, &key),
        Verb::Set { key, revision, variant, sure } => set(client, &key, revision, variant.as_deref(), &sure),
        Verb::Ramp { key, split, guarded, sure } if split.is_empty() => guarded::run(client, &key, &guarded, &sure),
        Verb::Ramp { key, split, guarded: _, sure } => ramp(client, &key, &split, &sure),
        Verb::Kill { key, sure } => kill(client, &key, &sure),
        Verb::Clear { key, sure } => {
            let body = json!({ "reason": sure.reason });
            write(client, &key, "clear", &body, |written| format!("is cleared: {}", written.state))
        }
        Verb::Tester { key, targeting_key, variant, remove: _ } => {
            tester(client, &key, &targeting_key, variant.as_deref())
        }
        Verb::Stale { days } => stale(client, days),
        Verb::Retire { key, sure } => {
            let question = format!("This ends {key}: code that still asks for it gets its own default.");
            confirm(client, sure.yes, &question, "Retire it?")?;
            write(client, &key, "retire", &json!({ "reason": sure.reason }), |_| "is retired".to_owned())
        }
    }
}

fn path(key: &str, rest: &str) -> String {
    format!("/api/v1/flags/{}{rest}", segment(key))
}

fn list(client: &Client, query: Option<&str>, limit: usize, cursor: Option<&str>) -> anyhow::Result<()> {
    let query = query.map_or(String::new(), |query| format!("&q={}", segment(query)));
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={}", segment(cursor)));
    let path = format!("/api/v1/flags?limit={limit}{query}{cursor}");
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: Page<FlagItem> = client.get(&path)?;
    if page.items.is_empty() {
        out::line("There is no such flag. flags/*.yaml on trunk defines them.");
    }
    out::table(["", "flag", "state", "split", "exposed", "owner", "expires"], page.items.iter().map(row));
    if let Some(next) = page.next {
        out::talk(format_args!("more: trunkline flag list --cursor {next}"));
    }
    client.tell_page("/flags");
    Ok(())
}

fn row(item: &FlagItem) -> [String; 7] {
    let expired = if item.expired { " (over)" } else { "" };
    [
        out::mark(mark(&item.state)),
        item.key.clone(),
        item.state.clone(),
        shares(&item.split),
        persons(item.exposed_persons),
        item.owner.clone().unwrap_or_default(),
        format!("{}{expired}", item.expires.as_deref().unwrap_or_default()),
    ]
}

fn mark(state: &str) -> &'static str {
    match state {
        "live" => "good",
        "killed" => "bad",
        "ramping" => "busy",
        "retiring" => "warn",
        _ => "",
    }
}

/// `on 25 %, off 75 %`; no share is everybody's where the rule has several splits.
fn shares(split: &[Share]) -> String {
    let one = |share: &Share| format!("{} {} %", share.variant, (share.share * 10_000.0).round() / 100.0);
    if split.is_empty() {
        return "depends on the rule".to_owned();
    }
    split.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn persons(persons: Option<u64>) -> String {
    persons.map_or_else(|| "unknown".to_owned(), |persons| persons.to_string())
}

fn show(client: &Client, key: &str) -> anyhow::Result<()> {
    if client.is_json {
        let mut shown = client.get::<Value>(&path(key, ""))?;
        shown["guarded_ramp"] = serde_json::to_value(guarded::newest(client, key)?)?;
        return out::json(&shown);
    }
    let view: FlagView = client.get(&path(key, ""))?;
    let item = &view.item;
    let what = view.description.as_deref().unwrap_or(&item.key);
    out::line(format_args!("{what}   {} {}", out::mark(mark(&item.state)), item.state));
    let kind = item.kind.as_deref().unwrap_or("flag");
    let owner = item.owner.as_deref().map_or(String::new(), |owner| format!(" of {owner}"));
    let expires = item.expires.as_deref().map_or(String::new(), |day| format!(", until {day}"));
    out::line(format_args!("  what      {} {kind}{owner}{expires}, revision {}", item.kind_of_value, item.revision));
    out::line(format_args!("  split     {}", shares(&item.split)));
    if let Some(hold) = &item.held {
        let how = if hold.frozen { "goes no further than it was" } else { "internal exposure only" };
        out::line(format_args!("  held      {how}, since {}: {}", hold.since, hold.why));
        out::line(format_args!("            hint: {}", hold.hint));
    }
    if let Some(why) = &item.retire {
        out::line(format_args!("  retire    {why}"));
    }
    if let Some(ramp) = guarded::newest(client, key)? {
        guarded::tell(&ramp);
    }
    if let Some(why) = &view.no_ramp {
        out::line(format_args!("  no ramp   {why}"));
    }
    if let Some(kill) = &view.killed_by {
        let why = kill.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
        out::line(format_args!("  killed    {} by {}{why}", kill.at, kill.who));
    }
    for rule in &view.rules {
        let when = rule.when.as_ref().map_or_else(|| "else".to_owned(), Value::to_string);
        out::line(format_args!("  rule      {when} > {}", rule.serves));
    }
    for tester in &view.testers {
        out::line(format_args!("  tester    {} gets {}", tester.targeting_key, tester.variant));
    }
    out::line(format_args!("  exposed   {} persons", persons(item.exposed_persons)));
    match &view.references {
        None => out::line("  code      not known"),
        Some(references) if references.is_empty() => out::line("  code      named nowhere"),
        Some(references) => {
            for reference in references {
                out::line(format_args!("  code      {}:{}", reference.path, reference.line));
            }
        }
    }
    for event in view.history.iter().take(10) {
        let why = event.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
        out::line(format_args!("  {:<9} {}  {} by {}{why}", event.revision, event.at, event.what, event.who));
    }
    if !view.edge {
        out::line(format_args!("  {} the edge has not confirmed revision {}", out::mark("warn"), item.revision));
    }
    client.tell_page(&format!("/flags/{}", segment(key)));
    Ok(())
}

fn kill(client: &Client, key: &str, sure: &Sure) -> anyhow::Result<()> {
    confirm_kill(client, key, sure)?;
    write(client, key, "kill", &json!({ "reason": sure.reason }), |_| "is off".to_owned())
}

/// Says for how many, and asks.
pub(super) fn confirm_kill(client: &Client, key: &str, sure: &Sure) -> anyhow::Result<()> {
    if !asks(client, sure.yes) {
        return Ok(());
    }
    let view: FlagView = client.get(&path(key, ""))?;
    confirm(client, sure.yes, &format!("This turns {key} off for {}.", blast(&view)), "Kill it?")
}

/// `3,120 persons now in it (journey: checkout)`
fn blast(view: &FlagView) -> String {
    let persons = match view.blast.persons_now {
        Some(1) => "the one person now in it".to_owned(),
        Some(persons) => format!("{} persons now in it", wish::thousands(persons)),
        None => "everybody; how many that are is not known".to_owned(),
    };
    match view.blast.journeys.as_slice() {
        [] => persons,
        journeys => format!("{persons} (journey: {})", journeys.join(", ")),
    }
}

fn ramp(client: &Client, key: &str, split: &[String], sure: &Sure) -> anyhow::Result<()> {
    let view: FlagView = client.get(&path(key, ""))?;
    let split = wish::split(split, view.off_variant.as_deref())?;
    let now = shares(&view.item.split);
    let wanted: Vec<Share> =
        split.iter().map(|(variant, share)| Share { variant: variant.clone(), share: *share }).collect();
    let question = format!("This takes {key} from {now} to {}.", shares(&wanted));
    confirm(client, sure.yes, &question, "Ramp it?")?;
    let body = json!({ "split": split, "reason": sure.reason });
    write(client, key, "ramp", &body, |_| format!("is at {}", shares(&wanted)))
}

fn set(client: &Client, key: &str, revision: Option<u64>, variant: Option<&str>, sure: &Sure) -> anyhow::Result<()> {
    let to = match (revision, variant) {
        (Some(revision), _) => format!("what it was at revision {revision}"),
        (None, variant) => format!("{} for everybody", variant.unwrap_or_default()),
    };
    confirm(client, sure.yes, &format!("This sets {key} to {to}."), "Set it?")?;
    let body = json!({ "revision": revision, "variant": variant, "reason": sure.reason });
    write(client, key, "set", &body, |written| format!("is {}: {to}", written.state))
}

fn tester(client: &Client, key: &str, targeting_key: &str, variant: Option<&str>) -> anyhow::Result<()> {
    let path = path(key, &format!("/testers/{}", segment(targeting_key)));
    let began = Instant::now();
    let (written, what): (Written, _) = match variant {
        Some(variant) => {
            (client.put(&path, &json!({ "variant": variant }))?, format!("gives {targeting_key} {variant}"))
        }
        None => (client.delete(&path)?, format!("gives {targeting_key} what its rules say")),
    };
    told(client, &written, &what, began)
}

fn stale(client: &Client, days: u32) -> anyhow::Result<()> {
    let path = format!("/api/v1/stale-flags?days={days}");
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: Page<Stale> = client.get(&path)?;
    if page.items.is_empty() {
        out::line("No flag is in the way.");
    }
    let row = |stale: Stale| [stale.key, stale.state, stale.owner.unwrap_or_default(), stale.why.join("; ")];
    out::table(["flag", "state", "owner", "why"], page.items.into_iter().map(row));
    client.tell_page("/flags");
    Ok(())
}

/// A write that the edge has when it is answered.
fn write(
    client: &Client,
    key: &str,
    verb: &str,
    body: &impl Serialize,
    what: impl FnOnce(&Written) -> String,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let written: Written = client.post(&path(key, &format!("/{verb}")), body)?;
    let what = what(&written);
    told(client, &written, &what, began)
}

fn told(client: &Client, written: &Written, what: &str, began: Instant) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(written);
    }
    let (key, revision, seconds) = (&written.key, written.revision, began.elapsed().as_secs_f64());
    out::line(format_args!("{} {key} {what} since revision {revision} ({seconds:.2} s)", out::mark("good")));
    out::line(format_args!("Undo: {}", written.undo));
    Ok(())
}
