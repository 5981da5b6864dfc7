//! The release binary with the console in it, and what remains to be built meanwhile.

use std::collections::BTreeSet;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Message, PackageId, TargetKind};

use crate::cargo::cargo;
use crate::progress::Progress;
use crate::{console, workspace};

const BINARY: &str = "trunkline";
const TICK: Duration = Duration::from_millis(500);

/// Builds whatever is not up to date and gives the binary's path.
pub(crate) fn build() -> Result<PathBuf> {
    if console::needs_packages() {
        counted("1/3", "packages of the console", console::install)?;
    }
    if console::is_stale() {
        counted("2/3", "the console", console::build)?;
    }
    crates()?;
    Ok(workspace::members()?.target_directory.join("release").join(BINARY).into())
}

/// A step whose parts cannot be counted.
fn counted(step: &str, what: &str, work: fn() -> Result<()>) -> Result<()> {
    let mut progress = Progress::begin(step, what, 0);
    let worker = thread::spawn(work);
    while !worker.is_finished() {
        thread::sleep(TICK);
        progress.tick();
    }
    worker.join().map_err(|_| anyhow::anyhow!("building {what} panicked"))??;
    progress.end();
    Ok(())
}

/// `cargo build --release`, counting crates.
fn crates() -> Result<()> {
    let needed = needed()?;
    let mut progress = Progress::begin("3/3", "Trunkline", needed as u64);
    let args = ["build", "--release", "--quiet", "--package", BINARY, "--message-format", "json-render-diagnostics"];
    let mut child = cargo(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let errors = errors(&mut child);
    let built = built(&mut child);
    let (mut done, mut there) = (BTreeSet::new(), BTreeSet::new());
    loop {
        match built.recv_timeout(TICK) {
            Ok(one) if one.was_there => {
                there.insert(one.id);
                progress.expect(needed.saturating_sub(there.len()) as u64);
            }
            Ok(one) => {
                done.insert(one.id);
                progress.advance(done.len() as u64, &one.name);
            }
            Err(RecvTimeoutError::Timeout) => progress.tick(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let errors = errors.join().unwrap_or_default();
    if !status.success() {
        drop(progress);
        bail!("cargo build failed\n{errors}");
    }
    progress.end();
    Ok(())
}

/// A crate that is ready.
struct Built {
    id: PackageId,
    name: String,
    /// Up to date, and so not built now.
    was_there: bool,
}

/// Crates as they get ready, until cargo is done.
fn built(child: &mut Child) -> mpsc::Receiver<Built> {
    let (sender, receiver) = mpsc::channel();
    let messages = child.stdout.take().map(BufReader::new);
    thread::spawn(move || {
        for message in messages.into_iter().flat_map(Message::parse_stream).map_while(Result::ok) {
            let Message::CompilerArtifact(artifact) = message else { continue };
            let is_script = artifact.target.kind.contains(&TargetKind::CustomBuild);
            let built = Built { id: artifact.package_id, name: artifact.target.name, was_there: artifact.fresh };
            if !is_script && sender.send(built).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What the compiler and cargo say; shown if the build fails.
fn errors(child: &mut Child) -> thread::JoinHandle<String> {
    let stream = child.stderr.take();
    thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read is not shown; the exit code still counts.
        let _ = stream.map(|mut stream| stream.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// How many crates the binary is built of.
fn needed() -> Result<usize> {
    let tree =
        cargo(["tree", "--package", BINARY, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]).output();
    let tree = tree.context("cannot run cargo tree")?;
    let text = String::from_utf8_lossy(&tree.stdout);
    let crates: BTreeSet<&str> =
        text.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    Ok(crates.len())
}
