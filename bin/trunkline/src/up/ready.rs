//! What `up` says: that everything answers, what happens on trunk, and how to stop.

use std::time::{Duration, Instant};

use access::{Access, Caller};
use anyhow::{Context as _, bail};
use delivery::Delivery;
use edge::EdgeState;
use rollout::Rollout;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Place, UpArgs};
use crate::out;

const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Waits until the system address answers that all parts are ready.
pub(super) async fn wait(system_url: &str) -> anyhow::Result<()> {
    let url = format!("{system_url}/readyz");
    let asked = tokio::task::spawn_blocking(move || ask(&url)).await?;
    asked.context("Trunkline was started and does not answer")
}

fn ask(url: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + ANSWERS_WITHIN;
    loop {
        let answer = ureq::get(url).config().timeout_global(Some(Duration::from_secs(2))).build().call();
        match answer {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => bail!("{url}: {error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// The ready line: one JSON document, or words for people.
pub(super) async fn say(place: &Place, args: &UpArgs, access: &Access, state: &EdgeState) -> anyhow::Result<()> {
    let (url, product_url) = (format!("http://{}", state.system_address), format!("http://{}", state.product_address));
    if args.json {
        let ready = json!({
            "ready": true,
            "url": url,
            "product_url": product_url,
            "data": place.data,
            "token_file": place.data.join("admin.token"),
        });
        return out::json(&ready);
    }
    let (link, _) = access.create_link(&Caller::system("trunkline up")).await?;
    out::line(format_args!("Trunkline {} · data in {}", env!("CARGO_PKG_VERSION"), place.data.display()));
    out::line(format_args!("  console   {url}/console/?link={link}   (one-time sign-in)"));
    let live = if state.routes.is_empty() { "nothing live yet: the first change is on its way" } else { "live" };
    out::line(format_args!("  product   {product_url}   {live}"));
    out::line(format_args!("  trunk     {}, watching", place.url));
    let isolation = exec::isolation::in_force().explanation;
    out::line(format_args!("  isolation {}", isolation.trim_start_matches("isolation is ")));
    Ok(())
}

/// Says in one line each what happens to changes, until `shutdown`.
pub(super) async fn narrate(delivery: Delivery, rollout: Rollout, shutdown: CancellationToken) {
    let mut facts = delivery.facts();
    let mut said = std::collections::HashMap::new();
    out::line(format_args!("^C leaves the product running; `trunkline down` stops it"));
    loop {
        let fact = tokio::select! {
            () = shutdown.cancelled() => return,
            fact = facts.recv() => fact,
        };
        if matches!(fact, Err(tokio::sync::broadcast::error::RecvError::Closed)) {
            return;
        }
        let Ok(now) = rollout.now().await else { continue };
        for change in now.on_the_way {
            let text =
                change.why.clone().map_or(change.state.word.clone(), |why| format!("{}: {why}", change.state.word));
            if said.insert(change.sha.clone(), text.clone()).as_ref() != Some(&text) {
                out::line(format_args!("{}  {text}  {}", change.short, change.subject));
            }
        }
        for service in now.services {
            let Some(live) = service.live else { continue };
            let text = format!("{} is live as deployment {}", out::short(&live.commit), live.number);
            if said.insert(service.service.clone(), text.clone()).as_ref() != Some(&text) {
                out::line(format_args!("{}  {text}", service.service));
            }
        }
    }
}
