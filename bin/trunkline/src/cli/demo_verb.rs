//! `trunkline demo`.

use std::process::ExitCode;

use clap::Args;

use super::Common;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Without a tour page: ends when the last scene was played
    #[arg(long)]
    headless: bool,
    #[arg(long, default_value = "127.0.0.1:7300", value_name = "HOST:PORT")]
    listen: String,
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

pub(super) fn play(args: DemoArgs, common: &Common) -> anyhow::Result<ExitCode> {
    let _ = (args, common);
    anyhow::bail!("the demo is not in this binary yet")
}
