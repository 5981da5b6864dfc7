//! `trunkline change`: what landed on trunk and what became of it.

use clap::Subcommand;
use delivery::view::change::ChangeRow;
use kernel::Page;
use rollout::lineage::Lineage;
use serde_json::Value;

use super::client::{Client, segment};
use super::story;
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Changes, newest first
    List {
        /// Filter: `state:failed author:ann` and words of the subject
        #[arg(long, short = 'f', default_value = "")]
        filter: String,
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Go on where a list ended
        #[arg(long)]
        cursor: Option<String>,
    },
    /// The story of one change: commit to customers
    Show {
        /// Seven characters of it or more, or a revision of the repository we stand in
        sha: String,
    },
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::List { filter, limit, cursor } => list(client, &filter, limit, cursor.as_deref()),
        Verb::Show { sha } => show(client, &resolved(&sha)),
    }
}

fn list(client: &Client, filter: &str, limit: usize, cursor: Option<&str>) -> anyhow::Result<()> {
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={}", segment(cursor)));
    let path = format!("/api/v1/changes?limit={limit}&q={}{cursor}", segment(filter));
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: Page<ChangeRow> = client.get(&path)?;
    if page.items.is_empty() {
        out::line("No change fits. `git push` to trunk makes one.");
    }
    out::table(["", "commit", "state", "subject", "author"], page.items.iter().map(row));
    if let Some(next) = page.next {
        out::talk(format_args!("more: trunkline change list --cursor {next}"));
    }
    client.tell_page("/changes");
    Ok(())
}

fn row(change: &ChangeRow) -> [String; 5] {
    let kind = serde_json::to_value(change.state.kind).ok();
    let mark = out::mark(kind.as_ref().and_then(Value::as_str).unwrap_or_default());
    let state = match &change.why {
        Some(why) => format!("{}: {why}", change.state.word),
        None => change.state.word.clone(),
    };
    [mark, change.short.clone(), state, change.subject.clone(), change.author.clone()]
}

fn show(client: &Client, sha: &str) -> anyhow::Result<()> {
    let path = format!("/api/v1/changes/{}", segment(sha));
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let lineage: Lineage = client.get(&path)?;
    story::tell(&lineage);
    client.tell_page(&format!("/changes/{}", lineage.row.short));
    Ok(())
}

/// `HEAD` and the like, where we stand in a repository; anything else goes as it is.
fn resolved(revision: &str) -> String {
    let is_id = revision.len() >= 7 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if is_id || revision.starts_with('-') {
        return revision.to_owned();
    }
    let mut git = std::process::Command::new("git");
    let found =
        git.args(["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")]).output();
    match found {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => revision.to_owned(),
    }
}
