//! How a version of a service is started: the command, its environment and what it may touch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use edge::{Arm, EdgeState, Health, InstanceSpec, InstanceState, PersonSource, ServiceRoute};
use exec::{Isolation, Level, Life, LogMode, Priority, Spec};

use crate::Error;
use crate::config::{self, Service};
use crate::engine::Engine;
use crate::model::deployment::Deployment;
use crate::model::desired::Route;
use crate::store;
use crate::store::deployment::StoredDeployment;

/// An instance's log is turned over at this size; two files are kept.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// Starts an instance of deployment `number` at the edge.
pub(crate) async fn start(engine: &Engine, number: u64, attempt: u32) -> Result<(), Error> {
    let Some(stored) = store::deployment::find(engine.db(), number).await? else { return Ok(()) };
    let deployment = &stored.state;
    let id = format!("{}-{number}-{attempt}", deployment.service);
    let tokens = engine.options.access.issue_deployment(number, &deployment.service).await?;
    let mut env = environment(engine, &stored).await?;
    env.insert("TRUNKLINE_TOKEN".into(), tokens.server);
    env.insert("TRUNKLINE_CLIENT_TOKEN".into(), tokens.client);
    let spec = Spec {
        command: shell(&stored.config.start),
        directory: directory(engine, deployment, &stored.config),
        redact: redactions(engine, deployment).await?,
        env,
        log: engine.data().join("edge").join("instances").join(format!("{id}.log")),
        log_bytes_max: LOG_BYTES_MAX,
        log_mode: LogMode::Rotate,
        priority: Priority::Normal,
        isolation: isolation(engine, deployment, level(engine, &stored).await?),
        timeout_seconds: None,
        grace_seconds: stored.config.drain.as_secs_f64(),
        life: Life::Detached {
            lock: engine.data().join("edge").join("instances").join(format!("{id}.lock")),
            record: engine.data().join("edge").join("instances").join(format!("{id}.pid")),
        },
    };
    let health =
        Health { path: stored.config.health.path.clone(), within_seconds: stored.config.health.within.as_secs_f64() };
    let instance = InstanceSpec { id, service: deployment.service.clone(), deployment: number, spec, health };
    engine.options.edge.start(&instance).await?;
    Ok(())
}

/// The attempt in an instance's id, `shop-47-2`.
pub(crate) fn attempt(id: &str) -> u32 {
    id.rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// A line for the shell.
pub(crate) fn shell(line: &str) -> Vec<String> {
    vec!["sh".into(), "-c".into(), line.into()]
}

/// Where the version runs: the service's folder in its artifact.
pub(crate) fn directory(engine: &Engine, deployment: &Deployment, config: &Service) -> PathBuf {
    let artifact = engine.artifact_path(&deployment.digest);
    if config.path == "." { artifact } else { artifact.join(&config.path) }
}

/// The whole environment of a version, but for its tokens and its port.
pub(crate) async fn environment(engine: &Engine, stored: &StoredDeployment) -> Result<BTreeMap<String, String>, Error> {
    let deployment = &stored.state;
    let mut env = exec::environment::base();
    env.extend(stored.config.env.clone());
    env.extend(secrets(engine, &stored.config, &deployment.service).await?);
    env.insert("TRUNKLINE_URL".into(), engine.options.system_url.clone());
    env.insert("TRUNKLINE_RELEASE".into(), deployment.number.to_string());
    let data = engine.service_data(&deployment.service);
    tokio::fs::create_dir_all(&data).await.map_err(|source| Error::Folder { path: data.clone(), source })?;
    env.insert("DATA_DIR".into(), data.display().to_string());
    Ok(env)
}

/// The declared secrets of a service that are set.
async fn secrets(engine: &Engine, config: &Service, service: &str) -> Result<BTreeMap<String, String>, Error> {
    let sealed = store::secret::sealed(engine.db(), service).await?;
    let mut open = engine.key.open_all(service, sealed)?;
    open.retain(|name, _| config.secrets.contains(name));
    Ok(open)
}

/// Every secret of a service, declared or not: none may stand in a log.
pub(crate) async fn redactions(engine: &Engine, deployment: &Deployment) -> Result<Vec<String>, Error> {
    let sealed = store::secret::sealed(engine.db(), &deployment.service).await?;
    Ok(engine.key.open_all(&deployment.service, sealed)?.into_values().collect())
}

/// The level that the commit's `trunkline.yaml` asks for.
pub(crate) async fn level(engine: &Engine, stored: &StoredDeployment) -> Result<Level, Error> {
    let change = store::change::find(engine.db(), &stored.state.commit).await?;
    Ok(change.and_then(|c| c.config).map_or(Level::Strict, |product| exec_level(&product)))
}

pub(crate) fn exec_level(product: &config::Product) -> Level {
    match product.isolation {
        Some(config::Level::Off) => Level::Off,
        _ => Level::Strict,
    }
}

/// Its artifact to read, its own data to write, and nothing else of ours.
pub(crate) fn isolation(engine: &Engine, deployment: &Deployment, level: Level) -> Isolation {
    Isolation {
        level,
        hidden: vec![engine.data().to_owned()],
        read: vec![engine.artifact_path(&deployment.digest)],
        write: vec![engine.service_data(&deployment.service)],
    }
}

/// The edge's route for what is desired, as the newest version declares it.
pub(crate) fn route(route: &Route, declared: &Service, edge: &EdgeState) -> ServiceRoute {
    let arms = route.arms.iter().map(|arm| Arm {
        deployment: arm.deployment,
        instances: instances(edge, arm.deployment),
        weight: arm.weight,
    });
    ServiceRoute {
        service: route.service.clone(),
        path: declared.route.path.clone(),
        host: declared.route.host.clone(),
        seed: route.seed.clone(),
        window: route.window.clone(),
        arms: arms.collect(),
        sticky_header: declared.sticky.as_ref().map(|sticky| sticky.header.clone()),
        person: declared.person.as_ref().map(person),
        pageviews: declared.pageviews,
    }
}

fn person(declared: &config::Person) -> PersonSource {
    match declared {
        config::Person::Cookie(name) => PersonSource::Cookie(name.clone()),
        config::Person::Header(name) => PersonSource::Header(name.clone()),
    }
}

fn instances(edge: &EdgeState, number: u64) -> Vec<String> {
    let serving = |i: &&edge::Instance| {
        i.deployment == number && !matches!(i.state, InstanceState::Draining | InstanceState::Stopped)
    };
    let mut ids: Vec<_> = edge.instances.iter().filter(serving).map(|i| i.id.clone()).collect();
    ids.sort();
    ids
}
