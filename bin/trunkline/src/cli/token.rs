//! `trunkline token`: who may call, and sign-in links for the console.

use access::{Issued, TokenRow};
use clap::{Subcommand, ValueEnum};
use kernel::Page;
use serde_json::{Value, json};

use super::client::{Client, segment};
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a token; it is shown once
    Create {
        #[arg(long)]
        role: Role,
        /// What it is for
        #[arg(long)]
        name: Option<String>,
        /// Whose actions it stands for in the audit log
        #[arg(long)]
        person: Option<String>,
    },
    /// Tokens in force
    List,
    /// End a token at once
    Revoke { id: String },
    /// A link that signs a browser in once
    Link,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    /// Everything
    Admin,
    /// What the product's own processes do
    Server,
    /// What a customer's browser may do
    Client,
}

pub(super) fn run(verb: Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::Create { role, name, person } => create(client, role, name.as_deref(), person.as_deref()),
        Verb::List => list(client),
        Verb::Revoke { id } => {
            let answer: Value = client.delete(&format!("/api/v1/tokens/{}", segment(&id)))?;
            if client.is_json {
                return out::json(&answer);
            }
            out::line(format_args!("{} {id} is not in force any more; this cannot be undone", out::mark("good")));
            Ok(())
        }
        Verb::Link => link(client),
    }
}

fn create(client: &Client, role: Role, name: Option<&str>, person: Option<&str>) -> anyhow::Result<()> {
    let role = match role {
        Role::Admin => "admin",
        Role::Server => "server",
        Role::Client => "client",
    };
    let issued: Issued = client.post("/api/v1/tokens", &json!({ "role": role, "name": name, "person": person }))?;
    if client.is_json {
        return out::json(&issued);
    }
    out::line(&issued.token);
    out::talk(format_args!("It is shown once. Undo: trunkline token revoke {}", issued.id));
    Ok(())
}

fn list(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/tokens")?);
    }
    let page: Page<TokenRow> = client.get("/api/v1/tokens")?;
    let rows = page.items.into_iter().map(|token| {
        let last = token.last_used.unwrap_or_else(|| "never used".into());
        [token.id, token.role.text().to_owned(), token.name.unwrap_or_default(), token.created, last]
    });
    out::table(["id", "role", "name", "made", "last used"], rows);
    client.tell_page("/settings");
    Ok(())
}

fn link(client: &Client) -> anyhow::Result<()> {
    let link: Value = client.post("/api/v1/links", &json!({}))?;
    if client.is_json {
        return out::json(&link);
    }
    out::line(link.get("url").and_then(Value::as_str).unwrap_or_default());
    Ok(())
}
