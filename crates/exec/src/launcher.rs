//! The caller's side: starts the shim, hands it the specification and waits for its answer.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::process::Identity;
use crate::shim::Message;
use crate::{Error, Life, Outcome, Spec, process};

/// Time a detached command has to be running or refused. Generous: it covers a machine under load, and a slow disk.
const START_SECONDS: u64 = 60;

/// Knows which binary is the shim. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Launcher {
    program: PathBuf,
}

impl Launcher {
    /// A launcher whose shim is `program exec`: any binary that calls [`crate::main`] for its subcommand `exec`.
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// The running binary as its own shim. Goes through `/proc/self/exe`, so that it is the same version even after the file on disk was
    /// replaced by an upgrade.
    pub fn current() -> Self {
        Self::new(PathBuf::from("/proc/self/exe"))
    }

    /// For tests: the `trunkline-exec` that stands in `target/<profile>/`, beside the folder of the running test binary.
    ///
    /// # Panics
    /// When it has not been built.
    pub fn beside_tests() -> Self {
        let test = std::env::current_exe().expect("the path of a running program is known");
        let beside = test.ancestors().skip(1).take(2).map(|folder| folder.join("trunkline-exec"));
        let program = beside.into_iter().find(|path| path.exists());
        Self::new(program.expect("trunkline-exec is not built; run: cargo build -p exec"))
    }

    /// Runs a [`Life::WithParent`] command to its end. Nothing of it runs any more when this returns. Dropping the future ends the
    /// command (SIGTERM, then SIGKILL after `grace_seconds` or half a second, whichever is shorter).
    ///
    /// A command that fails, times out or cannot be started is an [`Outcome`]; an error means that the shim itself failed.
    pub async fn run(&self, spec: &Spec) -> Result<Outcome, Error> {
        if spec.life != Life::WithParent {
            return Err(Error::Spec { why: "`run` is for commands that live with their parent".to_owned() });
        }
        let (mut shim, life_line, answers) = self.start(&spec.checked()?, Stdio::piped()).await?;
        let mut answers = BufReader::new(answers).lines();
        let mut started = None;
        while let Ok(Some(line)) = answers.next_line().await {
            match serde_json::from_str(&line) {
                Ok(Message::Started { command }) => started = Some(command),
                Ok(Message::Ended { outcome }) => {
                    // The shim only has to exit; whatever its status, the answer stands.
                    let _status = shim.wait().await;
                    drop(life_line);
                    return Ok(outcome);
                }
                Ok(Message::Busy) | Err(_) => break,
            }
        }
        Err(lost(shim, started).await)
    }

    /// Starts a [`Life::Detached`] command and returns the shim's process id once the command runs. It goes on without this caller; find
    /// it again with [`crate::detached::observe`].
    ///
    /// [`Error::AlreadyRunning`] if its lock is held, [`Error::FailedToStart`] with clear words if the command cannot be started.
    pub async fn spawn_detached(&self, spec: &Spec) -> Result<u32, Error> {
        let Life::Detached { lock, .. } = &spec.life else {
            return Err(Error::Spec { why: "`spawn_detached` is for detached commands".to_owned() });
        };
        // Its standard error must not be a pipe that dies with us.
        let (mut shim, life_line, answers) = self.start(&spec.checked()?, Stdio::null()).await?;
        drop(life_line);
        let pid = shim.id();
        let mut answer = String::new();
        let mut answers = BufReader::new(answers);
        let answered = tokio::time::timeout(Duration::from_secs(START_SECONDS), answers.read_line(&mut answer)).await;
        match (serde_json::from_str(&answer), pid) {
            (Ok(Message::Started { .. }), Some(pid)) => Ok(pid),
            (Ok(Message::Ended { outcome }), _) => {
                let _status = shim.wait().await;
                Err(Error::FailedToStart { why: why(&outcome) })
            }
            (Ok(Message::Busy), _) => {
                let _status = shim.wait().await;
                Err(Error::AlreadyRunning { lock: lock.clone() })
            }
            _ if answered.is_err() => {
                // A shim that hangs must not come up later, behind the back of a caller that has given up.
                let _already_gone = shim.kill().await;
                Err(Error::ShimLost { detail: format!("it did not answer within {START_SECONDS} s") })
            }
            _ => Err(lost(shim, None).await),
        }
    }

    async fn start(&self, spec: &Spec, stderr: Stdio) -> Result<(Child, ChildStdin, ChildStdout), Error> {
        let mut order = serde_json::to_vec(spec).map_err(|error| Error::Spec { why: error.to_string() })?;
        order.push(b'\n');
        let launch = |source| Error::Launch { program: self.program.clone(), source };
        let mut shim = Command::new(&self.program)
            .arg0("trunkline")
            .arg("exec")
            .env_clear()
            .current_dir(Path::new("/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(launch)?;
        let (Some(mut stdin), Some(stdout)) = (shim.stdin.take(), shim.stdout.take()) else {
            return Err(Error::ShimLost { detail: "its pipes are missing".to_owned() });
        };
        // A shim that died before it read everything explains itself through its answer or its exit.
        let _broken_pipe = stdin.write_all(&order).await;
        Ok((shim, stdin, stdout))
    }
}

fn why(outcome: &Outcome) -> String {
    match &outcome.end {
        crate::End::FailedToStart { why } => why.clone(),
        end => end.to_string(),
    }
}

/// The shim is gone or talks nonsense. Its command died with it; what the command had started is ended here.
async fn lost(mut shim: Child, started: Option<Identity>) -> Error {
    let _already_gone = shim.start_kill();
    let mut words = String::new();
    if let Some(stderr) = shim.stderr.take() {
        let _unreadable = stderr.take(4096).read_to_string(&mut words).await;
    }
    let status = shim.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
    if let Some(command) = started {
        process::end_session(&command).await;
    }
    Error::ShimLost { detail: format!("{status} {}", words.trim()).trim_end().to_owned() }
}
