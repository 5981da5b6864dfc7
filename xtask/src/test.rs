//! `cargo xtask test`: every suite there is, what they need, and one line that sums them up.
//!
//! A suite that cannot run here is said on a line of its own (`skipped: ...`); where `TRUNKLINE_REQUIRE_SUITES` is set it
//! counts as failed. The last line on standard output is `N passed, N failed`.

mod clients;
mod console;
mod junit;
mod machine;
mod postgres;
mod rust;
mod sample;
mod tally;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::process::{heading, say};
use crate::progress::span;
use crate::requirements;

pub(crate) use machine::Machine;
pub(crate) use rust::{binary, build as build_workspace, soak};
pub(crate) use tally::Tally;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As continuous integration runs them: nothing may be skipped
    #[arg(long)]
    ci: bool,
    /// Only the Rust tests whose names contain this
    filter: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    requirements::check()?;
    let mut tally = Tally::new(args.ci || std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_some());
    match &args.filter {
        Some(filter) => some(filter, &mut tally),
        None => all(&mut tally),
    }
    Ok(tally.conclude())
}

fn all(tally: &mut Tally) {
    let machine = Machine::prepare(tally);
    timed("console: types and unit tests", tally, console::units);
    timed("console: in a browser", tally, |tally| console::browser(&machine, tally));
    if timed("Rust: build", tally, rust::built) {
        timed("acceptance: clients of others", tally, clients::install);
        timed("Rust: unit and facade tests", tally, |tally| rust::crates(&machine, tally));
        timed("acceptance: stories on the whole", tally, |tally| rust::acceptance(&machine, tally));
    }
    timed("the sample product's own tests", tally, sample::run);
}

fn some(filter: &str, tally: &mut Tally) {
    let machine = Machine::prepare(tally);
    if timed("Rust: build", tally, rust::built) {
        timed("Rust: tests by name", tally, |tally| rust::named(&machine, filter, tally));
    }
}

/// A suite under its heading, with the time it took.
fn timed<T>(what: &str, tally: &mut Tally, suite: impl FnOnce(&mut Tally) -> T) -> T {
    heading(what);
    let began = Instant::now();
    let given = suite(tally);
    say(format!("{what}: {}", span(began.elapsed())));
    given
}
