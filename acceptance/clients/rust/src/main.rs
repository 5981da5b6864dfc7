//! An unmodified client: OpenFeature's Rust SDK with its OFREP provider reads a flag for a few persons and reports what it was told.

use std::env;
use std::error::Error;

use open_feature::{Client, EvaluationContext, OpenFeature};
use open_feature_ofrep::{OfrepOptions, OfrepProvider};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (flag, client) = (or("FLAG", "new-checkout"), connected().await?);
    let (prefix, persons) = (or("PREFIX", "person"), or("PERSONS", "10").parse::<usize>()?);
    let mut read = Vec::new();
    for number in 0..persons {
        read.push(evaluated(&client, &flag, format!("{prefix}-{number}")).await);
    }
    println!("{}", json!({ "client": "open-feature-ofrep", "version": version(), "read": read }));
    Ok(())
}

async fn connected() -> Result<Client, Box<dyn Error>> {
    let base_url = env::var("TRUNKLINE_URL")?.trim_end_matches('/').to_owned();
    let bearer = HeaderValue::try_from(format!("Bearer {}", env::var("TRUNKLINE_TOKEN")?))?;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    let provider = OfrepProvider::new(OfrepOptions { base_url, headers, ..OfrepOptions::default() }).await?;
    let mut api = OpenFeature::singleton_mut().await;
    api.set_provider(provider).await;
    Ok(api.create_client())
}

async fn evaluated(client: &Client, flag: &str, person: String) -> Value {
    let context = EvaluationContext::default().with_targeting_key(person.as_str());
    match client.get_bool_details(flag, Some(&context), None).await {
        Ok(details) => {
            let reason = details.reason.map(|reason| reason.to_string());
            json!({ "person": person, "value": details.value, "variant": details.variant, "reason": reason, "error": null })
        }
        Err(error) => json!({ "person": person, "value": false, "error": error.code.to_string() }),
    }
}

fn or(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// As the lock file has it: a crate does not say its own.
fn version() -> Option<&'static str> {
    let (_, rest) = include_str!("../Cargo.lock").split_once("name = \"open-feature-ofrep\"\nversion = \"")?;
    rest.split('"').next()
}
