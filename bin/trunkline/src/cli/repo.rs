//! `trunkline repo`: the repositories whose trunk is watched.

use clap::Subcommand;
use kernel::Page;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use crate::out::{self, short};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Watch the trunk of another repository of this product
    Add {
        /// Lower-case letters, digits and -
        name: String,
        /// A path, or an address that git understands
        url: String,
        /// The branch that is trunk [default: the repository's own]
        #[arg(long)]
        branch: Option<String>,
    },
    /// Repositories and what is wrong with them
    List,
    /// Look at trunk now; for a `post-receive` hook
    Poke,
}

#[derive(Debug, Deserialize)]
struct Repository {
    name: String,
    url: String,
    branch: Option<String>,
    head: Option<String>,
    last_error: Option<String>,
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Add { name, url, branch } => {
            let url = delivery::git::local_path(&url)
                .map_or(Ok(url), |path| path.canonicalize().map(|path| path.display().to_string()))?;
            let answer: Value =
                client.post("/api/v1/repositories", &json!({ "name": name, "url": url, "branch": branch }))?;
            if client.is_json {
                return out::json(&answer);
            }
            out::line(format_args!("{} trunk of {url} is watched", out::mark("good")));
            Ok(())
        }
        Verb::List => list(client),
        Verb::Poke => {
            let answer: Value = client.post("/api/v1/trunk/poke", &json!({}))?;
            if client.is_json { out::json(&answer) } else { Ok(()) }
        }
    }
}

fn list(client: &Client) -> anyhow::Result<()> {
    let all: Value = client.get("/api/v1/repositories")?;
    if client.is_json {
        return out::json(&all);
    }
    let page: Page<Repository> = serde_json::from_value(all)?;
    for repository in page.items {
        let branch = repository.branch.as_deref().unwrap_or("trunk");
        let head = repository.head.as_deref().map_or("no commit yet", short);
        out::line(format_args!("{}  {branch} of {} at {head}", repository.name, repository.url));
        if let Some(error) = repository.last_error {
            out::line(format_args!("  {} {error}", out::mark("warn")));
        }
    }
    let hook = client.page("").replace("/console", "/api/v1/trunk/poke");
    out::line(format_args!("A git host may ring {hook}, signed with the webhook secret of the settings page"));
    client.tell_page("/settings");
    Ok(())
}
