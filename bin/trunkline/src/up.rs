//! `trunkline up`: the control plane of one product, and the edge in front of it.

mod app;
mod edge;
mod place;
mod ready;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use storage::{Db, Migrations};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use app::{App, Scanning, Settings, document};
pub(crate) use place::{Place, default_data};

/// The tables of all contexts.
const MIGRATIONS: [Migrations; 11] = [
    access::MIGRATIONS,
    delivery::MIGRATIONS,
    events::MIGRATIONS,
    experiments::MIGRATIONS,
    feedback::MIGRATIONS,
    flags::MIGRATIONS,
    journeys::MIGRATIONS,
    notify::MIGRATIONS,
    ownership::MIGRATIONS,
    rollout::MIGRATIONS,
    security::MIGRATIONS,
];

/// How long running requests and steps may take to end once we are asked to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// How `up` was asked for.
#[derive(Debug, Clone)]
pub(crate) struct UpArgs {
    /// A path or an address that git understands; by default the folder we are in.
    pub repo: Option<String>,
    pub data: Option<PathBuf>,
    pub listen: String,
    pub product_listen: String,
    pub behind_proxy: Vec<IpAddr>,
    /// `postgres://…`; by default SQLite in the data folder.
    pub database: Option<String>,
    pub retention: events::Retention,
    pub scanning: Scanning,
    pub json: bool,
}

/// Runs until SIGTERM or SIGINT. The edge and the product stay.
pub(crate) async fn run(args: UpArgs) -> anyhow::Result<()> {
    let place = place::find(&args).await?;
    let _lock = place.lock()?;
    let shutdown = CancellationToken::new();
    let db = open_store(&place, &args).await?;
    let edge = edge::ensure(&place, &args).await?;
    let state = edge.state().await.context("the edge was started and does not answer")?;
    let app = compose(&place, db, edge.clone(), &state, &args)?;
    app.access.ensure_admin_token(&place.data).await?;
    app.security.sweep().await;
    let server = tokio::spawn(app.clone().serve(place.data.clone(), shutdown.clone()));
    place.watch_repository(&app.delivery).await?;
    let mut tasks = app.delivery.start(shutdown.clone()).await?;
    tasks.push(app.rollout.start(shutdown.clone()));
    tasks.push(app.access.start(shutdown.clone()));
    tasks.extend(app.security.start(shutdown.clone()));
    tasks.push(app.inventories(&place.data).start(shutdown.clone()));
    tasks.push(app.notifications.start(shutdown.clone()));
    tasks.push(app.announcer().start(shutdown.clone()));
    tasks.push(app.experiments.start(shutdown.clone()));
    tasks.push(app.ownership.start(shutdown.clone()));
    tasks.push(app.feedback.start(shutdown.clone()));
    tasks.extend(app.flags.start(shutdown.clone()));
    tasks.extend(app.events.start(shutdown.clone()));
    tasks.push(tokio::spawn(edge::keep(place.clone(), args.clone(), edge, shutdown.clone())));
    ready::wait(&format!("http://{}", state.system_address)).await?;
    ready::say(&place, &args, &app.access, &state).await?;
    if !args.json {
        tasks.push(tokio::spawn(ready::narrate(app.delivery.clone(), app.rollout.clone(), shutdown.clone())));
    }
    stop_signal().await?;
    shutdown.cancel();
    end(server, tasks).await;
    Ok(())
}

fn compose(
    place: &Place,
    db: Db,
    edge: ::edge::Client,
    state: &::edge::EdgeState,
    args: &UpArgs,
) -> anyhow::Result<App> {
    let settings = Settings {
        product: place.product.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system_address: state.system_address,
        product_address: state.product_address,
        data: place.data.display().to_string(),
        isolation: exec::isolation::in_force().explanation.trim_start_matches("isolation is ").to_owned(),
        database: db.engine().name().to_owned(),
        webhook_secret: String::new(),
    };
    App::over(db, edge, &place.data, settings, args.retention, args.scanning.clone())
}

async fn open_store(place: &Place, args: &UpArgs) -> anyhow::Result<Db> {
    let db =
        Db::open(&place.database(args.database.as_deref())?).await.context("the control store cannot be opened")?;
    db.migrate(&MIGRATIONS).await.context("the control store cannot be migrated")?;
    Ok(db)
}

async fn end(server: JoinHandle<anyhow::Result<()>>, tasks: Vec<JoinHandle<()>>) {
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
