//! The shim: what `trunkline exec` does between the caller and the command.
//!
//! The *outer* shim stays outside the sandbox. It is the reaper of everything the command starts, reads its output, watches the time and
//! the caller, and ends the tree. The *inner* shim is the command's process before it becomes the command: it opens a session, restricts
//! itself and executes.
//!
//! Wire: the caller writes one line of JSON (a [`crate::Spec`]) to standard input and reads lines of JSON ([`Message`]) from standard
//! output. For a command that lives with its parent, standard input stays open: its end is the parent's.

mod inner;
mod order;
mod start;
mod tree;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;
use std::time::Duration;

use kernel::Clock;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::detached::{self, Record, Running};
use crate::log::Sink;
use crate::process::Identity;
use crate::redact::Redactor;
use crate::{End, Life, Outcome, Spec};
use order::Caller;
use start::{Output, Started};
use tree::{Stop, Tree};

/// What the shim tells its caller, one line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Message {
    /// The command runs.
    Started { command: Identity },
    /// The command is over, or could not be started.
    Ended { outcome: Outcome },
    /// Somebody else holds the lock.
    Busy,
}

/// Time that processes beside the command have to end by themselves once it is over: the other end of a pipe, say.
const SETTLE: Duration = Duration::from_millis(100);

/// Time that output has to arrive once no process is left. It is in the pipe already; only a process outside the tree that was given
/// the pipe could keep it open.
const DRAIN: Duration = Duration::from_secs(2);

/// The whole program: `trunkline exec`, and `trunkline exec --inner` which it starts itself. Call it first thing in `main`, while the
/// process has one thread, when the first argument is `exec`.
pub fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--inner") {
        return inner::become_command();
    }
    shed_descriptors();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(format!("cannot set up the shim: {error}")),
    };
    match runtime.block_on(serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => refuse(why),
    }
}

/// Files that our caller inherited from who knows where must neither reach the command, past all isolation, nor stay open in a shim that
/// outlives the caller. They are marked to close on exec; if there are any, the shim executes itself once more to be rid of them.
fn shed_descriptors() {
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return };
    let own_and_listing = 4;
    if open.count() > own_and_listing {
        close_fds::set_fds_cloexec(3, &[]);
        let _goes_on_as_it_is = std::process::Command::new("/proc/self/exe").arg0("trunkline").arg("exec").exec();
    }
}

fn refuse(why: String) -> ExitCode {
    tell(&Message::Ended { outcome: Outcome::failed_to_start(why) });
    ExitCode::FAILURE
}

/// A caller that is gone hears nothing, and that is no reason to stop.
fn tell(message: &Message) {
    if let Ok(mut line) = serde_json::to_vec(message) {
        line.push(b'\n');
        let mut out = std::io::stdout().lock();
        let _caller_is_gone = out.write_all(&line).and_then(|()| out.flush());
    }
}

async fn serve() -> Result<(), String> {
    leave_the_caller()?;
    let (spec, caller) = order::receive().await?;
    match &spec.life {
        Life::WithParent => {
            let outcome = supervise(&spec, caller, |_| Ok(())).await?;
            tell(&Message::Ended { outcome });
        }
        Life::Detached { lock, record } => {
            let held = detached::hold(lock).map_err(|error| format!("cannot lock {}: {error}", lock.display()))?;
            let Some(_lock) = held else {
                tell(&Message::Busy);
                return Ok(());
            };
            detached::clear_away(record).await;
            let mut written = None;
            let note = |running: Running| {
                let first = Record { running, outcome: None };
                detached::write(record, &first)
                    .map_err(|error| format!("cannot write {}: {error}", record.display()))?;
                written = Some(first);
                Ok(())
            };
            let outcome = supervise(&spec, caller, note).await?;
            if let Some(first) = written {
                // The lock tells that it is over even if this cannot be written.
                let _disk_is_full = detached::write(record, &Record { outcome: Some(outcome), ..first });
            } else {
                tell(&Message::Ended { outcome });
            }
        }
    }
    Ok(())
}

/// A session of its own, so that neither the caller's terminal nor its process group reaches the shim.
fn leave_the_caller() -> Result<(), String> {
    let _is_leader_already = rustix::process::setsid();
    let _for_display_only = rustix::thread::set_name(c"trunkline-exec");
    let reaper = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    reaper.map_err(|error| format!("cannot become the reaper of the command's processes: {error}"))
}

