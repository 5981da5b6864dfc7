//! Starts the inner shim and waits until it has become the command, or says why not.

use std::io::{self, PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

use super::order::Caller;
use super::tree::{Stop, Tree};
use crate::Spec;
use crate::process::Identity;

/// Time from fork to exec. It covers setting up isolation beside folders with very many entries.
const START_SECONDS: u64 = 30;

/// The pipe with standard output and standard error of the command.
pub(super) type Output = Receiver;

/// A command that runs.
pub(super) struct Started {
    pub(super) identity: Identity,
    pub(super) output: Output,
}

/// What the inner shim is told, through its standard input: secrets are in it.
#[derive(Serialize, Deserialize)]
pub(super) struct InnerOrder {
    pub(super) spec: Spec,
    /// The outer shim: if it is not the parent any more, there is nobody to run for.
    pub(super) shim: u32,
}

/// Starts the command of `spec` as a child of this process, adopted by `tree`.
pub(super) async fn start(spec: &Spec, tree: &mut Tree, caller: &mut Caller) -> Result<Started, String> {
    let failed = |error: io::Error| format!("cannot start a process: {error}");
    let (output, output_writer) = io::pipe().map_err(failed)?;
    let (status, status_writer) = io::pipe().map_err(failed)?;
    let (order_reader, order) = io::pipe().map_err(failed)?;
    let mut inner = Command::new("/proc/self/exe");
    inner.arg0("trunkline").args(["exec", "--inner"]).env_clear();
    inner.stdin(Stdio::from(order_reader)).stdout(Stdio::from(status_writer)).stderr(Stdio::from(output_writer));
    // `Tree` waits for all children; the handle would only do it a second time. The pipes' other ends close with the builder.
    let pid = inner.spawn().map_err(failed)?.id();
    drop(inner);
    tree.adopt(pid);
    let identity = Identity::of(pid).ok_or("cannot read /proc")?;
    hand_over(spec, order)?;
    let output = Receiver::from_owned_fd(OwnedFd::from(output)).map_err(failed)?;
    let status = Receiver::from_owned_fd(OwnedFd::from(status)).map_err(failed)?;
    started(status, caller).await?;
    Ok(Started { identity, output })
}

fn hand_over(spec: &Spec, mut pipe: PipeWriter) -> Result<(), String> {
    let order = InnerOrder { spec: spec.clone(), shim: std::process::id() };
    let order = serde_json::to_vec(&order).map_err(|error| format!("cannot hand over the order: {error}"))?;
    pipe.write_all(&order).map_err(|error| format!("cannot hand over the order: {error}"))
}

/// The status pipe closes by itself when the command is executed; words in it say why it was not.
async fn started(mut status: Receiver, caller: &mut Caller) -> Result<(), String> {
    let mut why = String::new();
    let answer = tokio::time::timeout(Duration::from_secs(START_SECONDS), status.read_to_string(&mut why));
    let answer = tokio::select! {
        answer = answer => answer,
        stop = caller.stops() => return Err(match stop {
            Stop::ParentGone => "the caller went away".to_owned(),
            _ => "it was told to stop before it had begun".to_owned(),
        }),
    };
    match answer {
        Ok(Ok(0)) => Ok(()),
        Ok(Ok(_)) => Err(why),
        Ok(Err(error)) => Err(format!("cannot read the start's status: {error}")),
        Err(_) => Err(format!("the command could not be set up within {START_SECONDS} s")),
    }
}
