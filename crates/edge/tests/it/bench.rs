//! A data folder with an edge process, and what a control plane would do with it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use edge::{
    Arm, Client, EdgeState, Health, Instance, InstanceSpec, InstanceState, Limits, Options, Routes, ServiceRoute,
};
use exec::{Isolation, Launcher, Life, LogMode, Priority, Spec};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::http::Http;
use crate::tiny::Tiny;

/// Long enough for a machine under load; a test that waits so long fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    folder: TempDir,
    edge: Option<Child>,
    env: &'static [(&'static str, &'static str)],
    pub(crate) client: Client,
    /// At the product address.
    pub(crate) http: Http,
    /// At the system address.
    pub(crate) system: Http,
}

/// An edge in a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "other tests start this as a process to kill"]
async fn edge() {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = Options {
        data: PathBuf::from(std::env::var("EDGE_DATA").unwrap()),
        system_listen: any,
        product_listen: any,
        behind_proxy: std::env::var("EDGE_PROXY").map(|ip| ip.parse().unwrap()).into_iter().collect(),
        launcher: Launcher::beside_tests(),
    };
    let limits = if std::env::var("EDGE_TIGHT").is_ok() { tight() } else { Limits::default() };
    edge::serve_with(options, limits, || Ok(Arc::new(Tiny::new()))).await.unwrap();
}

/// Limits that a test can reach.
fn tight() -> Limits {
    Limits {
        head: Duration::from_millis(400),
        idle: Duration::from_millis(800),
        stall: Duration::from_millis(500),
        response_head: Duration::from_millis(600),
        response_stall: Duration::from_millis(600),
        connect_patience: Duration::from_millis(500),
        in_flight: 2,
        ..Limits::default()
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With limits that a test can reach.
    pub(crate) async fn tight() -> Self {
        Self::with(&[("EDGE_TIGHT", "1")]).await
    }

    /// Behind a proxy on this machine that ends TLS.
    pub(crate) async fn behind_proxy() -> Self {
        Self::with(&[("EDGE_PROXY", "127.0.0.1")]).await
    }

    async fn with(env: &'static [(&'static str, &'static str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = Client::connect(folder.path()).unwrap();
        let nowhere = Http::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        let mut bench = Self { folder, edge: None, env, client, http: nowhere.clone(), system: nowhere };
        bench.start_edge().await;
        bench
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.data().canonicalize().unwrap().join(name)
    }

    pub(crate) fn start_edge_process(&self) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["bench::edge", "--exact", "--ignored", "--nocapture"]).env("EDGE_DATA", self.data());
        command.envs(self.env.iter().copied()).stdout(Stdio::null()).spawn().unwrap()
    }

    /// Returns once it answers.
    pub(crate) async fn start_edge(&mut self) -> EdgeState {
        self.edge = Some(self.start_edge_process());
        let state = self.until_state("the edge answers", |_| true).await;
        self.http = Http::new(state.product_address);
        self.system = Http::new(state.system_address);
        state
    }

    pub(crate) fn kill_9_edge(&mut self) {
        let mut edge = self.edge.take().unwrap();
        edge.kill().unwrap();
        assert_eq!(edge.wait().unwrap().signal(), Some(9));
    }

    pub(crate) fn signal_edge(&self, signal: Signal) {
        kill(self.edge.as_ref().unwrap().id(), signal);
    }

    pub(crate) async fn edge_ends(&mut self) -> ExitStatus {
        let mut edge = self.edge.take().unwrap();
        let mut status = None;
        until("the edge ends", async || {
            status = edge.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    pub(crate) fn spec(&self, id: &str, deployment: u64, env: &[(&str, &str)]) -> InstanceSpec {
        let mut all: BTreeMap<_, _> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        all.insert("NAME".into(), id.to_owned());
        let directory = self.path("work").join(id);
        std::fs::create_dir_all(&directory).unwrap();
        let program = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
        let arguments = ["product::process", "--exact", "--ignored", "--nocapture"].map(str::to_owned);
        let spec = Spec {
            command: std::iter::once(program).chain(arguments).collect(),
            directory,
            env: all,
            redact: Vec::new(),
            log: self.path("elsewhere.log"),
            log_bytes_max: 1_000_000,
            log_mode: LogMode::Stop,
            priority: Priority::Normal,
            isolation: Isolation::off(),
            timeout_seconds: None,
            grace_seconds: 2.0,
            life: Life::WithParent,
        };
        let health = Health { path: "/up".into(), within_seconds: 20.0 };
        InstanceSpec { id: id.into(), service: "shop".into(), deployment, spec, health }
    }

    pub(crate) async fn start(&self, id: &str, deployment: u64, env: &[(&str, &str)]) -> Instance {
        self.client.start(&self.spec(id, deployment, env)).await.unwrap()
    }

    /// Starts an instance and waits until it is healthy.
    pub(crate) async fn run(&self, id: &str, deployment: u64) -> Instance {
        self.start(id, deployment, &[]).await;
        self.until(id, |i| i.state == InstanceState::Healthy).await
    }

    /// Everything to these, with weights in percent.
    pub(crate) async fn route(&self, generation: u64, arms: &[(u64, &str, u32)]) {
        self.client.put_routes(&Routes { generation, services: vec![shop(arms)] }).await.unwrap();
    }

    /// One instance that has all traffic.
    pub(crate) async fn run_and_route(&self) -> Instance {
        let instance = self.run("shop-1-1", 1).await;
        self.route(1, &[(1, "shop-1-1", 100)]).await;
        instance
    }

    pub(crate) async fn instance(&self, id: &str) -> Instance {
        let state = self.client.state().await.unwrap();
        state.instances.into_iter().find(|i| i.id == id).unwrap()
    }

    pub(crate) async fn until(&self, id: &str, is_so: impl Fn(&Instance) -> bool) -> Instance {
        let find = |state: &EdgeState| state.instances.iter().find(|i| i.id == id).cloned();
        let state = self.until_state(id, |state| find(state).is_some_and(|i| is_so(&i))).await;
        find(&state).unwrap()
    }

    pub(crate) async fn until_state(&self, what: &str, is_so: impl Fn(&EdgeState) -> bool) -> EdgeState {
        let mut last = None;
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "in vain: {what}; {last:#?}");
            match self.client.state().await {
                Ok(state) if is_so(&state) => return state,
                other => last = Some(other),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Pids of all processes that were started for this data folder, whoever their parents are.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let folder = self.path("work");
        let pids = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid: &u32| {
            std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|directory| directory.starts_with(&folder))
        })
        .collect()
    }
}

