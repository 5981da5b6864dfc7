//! `cargo xtask bench` and `cargo xtask soak`: what takes too long for every change.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::cargo::cargo;
use crate::test::{self, Machine, Tally};
use crate::{process, release, requirements};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to measure
    #[arg(value_enum, default_value_t)]
    what: What,
    /// Passed on to the measurement
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    passed: Vec<OsString>,
}

#[derive(Debug, Default, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Requests per CPU second and added latency, beside nginx
    #[default]
    Proxy,
    /// One evaluation, beside a hand-written match; flags over OFREP, beside a bare hyper server
    Flags,
    /// Durable events in batches of 100, beside a bare hyper server that syncs the same bytes
    Ingest,
    /// A funnel and exact daily users over ten million events, beside DuckDB and chDB
    Journeys,
}

impl What {
    /// The program of the acceptance crate that measures it, and its arguments.
    fn example(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Proxy => ("bench_proxy", &[]),
            Self::Flags => ("bench_serving", &["flags"]),
            Self::Ingest => ("bench_serving", &["ingest"]),
            Self::Journeys => ("bench_journeys", &[]),
        }
    }

    /// The crate whose criterion benches belong to it.
    fn criterion(self) -> Option<&'static str> {
        matches!(self, Self::Flags).then_some("flags")
    }
}

/// Measures the release binary by a program of the acceptance crate.
pub(crate) fn bench(args: &Args) -> Result<ExitCode> {
    requirements::check()?;
    let binary = release::build()?;
    if let Some(package) = args.what.criterion() {
        let status = cargo(["bench", "--quiet", "--package", package]).status()?;
        ensure!(status.success(), "the measurement failed");
    }
    let (example, arguments) = args.what.example();
    let mut command = cargo(["run", "--release", "--quiet", "--package", "acceptance", "--example", example, "--"]);
    let status = command.args(arguments).args(&args.passed).env("TRUNKLINE", binary).status()?;
    ensure!(status.success(), "the measurement failed");
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, clap::Args)]
pub(crate) struct SoakArgs {
    /// Only the stories whose names contain this
    filter: Option<String>,
}

/// All seeds of all stories.
pub(crate) fn soak(args: &SoakArgs) -> Result<ExitCode> {
    requirements::check()?;
    let mut tally = Tally::new(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_some());
    let machine = Machine::prepare(&mut tally);
    test::build_workspace()?;
    process::heading("every seed of every story");
    test::soak(&machine, args.filter.as_deref(), &mut tally);
    Ok(tally.conclude())
}
