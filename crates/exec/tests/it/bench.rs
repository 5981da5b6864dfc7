//! A folder, a specification and eyes on `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exec::{Isolation, Launcher, Level, Life, LogMode, Outcome, Priority, Spec};
use tempfile::TempDir;

/// Long enough for a machine under load; a test that waits so long fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A command that lives with its parent, without isolation and limits.
    pub(crate) fn spec(&self, command: &[&str]) -> Spec {
        let mut env = exec::environment::base();
        env.insert("MARK".to_owned(), self.mark());
        Spec {
            command: command.iter().map(|&word| word.to_owned()).collect(),
            directory: self.folder("work"),
            env,
            redact: Vec::new(),
            log: self.path("logs/step.log"),
            log_bytes_max: 1_000_000,
            log_mode: LogMode::Stop,
            priority: Priority::Normal,
            isolation: Isolation::off(),
            timeout_seconds: None,
            grace_seconds: 5.0,
            life: Life::WithParent,
        }
    }

    pub(crate) fn shell(&self, script: &str) -> Spec {
        self.spec(&["sh", "-c", script])
    }

    pub(crate) fn python(&self, script: &str) -> Spec {
        self.spec(&["python3", "-c", script])
    }

    /// Hides the folder `data`, except `data/work`, which is the working directory and can be written.
    pub(crate) fn strict(&self, mut spec: Spec) -> Spec {
        let (data, work, tmp) = (self.folder("data"), self.folder("data/work"), self.folder("data/tmp"));
        spec.env.insert("TMPDIR".to_owned(), tmp.to_str().unwrap().to_owned());
        spec.directory.clone_from(&work);
        spec.isolation = Isolation { level: Level::Strict, hidden: vec![data], read: vec![], write: vec![work, tmp] };
        spec
    }

    pub(crate) fn detached(&self, spec: Spec) -> Spec {
        Spec { life: Life::Detached { lock: self.lock(), record: self.record() }, ..spec }
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path("instances/shop-1.lock")
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.path("instances/shop-1.json")
    }

    pub(crate) async fn run(&self, spec: &Spec) -> Outcome {
        let outcome = launcher().run(spec).await.unwrap();
        self.nothing_runs();
        outcome
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("logs/step.log")).unwrap_or_default()
    }

    pub(crate) fn mark(&self) -> String {
        self.folder.path().file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// Every process that has this bench's mark in its environment, whoever its parent is by now.
    pub(crate) fn processes(&self) -> Vec<u32> {
        with_mark(&format!("MARK={}", self.mark()))
    }

    pub(crate) fn nothing_runs(&self) {
        assert_eq!(self.processes(), Vec::<u32>::new(), "something was left behind");
    }
}

pub(crate) fn launcher() -> Launcher {
    Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_trunkline-exec")))
}

fn with_mark(mark: &str) -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    })
    .collect()
}

/// Waits for `is_so` and fails with `what` when patience ends. Returns how long it took.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}

/// The same from within a runtime that has other things to do.
pub(crate) async fn until_async(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// What a process that is given its pids in a file has written there, once it is complete.
pub(crate) fn pid_in(file: &Path) -> u32 {
    let mut pid = None;
    until("a pid is written", || {
        pid =
            fs::read_to_string(file).ok().filter(|text| text.ends_with('\n')).and_then(|text| text.trim().parse().ok());
        pid.is_some()
    });
    pid.unwrap()
}

pub(crate) fn kill_9(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// `name: what happened` lines of a probing script.
pub(crate) fn findings(log: &str) -> BTreeMap<String, String> {
    log.lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, found)| (name.to_owned(), found.to_owned()))
        .collect()
}
