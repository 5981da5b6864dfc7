//! `trunkline person`: what is known of a customer, and forgetting them.

use std::time::{Duration, Instant};

use clap::Subcommand;
use kernel::Problem;
use serde::{Deserialize, Serialize};

use super::client::{Client, segment};
use super::confirm::confirm;
use crate::out;

/// A log file that is still open goes when the edge has sealed it.
const DONE_WITHIN: Duration = Duration::from_mins(5);

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Everything that is known of a person, one JSON document a line
    Export {
        /// Any of their ids
        id: String,
    },
    /// Forget a person: out of every answer at once, then out of every file; this cannot be undone
    Delete {
        /// Any of their ids
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Deletion {
    hidden: bool,
    done: bool,
    files_left: u64,
}

pub(super) fn run(verb: &Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Export { id } => {
            out::raw(&client.text(&format!("/api/v1/persons/{}/export", segment(id)))?);
            Ok(())
        }
        Verb::Delete { id, yes } => {
            let what = format!("This removes everything that is known of {id}. It cannot be undone.");
            confirm(client, *yes, &what, "Forget them?")?;
            delete(id, client)
        }
    }
}

fn delete(id: &str, client: &Client) -> anyhow::Result<()> {
    let begun = Instant::now();
    let path = format!("/api/v1/persons/{}", segment(id));
    loop {
        let deletion: Deletion = client.delete(&path)?;
        if deletion.done {
            if client.is_json {
                return out::json(&deletion);
            }
            out::line(format_args!("{} {id} is in no answer and in no file any more", out::mark("good")));
            return Ok(());
        }
        if begun.elapsed() > DONE_WITHIN {
            let left = deletion.files_left;
            return Err(Problem::unavailable(format!(
                "{id} is in no answer any more, but {left} files still have to go"
            ))
            .hint("run it again; it goes on by itself meanwhile")
            .into());
        }
        if !client.is_quiet {
            out::talk(format_args!("out of every answer; {} files have to go yet", deletion.files_left));
        }
    }
}
