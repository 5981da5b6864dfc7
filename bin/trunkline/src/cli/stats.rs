//! `trunkline stats`: one statistical method on sufficient statistics, without a server.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use clap::builder::PossibleValuesParser;
use experiments::stats::wire;
use kernel::Problem;

use crate::out;

#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    /// Which method; its input is read from standard input
    #[arg(value_name = "METHOD", value_parser = PossibleValuesParser::new(wire::methods()))]
    method: String,
}

/// Reads the input, and prints what the method says of it.
pub(super) fn run(args: &StatsArgs) -> anyhow::Result<()> {
    let most = wire::INPUT_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    std::io::stdin().take(most).read_to_end(&mut bytes).context("standard input cannot be read")?;
    let text = String::from_utf8(bytes).map_err(|_| Problem::invalid("standard input is not UTF-8"))?;
    out::json(&wire::run(&args.method, &text)?)
}
