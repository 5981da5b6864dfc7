//! Programs: finding them, running them, saying what went wrong.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The file of a program: on the `PATH`, or where administrators' programs are.
pub(crate) fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(more).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Runs to the end, with what it says shown. Its standard output goes where our talk goes.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    Ok(status.with_context(|| format!("cannot run {name}"))?.success())
}

/// Runs to the end and keeps what it says; what it said is the error.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {name}"))?;
    ensure!(output.status.success(), "{name} failed ({}):\n{}", output.status, said(&output));
    Ok(output)
}

/// The end of what a program said, for a message.
fn said(output: &Output) -> String {
    const LINES: usize = 40;
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A line of talk.
pub(crate) fn say(line: impl Display) {
    anstream::eprintln!("{line}");
}

/// The beginning of a part, so that a long log can be read.
pub(crate) fn heading(what: &str) {
    let bold = anstyle::Style::new().bold();
    anstream::eprintln!("\n{bold}== {what}{bold:#}");
}

pub(crate) fn red(text: &str) -> String {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    format!("{style}{text}{style:#}")
}