/// Runs the command to its end. `note` is told once it runs, before the caller is.
async fn supervise(
    spec: &Spec,
    mut caller: Caller,
    note: impl FnOnce(Running) -> Result<(), String>,
) -> Result<Outcome, String> {
    let sink = Sink::open(&spec.log, spec.log_bytes_max, spec.log_mode);
    let sink = sink.map_err(|error| format!("cannot open the log {}: {error}", spec.log.display()))?;
    let mut tree = Tree::new()?;
    let began = Instant::now();
    let Started { identity: command, output } = match start::start(spec, &mut tree, &mut caller).await {
        Ok(started) => started,
        Err(why) => {
            tree.stop(Duration::ZERO, &mut caller).await;
            sink.close(Some(&format!("did not start: {why}")));
            return Err(why);
        }
    };
    let (stop_reading, reading_stops) = oneshot::channel();
    let reading = tokio::spawn(record_output(output, Redactor::new(&spec.redact), sink, reading_stops));
    if let Err(why) = announce(&command, note) {
        tree.stop(Duration::ZERO, &mut caller).await;
        return Err(why);
    }
    if spec.life != Life::WithParent {
        order::let_go_of_caller();
    }
    let (end, left_behind) = watch(spec, &mut tree, &mut caller, began).await;
    let seconds = began.elapsed().as_secs_f64();
    let sink = drain(reading, stop_reading).await?;
    Ok(conclude(sink, end, left_behind, seconds))
}

fn announce(command: &Identity, note: impl FnOnce(Running) -> Result<(), String>) -> Result<(), String> {
    let shim = Identity::of(std::process::id()).ok_or("cannot read /proc")?;
    note(Running::new(&shim, command, kernel::SystemClock.now()))?;
    tell(&Message::Started { command: command.clone() });
    Ok(())
}

/// Waits for the first reason to end, and ends everything.
async fn watch(spec: &Spec, tree: &mut Tree, caller: &mut Caller, began: Instant) -> (End, u32) {
    let grace = Duration::from_secs_f64(spec.grace_seconds);
    let time_is_up = async {
        match spec.timeout_seconds {
            Some(seconds) => tokio::time::sleep_until(began + Duration::from_secs_f64(seconds)).await,
            None => std::future::pending().await,
        }
    };
    let reason = tokio::select! {
        biased;
        end = tree.command_ended() => Stop::Ended(end),
        stop = caller.stops() => stop,
        () = time_is_up => Stop::TimedOut { after_seconds: began.elapsed().as_secs_f64() },
    };
    match reason {
        Stop::Ended(end) => {
            let left_behind = tree.settle(SETTLE).await;
            tree.stop(grace, caller).await;
            (end, left_behind)
        }
        Stop::Asked => {
            tree.stop(grace, caller).await;
            (tree.command_end(), 0)
        }
        Stop::ParentGone => {
            tree.stop(grace, caller).await;
            (End::ParentGone, 0)
        }
        Stop::TimedOut { after_seconds } => {
            tree.stop(grace, caller).await;
            (End::TimedOut { after_seconds }, 0)
        }
    }
}

/// Reads the command's output to its end, or until told to stop.
async fn record_output(
    mut output: Output,
    mut redactor: Redactor,
    mut sink: Sink,
    mut stop: oneshot::Receiver<()>,
) -> Sink {
    let mut chunk = vec![0; 64 * 1024];
    let mut shown = Vec::new();
    loop {
        let read = tokio::select! {
            read = output.read(&mut chunk) => read,
            _ = &mut stop => break,
        };
        let Ok(bytes @ 1..) = read else { break };
        shown.clear();
        redactor.push(&chunk[..bytes], &mut shown);
        sink.write(&shown);
    }
    shown.clear();
    redactor.finish(&mut shown);
    sink.write(&shown);
    sink
}

async fn drain(mut reading: tokio::task::JoinHandle<Sink>, stop: oneshot::Sender<()>) -> Result<Sink, String> {
    let lost = |error: tokio::task::JoinError| format!("the log broke: {error}");
    if let Ok(sink) = tokio::time::timeout(DRAIN, &mut reading).await {
        return sink.map_err(lost);
    }
    let _already_over = stop.send(());
    reading.await.map_err(lost)
}

/// Ends the log with what a reader could not know otherwise.
fn conclude(sink: Sink, end: End, left_behind: u32, seconds: f64) -> Outcome {
    let words = match (&end, left_behind) {
        (End::TimedOut { .. } | End::ParentGone, _) => Some(end.to_string()),
        (_, 0) => None,
        (_, 1) => Some("1 process was left running and was ended".to_owned()),
        (_, several) => Some(format!("{several} processes were left running and were ended")),
    };
    let totals = sink.close(words.as_deref());
    Outcome { end, seconds, log_bytes: totals.bytes, log_truncated: totals.is_truncated, left_behind }
}
