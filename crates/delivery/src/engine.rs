//! What every part of the running context shares: the store, the clock, the way to the edge, and the bells that wake loops.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use access::Access;
use jiff::Timestamp;
use kernel::Clock;
use sealing::RootKey;
use serde::Serialize;
use storage::Db;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::definitions::Definitions;
use crate::gate::Gate;
use crate::guards::Words;
use crate::model::deployment::{Act, Attested};
use crate::pipeline::Going;
use crate::probe::Probes;
use crate::settled::Settled;
use crate::switches::Switches;
use crate::traffic::Traffic;

/// What a running delivery needs from its surroundings.
#[derive(Debug, Clone)]
pub struct Options {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    /// The data folder of this installation.
    pub data: PathBuf,
    /// Starts `trunkline exec`.
    pub launcher: exec::Launcher,
    pub access: Access,
    /// The control plane's side of the edge.
    pub edge: edge::Client,
    /// Under which the product reaches us, for example `http://127.0.0.1:7300`.
    pub system_url: String,
    /// Knows what the definitions in a commit mean.
    pub definitions: Arc<dyn Definitions>,
}

/// Something changed; whoever shows it should look again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// `change`, `run`, `deployment`, `service`, `secret` or `repository`
    pub kind: &'static str,
    pub id: String,
}

/// Listeners that fall behind by more than this many facts miss some; they look again anyway.
const FACTS_BUFFERED: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) options: Options,
    pub(crate) key: RootKey,
    pub(crate) facts: broadcast::Sender<Fact>,
    /// Rung when a change was queued.
    pub(crate) pipeline: Notify,
    /// Rung when a deployment may have something to do.
    pub(crate) deployer: Notify,
    /// Rung when a repository was added.
    pub(crate) trunk: Notify,
    /// Rung when somebody says that trunk moved.
    pub(crate) poked: Notify,
    pub(crate) runs: Mutex<HashMap<String, CancellationToken>>,
    pub(crate) going: Going,
    pub(crate) acts: Mutex<HashMap<u64, Act>>,
    /// How the check of each queued deployment's artifact stands.
    pub(crate) attested: Mutex<HashMap<u64, Attested>>,
    /// Held while a plan is applied. The services of a product share its infrastructure: whoever comes second finds it done.
    pub(crate) applying: tokio::sync::Mutex<()>,
    pub(crate) traffic: Traffic,
    pub(crate) settled: Settled,
    pub(crate) probes: Probes,
    /// What whoever watches customers said of canaries.
    pub(crate) guards: Words,
    pub(crate) switches: OnceLock<Arc<dyn Switches>>,
    /// Who judges changes; set once, before the pipeline runs.
    pub(crate) gates: OnceLock<Vec<Arc<dyn Gate>>>,
    /// Held from reading deployments until what was decided about them is written, by the deployer and by whatever
    /// people order: else one writes over what the other has just recorded. Taken before a transaction begins.
    pub(crate) deciding: tokio::sync::Mutex<()>,
}

impl Engine {
    pub(crate) fn new(options: Options) -> Result<Self, sealing::Error> {
        let key = RootKey::of(&options.data)?;
        let probes = Probes::since(options.clock.now());
        Ok(Self {
            options,
            key,
            facts: broadcast::Sender::new(FACTS_BUFFERED),
            pipeline: Notify::new(),
            deployer: Notify::new(),
            trunk: Notify::new(),
            poked: Notify::new(),
            runs: Mutex::default(),
            going: Going::default(),
            acts: Mutex::default(),
            attested: Mutex::default(),
            applying: tokio::sync::Mutex::default(),
            traffic: Traffic::default(),
            settled: Settled::default(),
            probes,
            guards: Words::default(),
            switches: OnceLock::new(),
            gates: OnceLock::new(),
            deciding: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn db(&self) -> &Db {
        &self.options.db
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    pub(crate) fn tell(&self, kind: &'static str, id: impl Into<String>) {
        // Nobody listening is fine.
        let _ = self.facts.send(Fact { kind, id: id.into() });
    }

    pub(crate) fn act(&self, number: u64) -> Option<Act> {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    pub(crate) fn set_act(&self, number: u64, act: Act) {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner).insert(number, act);
    }

    pub(crate) fn data(&self) -> &Path {
        &self.options.data
    }

    pub(crate) fn mirror_path(&self, repository: &str) -> PathBuf {
        self.data().join("repositories").join(format!("{repository}.git"))
    }

    pub(crate) fn artifact_path(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        self.data().join("artifacts").join(hex)
    }

    /// The persistent folder of a service, its `DATA_DIR`.
    pub(crate) fn service_data(&self, service: &str) -> PathBuf {
        self.data().join("services").join(service).join("data")
    }
}
