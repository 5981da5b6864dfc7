//! Makes the edge do what is recorded: starts what is missing, routes, and only then stops what nobody needs.

use std::collections::BTreeSet;

use edge::{EdgeState, InstanceState, Routes, ServiceRoute};

use crate::Error;
use crate::deploy::launch::{self, attempt};
use crate::engine::Engine;
use crate::model::desired;
use crate::store;
use crate::store::deployment::StoredDeployment;
use crate::store::repository::StoredService;

/// One round; whether there was nothing to do.
pub(crate) async fn reconcile(engine: &Engine, edge: &EdgeState) -> Result<bool, Error> {
    let services = store::repository::services(engine.db()).await?;
    let open = store::deployment::open(engine.db()).await?;
    cool_down(engine, &services).await?;
    let wanted = wanted(engine, &services, &open);
    let started = start_missing(engine, edge, &wanted).await?;
    let routed = route(engine, edge, &services, &open).await?;
    if started || routed {
        return Ok(false);
    }
    stop_unwanted(engine, edge, &wanted).await
}

fn of<'a>(service: &str, open: &'a [StoredDeployment]) -> Vec<&'a StoredDeployment> {
    open.iter().filter(|d| d.state.service == service).collect()
}

fn is_warm(engine: &Engine, service: &StoredService) -> bool {
    service.warm_until.is_some_and(|until| engine.now() < until)
}

/// Which deployments must have an instance.
fn wanted(engine: &Engine, services: &[StoredService], open: &[StoredDeployment]) -> BTreeSet<u64> {
    let mut wanted = BTreeSet::new();
    for service in services {
        let states: Vec<_> = of(&service.name, open).into_iter().map(|d| d.state.clone()).collect();
        let warm = service.warm.filter(|_| is_warm(engine, service));
        wanted.extend(desired::running(service.live, warm, &states));
    }
    wanted
}

async fn cool_down(engine: &Engine, services: &[StoredService]) -> Result<(), Error> {
    for service in services.iter().filter(|s| s.warm.is_some() && !is_warm(engine, s)) {
        let mut tx = engine.db().begin().await?;
        store::repository::cool_down(&mut tx, &service.name).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn is_present(instance: &edge::Instance) -> bool {
    !matches!(instance.state, InstanceState::Draining | InstanceState::Stopped)
}

async fn start_missing(engine: &Engine, edge: &EdgeState, wanted: &BTreeSet<u64>) -> Result<bool, Error> {
    let mut started = false;
    for number in wanted {
        let mut known = edge.instances.iter().filter(|i| i.deployment == *number);
        if known.clone().any(is_present) {
            continue;
        }
        let attempts = known.by_ref().map(|i| attempt(&i.id)).max().unwrap_or(0);
        launch::start(engine, *number, attempts + 1).await?;
        started = true;
    }
    Ok(started)
}

/// Routes as they should be, without their generation.
async fn desired_routes(
    engine: &Engine,
    edge: &EdgeState,
    services: &[StoredService],
    open: &[StoredDeployment],
) -> Result<Vec<ServiceRoute>, Error> {
    let mut routes = Vec::new();
    for service in services {
        let states: Vec<_> = of(&service.name, open).into_iter().map(|d| d.state.clone()).collect();
        let Some(route) = desired::route(&service.name, service.live, &states) else { continue };
        let newest = route.arms.last().map_or(0, |arm| arm.deployment);
        let declared = store::deployment::find(engine.db(), newest).await?.map_or(service.config.clone(), |d| d.config);
        routes.push(launch::route(&route, &declared, edge));
    }
    Ok(routes)
}

/// Records new routes if they changed, and hands the recorded ones to the edge if it has others.
async fn route(
    engine: &Engine,
    edge: &EdgeState,
    services: &[StoredService],
    open: &[StoredDeployment],
) -> Result<bool, Error> {
    let desired = desired_routes(engine, edge, services, open).await?;
    let text = store::encode(&desired);
    let recorded = store::setting::get(engine.db(), store::setting::ROUTES).await?;
    let mut generation = recorded_generation(engine).await?;
    if recorded.as_deref() != Some(text.as_str()) {
        // A generation above the edge's own, should the store be older than the edge (a restored backup).
        let mut tx = engine.db().begin().await?;
        generation = store::setting::next_generation(&mut tx).await?;
        if generation <= edge.generation {
            generation = edge.generation + 1;
            store::setting::put(&mut tx, store::setting::GENERATION, &generation.to_string()).await?;
        }
        store::setting::put(&mut tx, store::setting::ROUTES, &text).await?;
        tx.commit().await?;
    }
    if edge.generation == generation {
        return Ok(false);
    }
    engine.options.edge.put_routes(&Routes { generation, services: desired }).await?;
    Ok(true)
}

async fn recorded_generation(engine: &Engine) -> Result<u64, Error> {
    let text = store::setting::get(engine.db(), store::setting::GENERATION).await?;
    Ok(text.and_then(|t| t.parse().ok()).unwrap_or(0))
}

/// Whether the edge routes exactly as the record demands now.
pub(crate) async fn is_routed(engine: &Engine, edge: &EdgeState) -> Result<bool, Error> {
    let services = store::repository::services(engine.db()).await?;
    let open = store::deployment::open(engine.db()).await?;
    let desired = store::encode(&desired_routes(engine, edge, &services, &open).await?);
    let recorded = store::setting::get(engine.db(), store::setting::ROUTES).await?;
    Ok(recorded.as_deref() == Some(desired.as_str()) && recorded_generation(engine).await? == edge.generation)
}

async fn stop_unwanted(engine: &Engine, edge: &EdgeState, wanted: &BTreeSet<u64>) -> Result<bool, Error> {
    let mut settled = true;
    for instance in edge.instances.iter().filter(|i| is_present(i) && !wanted.contains(&i.deployment)) {
        let stored = store::deployment::find(engine.db(), instance.deployment).await?;
        let drain = stored.map_or(30.0, |d| d.config.stream_drain.as_secs_f64());
        // In this order, so that a kill in between leaves no token behind: what is not stopped yet is seen again.
        engine.options.access.revoke_deployment(instance.deployment).await?;
        engine.options.edge.stop(&instance.id, drain).await?;
        settled = false;
    }
    Ok(settled)
}
