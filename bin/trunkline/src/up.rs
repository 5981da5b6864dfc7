//! `trunkline up`: the control plane of one product, and the edge in front of it.

mod app;
mod edge;
mod place;
mod ready;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use delivery::Delivery;
use kernel::{Clock, SystemClock};
use rollout::Rollout;
use storage::Db;
use tokio_util::sync::CancellationToken;

use crate::cli::UpArgs;

pub use app::{App, document};
pub use place::{Place, default_data};

/// How long running requests and steps may take to end once we are asked to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT. The edge and the product stay.
pub async fn run(args: UpArgs) -> anyhow::Result<()> {
    let place = place::find(&args).await?;
    let _lock = place.lock()?;
    let shutdown = CancellationToken::new();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = open_store(&place, &args).await?;
    let edge = edge::ensure(&place, &args).await?;
    let state = edge.state().await.context("the edge was started and does not answer")?;
    let access = access::Access::open(db.clone(), Arc::clone(&clock), &place.data).await?;
    let launcher = exec::Launcher::current()?;
    let system_url = format!("http://{}", state.system_address);
    let options = delivery::Options {
        db: db.clone(),
        clock: Arc::clone(&clock),
        data: place.data.clone(),
        launcher,
        access: access.clone(),
        edge: edge.clone(),
        system_url: system_url.clone(),
    };
    let delivery = Delivery::open(options)?;
    let rollout = Rollout::new(db.clone(), delivery.clone(), Arc::clone(&clock), &place.product);
    let app = App { db, access: access.clone(), delivery: delivery.clone(), rollout: rollout.clone(), edge: edge.clone(), place: place.clone() };
    let server = tokio::spawn(app.serve(shutdown.clone()));
    let mut tasks = delivery.start(shutdown.clone()).await?;
    tasks.push(rollout.start(shutdown.clone()));
    tasks.push(tokio::spawn(edge::keep(place.clone(), args.clone(), edge, shutdown.clone())));
    place.watch_repository(&delivery).await?;
    ready::wait(&system_url).await?;
    ready::say(&place, &args, &access, &state)?;
    stop_signal().await?;
    shutdown.cancel();
    end(server, tasks).await;
    if !args.json {
        ready::say_goodbye();
    }
    Ok(())
}

async fn open_store(place: &Place, args: &UpArgs) -> anyhow::Result<Db> {
    let url = args.database.clone().unwrap_or_else(|| format!("sqlite:{}", place.data.join("trunkline.db").display()));
    let db = Db::open(&url).await.context("the control store cannot be opened")?;
    db.migrate(&[access::MIGRATIONS, delivery::MIGRATIONS]).await.context("the control store cannot be migrated")?;
    Ok(db)
}

async fn end(server: tokio::task::JoinHandle<anyhow::Result<()>>, tasks: Vec<tokio::task::JoinHandle<()>>) {
    let all = async {
        let _ = server.await;
        for task in tasks {
            let _ = task.await;
        }
    };
    if tokio::time::timeout(STOPS_WITHIN, all).await.is_err() {
        tracing::warn!("some tasks did not end in time and are left; the next start resumes what they did");
    }
}

async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
