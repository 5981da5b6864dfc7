//! The outer shim's end of the line to its caller.

use std::fs::File;
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::tree::Stop;
use crate::{Life, Spec};

/// A specification is an environment and a few paths. More is a mistake.
const ORDER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Time a caller has to hand over the specification.
const ORDER_SECONDS: u64 = 30;

/// Whoever may tell the shim to end.
pub(super) struct Caller {
    /// Standard input of a command that lives with its parent.
    life_line: Option<BufReader<Receiver>>,
    terminate: Signal,
    interrupt: Signal,
    /// Registered so that it does nothing.
    _hang_up: Signal,
}

/// Reads the specification. The signals are ours from before that on.
pub(super) async fn receive() -> Result<(Spec, Caller), String> {
    let ours = |kind| signal(kind).map_err(|error| format!("cannot handle signals: {error}"));
    let (terminate, interrupt) = (ours(SignalKind::terminate())?, ours(SignalKind::interrupt())?);
    let hang_up = ours(SignalKind::hangup())?;
    let no_pipe = |_| "`exec` is started by Trunkline itself and reads its order from a pipe".to_owned();
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().map_err(no_pipe)?;
    let mut line = BufReader::new(Receiver::from_owned_fd(stdin).map_err(no_pipe)?);
    let mut order = Vec::new();
    let mut bounded = (&mut line).take(ORDER_BYTES_MAX);
    let reading = bounded.read_until(b'\n', &mut order);
    let read = tokio::time::timeout(Duration::from_secs(ORDER_SECONDS), reading).await;
    read.map_err(|_| "no order came".to_owned())?.map_err(|error| format!("cannot read the order: {error}"))?;
    let spec: Spec = serde_json::from_slice(&order).map_err(|error| format!("cannot understand the order: {error}"))?;
    let life_line = (spec.life == Life::WithParent).then_some(line);
    Ok((spec, Caller { life_line, terminate, interrupt, _hang_up: hang_up }))
}

impl Caller {
    /// Returns when the caller is gone. Never for a detached command. Can be asked again, and then returns at once.
    pub(super) async fn gone(&mut self) {
        gone(&mut self.life_line).await;
    }

    /// Returns when the caller is gone or somebody asks the shim to end.
    pub(super) async fn stops(&mut self) -> Stop {
        tokio::select! {
            () = gone(&mut self.life_line) => Stop::ParentGone,
            _ = self.terminate.recv() => Stop::Asked,
            _ = self.interrupt.recv() => Stop::Asked,
        }
    }
}

async fn gone(life_line: &mut Option<BufReader<Receiver>>) {
    let Some(line) = life_line else { return std::future::pending().await };
    while let Ok(1..) = line.read(&mut [0; 64]).await {}
}

/// Closes the pipes to a caller that will die before us.
pub(super) fn let_go_of_caller() {
    if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        let _stays_open = rustix::stdio::dup2_stdin(&null).and_then(|()| rustix::stdio::dup2_stdout(&null));
    }
}
