//! The command's process before it becomes the command.
//!
//! Standard input carries the order, standard output the reason if it fails, standard error is the log already. One thread only:
//! restrictions hold for the thread that asks for them.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Signal, getppid, nice, set_parent_process_death_signal, setsid};

use super::start::InnerOrder;
use crate::{Priority, Spec, isolation, process};

mod program;

/// Of two that want all of a core, one of this niceness has a tenth (the kernel's weights of 110 and 1024). Where the kernel groups
/// processes by session (`sched_autogroup_enabled`, outside of a cgroup with the CPU controller) it counts within a session only.
const BACKGROUND: i32 = 10;

/// Becomes the command, or tells why not.
pub(super) fn become_command() -> ExitCode {
    // A copy that closes on exec: its end tells the outer shim that the command runs.
    let Ok(status) = io::stdout().as_fd().try_clone_to_owned() else { return ExitCode::FAILURE };
    let Err(why) = execute();
    let _shim_is_gone = File::from(status).write_all(why.as_bytes());
    ExitCode::FAILURE
}

fn execute() -> Result<Infallible, String> {
    let mut order = Vec::new();
    io::stdin().lock().read_to_end(&mut order).map_err(|error| format!("cannot read the order: {error}"))?;
    let InnerOrder { spec, shim } = serde_json::from_slice(&order).map_err(|error| format!("bad order: {error}"))?;
    setsid().map_err(|error| format!("cannot open a session: {error}"))?;
    if spec.priority == Priority::Background {
        nice(BACKGROUND).map_err(|error| format!("cannot step back behind others: {error}"))?;
    }
    std::env::set_current_dir(&spec.directory).map_err(|error| explain_directory(&spec, &error))?;
    let program = program::find(&spec)?;
    let log = io::stderr().as_fd().try_clone_to_owned().map_err(|error| format!("cannot share the log: {error}"))?;
    let mut command = command(&spec, &program, log);
    isolation::restrict(&spec.isolation)?;
    die_with(shim)?;
    let error = command.exec();
    Err(program::explain(&program, &spec, &error))
}

fn command(spec: &Spec, program: &std::path::Path, log: OwnedFd) -> Command {
    let mut command = Command::new(program);
    command.args(spec.command.iter().skip(1)).env_clear().envs(&spec.env);
    if let Some(name) = spec.command.first() {
        command.arg0(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::from(log)).stderr(Stdio::inherit());
    command
}

/// If the shim is killed, the kernel kills the command. Asked for last: a change of credentials would cancel it. The parent is looked at
/// afterwards, since it may have died before.
fn die_with(shim: u32) -> Result<(), String> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| format!("cannot follow the shim: {error}"))?;
    if getppid() == process::pid_of(shim) { Ok(()) } else { Err("the shim is gone".to_owned()) }
}

fn explain_directory(spec: &Spec, error: &io::Error) -> String {
    let directory = spec.directory.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("the directory {directory} does not exist"),
        io::ErrorKind::NotADirectory => format!("{directory} is not a directory"),
        io::ErrorKind::PermissionDenied => format!("the directory {directory} may not be entered"),
        _ => format!("cannot enter the directory {directory}: {error}"),
    }
}
