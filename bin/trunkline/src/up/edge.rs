//! The edge of this installation: found running and taken over, or started; and started again if it dies.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ::edge::{Client, Error};
use anyhow::{Context as _, bail};
use kernel::Problem;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{Place, UpArgs};

const LISTENS_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// An edge that dies at once every time is not started more often than this.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The edge that runs for this data folder, else a new one.
pub(super) async fn ensure(place: &Place, args: &UpArgs) -> anyhow::Result<Client> {
    let client = Client::connect(&place.data)?;
    if client.state().await.is_ok() {
        tracing::info!("an edge runs already; it keeps its addresses and versions");
        return Ok(client);
    }
    start(place, args, &client).await?;
    Ok(client)
}

/// Starts an edge that outlives us, and waits until it answers.
async fn start(place: &Place, args: &UpArgs, client: &Client) -> anyhow::Result<()> {
    let path = place.data.join("logs").join("edge.log");
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let begins_at = log.metadata().map_or(0, |m| m.len());
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("edge").arg("--data").arg(&place.data);
    command.arg("--listen").arg(&args.listen).arg("--product-listen").arg(&args.product_listen);
    for proxy in &args.behind_proxy {
        command.arg("--behind-proxy").arg(proxy.to_string());
    }
    // Its last word, should it not get ready, is for us to repeat.
    command.arg("--json");
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    let mut child = command.spawn().context("the edge cannot be started")?;
    let deadline = tokio::time::Instant::now() + LISTENS_WITHIN;
    while tokio::time::Instant::now() < deadline {
        if client.state().await.is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            let silent = || Problem::internal(format!("the edge ended with {status}; see {}", path.display()));
            return Err(last_words(&path, begins_at).unwrap_or_else(silent).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the edge does not answer after {} s; see {}", LISTENS_WITHIN.as_secs(), path.display())
}

/// Why the edge ended, from what it wrote since it was started.
fn last_words(path: &Path, begins_at: u64) -> Option<Problem> {
    #[derive(Deserialize)]
    struct LastWords {
        error: Problem,
    }
    let bytes = std::fs::read(path).ok()?;
    let said = bytes.get(usize::try_from(begins_at).ok()?..)?;
    let text = String::from_utf8_lossy(said);
    let told = text.lines().rev().find_map(|line| serde_json::from_str::<LastWords>(line).ok())?;
    Some(told.error)
}

/// Starts the edge again whenever it is gone.
pub(super) async fn keep(place: Place, args: UpArgs, client: Client, shutdown: CancellationToken) {
    let mut pause = LOOK_EVERY;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = LOOK_EVERY;
        if !matches!(client.state().await, Err(Error::NotRunning { .. })) {
            continue;
        }
        tracing::warn!("the edge is gone; it is started again");
        if let Err(error) = start(&place, &args, &client).await {
            tracing::error!(error = format!("{error:#}"), "the edge could not be started again");
            pause = PAUSE_MAX;
        }
    }
}
