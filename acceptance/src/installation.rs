//! One installation: `trunkline up` on a data folder of its own, and the command line against it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::{Answer, Connection, get, until_within};

/// The binary under test.
///
/// # Panics
/// When it is not built.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("TRUNKLINE") {
        return PathBuf::from(path).canonicalize().expect("TRUNKLINE names the binary");
    }
    let test = std::env::current_exe().expect("the path of a running program is known");
    let beside = test.ancestors().skip(1).take(3).map(|folder| folder.join("trunkline"));
    beside.into_iter().find(|path| path.is_file()).expect("trunkline is not built; run: cargo build -p trunkline")
}

/// How an installation is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `postgres://…` for the control store.
    pub database: Option<String>,
    /// More variables for `up`.
    pub env: Vec<(String, String)>,
}

/// A running installation. Dropped, it is stopped with everything it started.
#[derive(Debug)]
pub struct Installation {
    pub url: String,
    pub product_url: String,
    /// What `up` said when it was ready.
    pub ready: Value,
    data: PathBuf,
    repository: PathBuf,
    options: Options,
    up: Option<Child>,
}

impl Installation {
    /// `up` for the repository, ready.
    pub fn start(repository: &Path, data: &Path) -> Self {
        Self::start_with(repository, data, Options::default())
    }

    pub fn start_with(repository: &Path, data: &Path, options: Options) -> Self {
        let mut installation = Self {
            url: String::new(),
            product_url: String::new(),
            ready: Value::Null,
            data: data.to_owned(),
            repository: repository.to_owned(),
            options,
            up: None,
        };
        installation.up();
        installation
    }

    /// Starts the control plane (again) and waits for its ready line.
    ///
    /// # Panics
    /// When it does not get ready; with what it said.
    pub fn up(&mut self) {
        let log = self.data.with_extension("up.log");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("the log can be opened");
        let mut command = Command::new(binary());
        command.args(["up", "--json", "--listen", "127.0.0.1:0", "--product-listen", "127.0.0.1:0"]);
        command.arg("--repo").arg(&self.repository).arg("--data").arg(&self.data);
        if let Some(database) = &self.options.database {
            command.arg("--database").arg(database);
        }
        command.envs(self.options.env.iter().cloned());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the binary can be started");
        let mut line = String::new();
        let output = child.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("its output can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        self.up = Some(child);
        assert!(ready["ready"] == true, "up did not get ready: {}", std::fs::read_to_string(&log).unwrap_or_default());
        ready["url"].as_str().unwrap_or_default().clone_into(&mut self.url);
        ready["product_url"].as_str().unwrap_or_default().clone_into(&mut self.product_url);
        self.ready = ready;
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The control plane's process.
    pub fn pid(&self) -> u32 {
        self.up.as_ref().map_or(0, Child::id)
    }

    /// SIGKILL to the control plane.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.up.take() {
            // It may be gone already; either way it is after this.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The edge's process, from what it says of itself.
    pub fn edge_pid(&self) -> Option<i32> {
        let output =
            Command::new("pgrep").args(["-f", &format!("edge --data {}", self.data.display())]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).lines().next()?.trim().parse().ok()
    }

    /// SIGKILL to the edge.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill_edge(&self) {
        let pid = self.edge_pid().and_then(rustix::process::Pid::from_raw).expect("the edge runs");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is ours");
    }

    /// A command with `--json` against this installation: its exit code and its document.
    pub fn cli(&self, args: &[&str]) -> (i32, Value) {
        let output = self.run(&[args, &["--json"]].concat());
        let text = if output.status.success() || !output.stdout.is_empty() { &output.stdout } else { &output.stderr };
        (output.status.code().unwrap_or(-1), serde_json::from_slice(text).unwrap_or_default())
    }

    /// A command as people type it.
    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.args(args).arg("--data").arg(&self.data).current_dir(&self.repository).stdin(Stdio::null());
        command.output().expect("the binary can be started")
    }

    /// Asks the API as the administrator, without a process for it: for what is measured.
    ///
    /// # Panics
    /// When it does not answer 200.
    pub fn api(&self, method: &str, path: &str, body: &str) -> Value {
        let token = std::fs::read_to_string(self.data.join("admin.token")).expect("up wrote it");
        let bearer = format!("Bearer {}", token.trim());
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("connection", "close")];
        let asked =
            Connection::open(&self.url).and_then(|mut connection| connection.send(method, path, &headers, body));
        let answer = asked.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("the API speaks JSON")
    }

    /// A token of this role.
    ///
    /// # Panics
    /// When there is none to be had.
    pub fn token(&self, role: &str) -> String {
        let (code, made) = self.cli(&["token", "create", "--role", role]);
        made["token"].as_str().unwrap_or_else(|| panic!("token create: exit {code}, {made}")).to_owned()
    }

    /// A page of the product.
    pub fn product(&self, path: &str) -> Answer {
        get(&self.product_url, path).unwrap_or_else(|error| Answer {
            status: 0,
            headers: vec![],
            body: error.to_string(),
        })
    }

    /// The story of a change.
    pub fn change(&self, sha: &str) -> Value {
        self.cli(&["change", "show", sha]).1
    }

    pub fn status(&self) -> Value {
        self.cli(&["deploy", "status"]).1
    }

    /// Deployments, newest first.
    pub fn history(&self) -> Vec<Value> {
        self.cli(&["deploy", "history", "--limit", "100"]).1["items"].as_array().cloned().unwrap_or_default()
    }

    /// The newest deployment of a commit.
    pub fn deployment_of(&self, sha: &str) -> Option<Value> {
        self.history().into_iter().find(|d| d["commit"] == sha)
    }

    /// Waits until the commit's deployment is in this phase; gives how long it took.
    pub fn until_phase(&self, sha: &str, phase: &str, limit: Duration) -> Duration {
        let what = format!("{} is {phase}; history: {:?}", &sha[..7], self.phases());
        until_within(&what, limit, || self.deployment_of(sha).is_some_and(|d| d["phase"] == phase))
    }

    fn phases(&self) -> Vec<String> {
        self.history().iter().map(|d| format!("{} {} {}", d["number"], d["phase"], d["reason"])).collect()
    }

    /// Stops everything.
    ///
    /// # Panics
    /// When `down` fails.
    pub fn down(&mut self) {
        let output = self.run(&["down"]);
        assert!(output.status.success(), "down: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(mut child) = self.up.take() {
            let _ = child.wait();
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let was_started = self.up.is_some() || !self.url.is_empty();
        if was_started {
            let _ = self.run(&["down"]);
        }
        self.kill();
    }
}
