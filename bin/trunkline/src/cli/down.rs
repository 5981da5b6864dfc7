//! `trunkline down`: stops the control plane, the product and the edge.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use kernel::Problem;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::client;
use super::options::Common;
use super::runtime::runtime;
use crate::out;

const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// Stops everything of the data folder; what is stopped already is fine.
pub(super) fn stop(common: &Common) -> anyhow::Result<()> {
    let data = client::data_folder(common)?;
    if !data.exists() {
        return Err(Problem::not_found(format!("there is no data folder {}", data.display()))
            .hint("give --data DIR")
            .into());
    }
    let control_plane = stop_control_plane(&data)?;
    let product = stop_product(&data)?;
    if common.json {
        return out::json(&json!({ "control_plane_stopped": control_plane, "product_stopped": product }));
    }
    let word = |stopped: bool| if stopped { "stopped" } else { "was not running" };
    out::line(format_args!("control plane {} · product {}", word(control_plane), word(product)));
    out::line("Undo: trunkline up");
    Ok(())
}

/// The same without a word.
pub(crate) fn stop_quietly(data: &Path) -> anyhow::Result<()> {
    stop_control_plane(data)?;
    stop_product(data)?;
    Ok(())
}

/// Whether it ran.
fn stop_product(data: &Path) -> anyhow::Result<bool> {
    match runtime()?.block_on(::edge::Client::connect(data)?.shutdown()) {
        Ok(()) => Ok(true),
        Err(::edge::Error::NotRunning { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// SIGTERM, and SIGKILL when that does not help: its records are made for it.
fn stop_control_plane(data: &Path) -> anyhow::Result<bool> {
    let path = data.join("up.lock");
    let Ok(lock) = File::options().read(true).write(true).open(&path) else { return Ok(false) };
    if is_free(&lock) {
        return Ok(false);
    }
    let pid = fs::read_to_string(&path)?.trim().parse().ok().and_then(Pid::from_raw);
    let Some(pid) = pid else { bail!("{} does not name the process that holds it", path.display()) };
    for signal in [Signal::TERM, Signal::KILL] {
        let _ = kill_process(pid, signal);
        let deadline = Instant::now() + ENDS_WITHIN;
        while Instant::now() < deadline {
            if is_free(&lock) {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    bail!("process {} does not end", pid.as_raw_nonzero())
}

fn is_free(lock: &File) -> bool {
    let free = flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok();
    if free {
        let _ = flock(lock, FlockOperation::Unlock);
    }
    free
}
