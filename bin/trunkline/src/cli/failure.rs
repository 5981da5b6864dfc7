//! How errors are told: what is wrong, where, and what to do; the exit code says which kind.

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use kernel::{Kind, Problem};
use serde_json::json;

use crate::out::{self, BAD, FAINT};

const USAGE: u8 = 2;
const FAILED: u8 = 1;

/// What clap has to say: help and versions are no errors.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let is_error = error.use_stderr();
    let wants_json = std::env::args().any(|argument| argument == "--json");
    if is_error && wants_json && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        write_json(&Problem::invalid(message).hint("--help shows how it is used"));
    } else {
        // Nobody reads it, then.
        let _ = error.print();
    }
    if is_error { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

/// Tells an error, gives its exit code.
pub(super) fn tell(error: &anyhow::Error, is_json: bool) -> ExitCode {
    let problem = problem_of(error);
    if is_json {
        write_json(&problem);
    } else {
        write_text(&problem);
    }
    let code = if problem.kind == Kind::Internal { FAILED } else { problem.kind.exit_code() };
    ExitCode::from(code)
}

/// The problem within an error, else one made of its words.
fn problem_of(error: &anyhow::Error) -> Problem {
    if let Some(problem) = error.chain().find_map(|cause| cause.downcast_ref::<Problem>()) {
        return problem.clone();
    }
    match error.chain().find_map(|cause| cause.downcast_ref::<::edge::Error>()) {
        Some(::edge::Error::NotRunning { .. }) => {
            Problem::unavailable(format!("{error:#}")).hint("`trunkline up` starts it")
        }
        _ => Problem::internal(format!("{error:#}")),
    }
}

/// Tells a problem as an error is told.
pub(super) fn write_text(problem: &Problem) {
    out::talk(format_args!("{BAD}error:{BAD:#} {}", problem.placed()));
    if let Some(hint) = &problem.hint {
        out::talk(format_args!("  {FAINT}hint:{FAINT:#} {hint}"));
    }
}

fn write_json(problem: &Problem) {
    let document = json!({ "error": problem });
    let _ = writeln!(std::io::stderr().lock(), "{document}");
}
