//! `trunkline segment`: lists of targeting keys that rules name.

use clap::Subcommand;
use flags::{SegmentItem, SegmentView};
use kernel::Page;
use serde_json::Value;

use super::client::{self, Client};
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Segments and the flags that name them
    List,
    /// One segment and the first of its keys
    Show { name: String },
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::List => list(client),
        Verb::Show { name } => show(client, &name),
    }
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/segments")?);
    }
    let page: Page<SegmentItem> = client.get("/api/v1/segments")?;
    if page.items.is_empty() {
        out::line("There is no segment. segments/NAME.txt on trunk defines one.");
    }
    let row = |item: SegmentItem| [item.name, item.keys.to_string(), item.flags.join(", ")];
    out::table(["segment", "keys", "flags"], page.items.into_iter().map(row));
    client.tell_page("/flags");
    Ok(())
}

fn show(client: &Client, name: &str) -> anyhow::Result<()> {
    let path = format!("/api/v1/segments/{}", client::segment(name));
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let view: SegmentView = client.get(&path)?;
    let flags = view.item.flags.join(", ");
    out::line(format_args!("{}: {} keys, revision {}", view.item.name, view.item.keys, view.item.revision));
    out::line(format_args!("  flags     {}", if flags.is_empty() { "none names it" } else { &flags }));
    for key in &view.first {
        out::line(format_args!("  key       {key}"));
    }
    client.tell_page("/flags");
    Ok(())
}
