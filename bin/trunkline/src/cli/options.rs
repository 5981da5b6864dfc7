//! The options that every command has.

use std::path::PathBuf;

use clap::Args;

/// What every command understands.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Address of the system, for example http://127.0.0.1:7300
    #[arg(long, global = true, env = "TRUNKLINE_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Admin token; by default the data folder's
    #[arg(long, global = true, env = "TRUNKLINE_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Data folder of the installation
    #[arg(long, global = true, env = "TRUNKLINE_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// One JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No talk on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}
