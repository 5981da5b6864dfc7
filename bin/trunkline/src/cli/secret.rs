//! `trunkline secret`: values that a service gets as variables. Encrypted at rest, redacted in every log, never shown.

use std::io::{IsTerminal as _, Read as _};

use clap::Subcommand;
use delivery::SecretName;
use kernel::{Page, Problem};
use serde_json::{Value, json};

use super::client::{Client, segment};
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Set a secret; the value is read from standard input: `printf %s "$KEY" | trunkline secret set shop STRIPE_KEY`
    Set { service: String, name: String },
    /// Names of secrets, never values
    List,
    /// Forget a secret
    Remove { service: String, name: String },
}

const VALUE_BYTES_MAX: u64 = 64 << 10;

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Set { service, name } => set(client, &service, &name),
        Verb::List => list(client),
        Verb::Remove { service, name } => {
            let answer: Value = client.delete(&path(&service, &name))?;
            if client.is_json {
                return out::json(&answer);
            }
            out::line(format_args!("{} {service} has no {name} from its next deployment on", out::mark("good")));
            out::line(format_args!("Undo: trunkline secret set {service} {name}"));
            Ok(())
        }
    }
}

fn path(service: &str, name: &str) -> String {
    format!("/api/v1/secrets/{}/{}", segment(service), segment(name))
}

fn set(client: &Client, service: &str, name: &str) -> anyhow::Result<()> {
    let mut input = std::io::stdin();
    if input.is_terminal() && !client.is_quiet {
        out::talk(format_args!("value of {name}, then Ctrl-D:"));
    }
    let mut value = String::new();
    input.by_ref().take(VALUE_BYTES_MAX + 1).read_to_string(&mut value)?;
    if value.len() as u64 > VALUE_BYTES_MAX {
        return Err(
            Problem::new(kernel::Kind::TooLarge, format!("a secret has at most {VALUE_BYTES_MAX} bytes")).into()
        );
    }
    let value = value.strip_suffix('\n').unwrap_or(&value);
    if value.is_empty() {
        return Err(Problem::invalid("the value is empty").hint("it is read from standard input").into());
    }
    client.put::<Value>(&path(service, name), &json!({ "value": value }))?;
    if client.is_json {
        return out::json(&json!({ "service": service, "name": name }));
    }
    out::line(format_args!("{} {service} gets {name} with its next deployment", out::mark("good")));
    out::line(format_args!("Undo: trunkline secret remove {service} {name}"));
    Ok(())
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/secrets")?);
    }
    let page: Page<SecretName> = client.get("/api/v1/secrets")?;
    if page.items.is_empty() {
        out::line("No secret is set. `trunkline secret set SERVICE NAME` sets one.");
    }
    out::table(["service", "name", "set", "by"], page.items.into_iter().map(|s| [s.service, s.name, s.updated, s.by]));
    client.tell_page("/settings");
    Ok(())
}