/// Nothing stays behind, whatever the test was doing. An edge that runs is asked, since it may just be starting something.
impl Drop for Bench {
    fn drop(&mut self) {
        let (edge, client, folder) = (self.edge.take(), self.client.clone(), self.path("edge/instances"));
        let end_all = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            if let Some(mut edge) = edge {
                let _not_answering =
                    runtime.block_on(async { tokio::time::timeout(PATIENCE, client.shutdown()).await });
                let _gone_already = edge.kill().and_then(|()| edge.wait().map(drop));
            }
            for lock in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if lock.extension().is_some_and(|extension| extension == "lock") {
                    let record = lock.with_extension("pid");
                    let ended = exec::detached::terminate(&record, &lock, Duration::from_secs(3));
                    let _best_effort = runtime.block_on(ended);
                }
            }
        };
        let _best_effort = std::thread::spawn(end_all).join();
    }
}

pub(crate) fn shop(arms: &[(u64, &str, u32)]) -> ServiceRoute {
    let arm = |(deployment, instance, percent): &(u64, &str, u32)| Arm {
        deployment: *deployment,
        instances: vec![(*instance).to_owned()],
        weight: percent * 100,
    };
    ServiceRoute {
        service: "shop".into(),
        path: "/".into(),
        host: None,
        seed: "47".into(),
        window: "47/1".into(),
        arms: arms.iter().map(arm).collect(),
        sticky_header: None,
        person: None,
        pageviews: true,
    }
}

pub(crate) fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// Waits for `is_so` and fails with `what` when patience ends. Returns how long it took.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// What comes, up to these words.
pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    while !text.contains(end) {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut chunk)).await.unwrap().unwrap();
        assert!(read > 0, "{end:?} never came: {text}");
        text.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
    }
    text
}
