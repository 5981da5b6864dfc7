//! `trunkline feature`: what customers use.

use clap::Subcommand;
use journeys::model::usage::{Direction, Feature};
use kernel::Page;
use serde_json::Value;

use super::client::Client;
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Who uses what, how often, and whether that grows
    Report {
        /// Up to today
        #[arg(long, default_value_t = 28)]
        days: u32,
    },
}

pub(super) fn run(verb: &Verb, client: &Client) -> anyhow::Result<()> {
    let Verb::Report { days } = verb;
    let path = format!("/api/v1/features?days={days}");
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: Page<Feature> = client.get(&path)?;
    if page.items.is_empty() {
        out::line(format_args!("No event in {days} days."));
    }
    out::table(["event", "persons", "of active", "each", "by day", "trend"], page.items.iter().map(row));
    client.tell_page("/features");
    Ok(())
}

fn row(feature: &Feature) -> [String; 6] {
    [
        feature.page.as_ref().map_or_else(|| feature.event.clone(), |page| format!("{} {page}", feature.event)),
        feature.persons.to_string(),
        format!("{:.1} %", feature.share_of_active * 100.0),
        format!("{:.1}", feature.per_person),
        sparkline(feature),
        trend(feature),
    ]
}

fn trend(feature: &Feature) -> String {
    let word = match feature.trend {
        Direction::Rising => "rising",
        Direction::Steady => "steady",
        Direction::Falling => "falling",
        Direction::New => "new",
        Direction::Gone => "gone",
        Direction::TooFew => "too few to say",
    };
    match feature.change {
        Some(change) => {
            format!("{word} ×{:.2} ({:.2} to {:.2})", change.ratio, change.lower, change.upper)
        }
        None => word.to_owned(),
    }
}

/// Persons of each day against the most of any day.
fn sparkline(feature: &Feature) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = feature.by_day.iter().map(|day| day.persons).max().unwrap_or(0).max(1);
    let level = |persons: u64| LEVELS[usize::try_from((persons * 7).div_ceil(most)).unwrap_or(7).min(7)];
    feature.by_day.iter().map(|day| level(day.persons)).collect()
}
