//! One call of the git binary: bounded in time and output, with an environment of its own.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::git::{Error, without_credentials};

/// For what reads and writes this machine's disk only.
pub(crate) const LOCAL: Duration = Duration::from_mins(1);
/// For what asks another machine a question.
pub(crate) const ASK: Duration = Duration::from_secs(30);
/// For what may transfer a whole repository.
pub(crate) const TRANSFER: Duration = Duration::from_mins(30);

const OUTPUT_BYTES_MAX: usize = 64 << 20;
const MESSAGE_BYTES_MAX: usize = 64 << 10;
const LINES_SHOWN: usize = 3;

/// What of our own environment git may see: how to reach other machines, and nothing that begins with `GIT_`.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "XDG_CONFIG_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
];

/// Set for every call, before the command's own name.
const OPTIONS: &[&str] = &[
    "--no-pager",
    "-c",
    "safe.directory=*",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "maintenance.auto=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "i18n.logOutputEncoding=UTF-8",
    "-c",
    "advice.detachedHead=false",
    "-c",
    "core.quotePath=false",
];

/// A call being put together.
#[derive(Debug)]
pub(crate) struct Call {
    command: Command,
    what: String,
    limit: Duration,
    input: Vec<u8>,
}

/// What came back from a call that ran to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    stderr: Vec<u8>,
    what: String,
}

impl Call {
    /// `git <name> …` in the repository `folder`.
    pub(crate) fn in_repository(folder: &Path, name: &str) -> Self {
        let mut command = base();
        command.arg("--git-dir").arg(folder).arg(name);
        Self::of(command, name)
    }

    /// `git <name> …` in the worktree `folder`, which no foreign code has touched yet.
    pub(crate) fn in_worktree(folder: &Path, name: &str) -> Self {
        let mut command = base();
        command.arg("-C").arg(folder).arg("--literal-pathspecs").arg(name);
        Self::of(command, name)
    }

    /// `git <name> …` outside any repository.
    pub(crate) fn anywhere(name: &str) -> Self {
        let mut command = base();
        command.arg(name);
        Self::of(command, name)
    }

    fn of(mut command: Command, name: &str) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).process_group(0);
        Self { command, what: name.to_owned(), limit: LOCAL, input: Vec::new() }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = input;
        self
    }

    /// The standard output of a call that must succeed.
    pub(crate) async fn output(self) -> Result<Vec<u8>, Error> {
        let answer = self.answer().await?;
        if answer.code == Some(0) { Ok(answer.stdout) } else { Err(answer.failure()) }
    }

    /// As [`Call::output`], as text without the line end.
    pub(crate) async fn text(self) -> Result<String, Error> {
        let output = self.output().await?;
        Ok(String::from_utf8_lossy(&output).trim_end().to_owned())
    }

    /// However it ended; the caller reads the exit code.
    pub(crate) async fn answer(mut self) -> Result<Answer, Error> {
        self.command.stdin(if self.input.is_empty() { Stdio::null() } else { Stdio::piped() });
        let child = self.command.spawn().map_err(Error::NoGit)?;
        let group = child.id();
        let what = self.what;
        if let Ok(answer) = tokio::time::timeout(self.limit, conclude(child, self.input, &what)).await {
            answer
        } else {
            end_group(group);
            Err(Error::TimedOut { what, seconds: self.limit.as_secs() })
        }
    }
}

impl Answer {
    pub(crate) fn failure(&self) -> Error {
        let text = String::from_utf8_lossy(&self.stderr);
        // The cause comes first, advice after it.
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES_SHOWN).collect();
        let why = match lines.as_slice() {
            [] => format!("it ended with {}", self.code.map_or("a signal".to_owned(), |code| code.to_string())),
            lines => lines.join(" / "),
        };
        Error::Failed { what: self.what.clone(), why: without_credentials(&why) }
    }
}

fn base() -> Command {
    let mut command = Command::new("git");
    command.env_clear().envs(PASSED.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
    command
        .env("LC_ALL", "C.UTF-8")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_ASKPASS", "true");
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    command.args(OPTIONS);
    command
}

async fn conclude(mut child: Child, input: Vec<u8>, what: &str) -> Result<Answer, Error> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A git that ends early has said why on standard error.
            let _ = stdin.write_all(&input).await;
        }
    };
    let ((), stdout, stderr) = tokio::join!(write, read(stdout, OUTPUT_BYTES_MAX), read(stderr, MESSAGE_BYTES_MAX));
    let Some(stdout) = stdout else {
        return Err(Error::TooLarge { what: what.to_owned(), bytes_max: OUTPUT_BYTES_MAX });
    };
    let status = child.wait().await.map_err(Error::NoGit)?;
    Ok(Answer { code: status.code(), stdout, stderr: stderr.unwrap_or_default(), what: what.to_owned() })
}

/// Everything up to `bytes_max`; `None` if there is more or it cannot be read.
async fn read(stream: Option<impl AsyncRead + Unpin>, bytes_max: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = stream?.take(bytes_max as u64 + 1);
    stream.read_to_end(&mut bytes).await.ok()?;
    (bytes.len() <= bytes_max).then_some(bytes)
}

/// Ends git and the helpers it started (ssh, remote-https), which share its process group.
fn end_group(group: Option<u32>) {
    let pid = group.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}
