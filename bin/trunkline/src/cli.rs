//! The command line: noun verb. Data goes to standard output, talk to standard error.

mod advisory;
mod backup;
mod change;
mod check;
mod client;
mod confirm;
mod deploy;
mod doctor;
mod down;
mod edge;
mod evaluate;
mod event;
mod experiment;
mod failure;
mod feature;
mod feedback;
mod finding;
mod flag;
mod init;
mod journey;
mod notify;
mod options;
mod own;
mod person;
mod principle;
mod repo;
mod run;
mod runtime;
mod scan;
mod secret;
mod segment;
mod stats;
mod story;
mod token;
mod waiver;
mod when;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use client::Client;
use options::Common;
use runtime::runtime;

use crate::{out, up};

const EXAMPLES: &str = "\
Examples:
  trunkline demo                     a product, customers and everything that can happen to a change
  trunkline init                     writes trunkline.yaml for the product you stand in
  trunkline up                       watches trunk and runs production
  trunkline change show HEAD         the story of a change: commit to customers
  trunkline deploy rollback          back to the version before";

/// From trunk to customers and back.
#[derive(Debug, Parser)]
#[command(version, about, before_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a product, its customers and everything that can happen to a change
    Demo(demo_verb::DemoArgs),
    /// Watch trunk and run production
    Up(UpFlags),
    /// Stop Trunkline and the product
    Down,
    /// Look at the repository and write trunkline.yaml
    Init(init::InitArgs),
    /// What is missing on this machine, and what to do
    Doctor,
    /// The verify stage, locally, as trunk runs it
    Check(check::CheckArgs),
    /// Changes: what landed on trunk and what became of it
    #[command(subcommand)]
    Change(change::Verb),
    /// Pipeline runs and their logs
    #[command(subcommand)]
    Run(run::Verb),
    /// What is deployed, and taking it back
    #[command(subcommand)]
    Deploy(deploy::Verb),
    /// Journeys: how many customers come how far
    #[command(subcommand)]
    Journey(journey::Verb),
    /// Features: what customers use
    #[command(subcommand)]
    Feature(feature::Verb),
    /// Feedback: what customers say, and what they saw and did
    #[command(subcommand)]
    Feedback(feedback::Verb),
    /// Experiments: whether a change made customers better off
    #[command(subcommand)]
    Experiment(experiment::Verb),
    /// Flags: who is served what, and changing it at once
    #[command(subcommand)]
    Flag(flag::Verb),
    /// Segments that rules of flags name
    #[command(subcommand)]
    Segment(segment::Verb),
    /// What flags of a file answer, without a server
    Evaluate(evaluate::EvaluateArgs),
    /// One statistical method, from JSON to JSON
    Stats(stats::StatsArgs),
    /// What a folder is made of, as CycloneDX
    Sbom(scan::SbomArgs),
    /// Which advisories speak of what a folder is made of, without a server
    Scan(scan::ScanArgs),
    /// Advisories: what is known to be vulnerable, and how old that is
    #[command(subcommand)]
    Advisory(advisory::Verb),
    /// Findings: what is known against what is in production
    #[command(subcommand)]
    Finding(finding::Verb),
    /// Domains: who owns what, and what breaks the principles, without a server
    #[command(subcommand)]
    Own(own::Verb),
    /// Principles: what was agreed, and what that does
    #[command(subcommand)]
    Principle(principle::Verb),
    /// Waivers: letting something break a check for a while
    #[command(subcommand)]
    Waiver(waiver::Verb),
    /// Who is told by signed webhooks of verdicts, rollbacks, findings and expiring flags
    #[command(subcommand)]
    Notify(notify::Verb),
    /// Secrets of services
    #[command(subcommand)]
    Secret(secret::Verb),
    /// Tokens and sign-in links
    #[command(subcommand)]
    Token(token::Verb),
    /// Events of customers
    #[command(subcommand)]
    Event(event::Verb),
    /// What is known of a customer, and forgetting them
    #[command(subcommand)]
    Person(person::Verb),
    /// Repositories whose trunk is watched
    #[command(subcommand)]
    Repo(repo::Verb),
    /// Copy an installation into one file
    Backup(backup::BackupArgs),
    /// Make an installation from such a file
    Restore(backup::RestoreArgs),
    /// The front door: started by `up`, outlives it
    #[command(hide = true)]
    Edge(edge::EdgeArgs),
    /// Reads foreign files for us, with nothing to lose
    #[command(hide = true)]
    Worker {
        /// What to do, as JSON
        request: String,
    },
    /// The OpenAPI document
    #[command(hide = true)]
    Openapi,
}

#[derive(Debug, Clone, Args)]
struct UpFlags {
    /// Path or address of the product's repository [default: the one we stand in]
    #[arg(long, value_name = "PATH|URL")]
    repo: Option<String>,
    /// System address: API and console
    #[arg(long, default_value = "127.0.0.1:7300", env = "TRUNKLINE_LISTEN", value_name = "HOST:PORT")]
    listen: String,
    /// Product address: what customers reach
    #[arg(long, default_value = "127.0.0.1:7400", env = "TRUNKLINE_PRODUCT_LISTEN", value_name = "HOST:PORT")]
    product_listen: String,
    /// Proxies that end TLS in front of the system address
    #[arg(long, value_name = "IP", value_delimiter = ',')]
    behind_proxy: Vec<std::net::IpAddr>,
    /// PostgreSQL for the control store, as postgres://USER@HOST/DATABASE
    #[arg(long, env = "TRUNKLINE_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// From which severity on a new vulnerability stops a change; an unknown one counts as high
    #[arg(
        long,
        env = "TRUNKLINE_VULNERABILITIES_STOP_FROM",
        value_enum,
        value_name = "SEVERITY",
        default_value = "high"
    )]
    vulnerabilities_stop_from: scan::FailOn,
    /// Fetch advisories from this mirror of OSV's exports, as URL/ECOSYSTEM/all.zip
    #[arg(long, env = "TRUNKLINE_ADVISORY_MIRROR", value_name = "URL")]
    advisory_mirror: Option<String>,
    /// Which ecosystems are fetched
    #[arg(long, env = "TRUNKLINE_ADVISORY_ECOSYSTEMS", value_delimiter = ',', default_value = "crates.io,npm,PyPI")]
    advisory_ecosystems: Vec<String>,
    /// Fetch them so often
    #[arg(long, env = "TRUNKLINE_ADVISORY_EVERY", value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    advisory_every: u64,
    /// For how many days events are kept
    #[arg(long, default_value_t = 400, env = "TRUNKLINE_KEEP_EVENTS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    keep_events: u32,
    /// For how many days the words are kept of what was sent and not taken [default: as long as events]
    #[arg(long, env = "TRUNKLINE_KEEP_REJECTIONS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    keep_rejections: Option<u32>,
}

mod demo_verb;

/// Reads the arguments, does what they say and gives the exit code (product.md, section 5).
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    let is_json = cli.common.json;
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => failure::tell(&error, is_json),
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let common = cli.common;
    let client = || Client::find(&common);
    match cli.command {
        Command::Demo(args) => return demo_verb::play(&args, &common),
        Command::Up(flags) => runtime()?.block_on(go_up(flags, &common))?,
        Command::Down => down::stop(&common)?,
        Command::Init(args) => init::write(&args, &common)?,
        Command::Doctor => return doctor::examine(&common),
        Command::Check(args) => return check::verify(&args, &common),
        Command::Change(verb) => change::run(verb, &client()?)?,
        Command::Run(verb) => return run::run(verb, &client()?),
        Command::Deploy(verb) => deploy::run(verb, &client()?)?,
        Command::Journey(verb) => journey::run(verb, &common)?,
        Command::Feature(verb) => feature::run(&verb, &client()?)?,
        Command::Feedback(verb) => feedback::run(&verb, &client()?)?,
        Command::Experiment(verb) => return experiment::run(verb, &client()?),
        Command::Flag(verb) => flag::run(verb, &client()?)?,
        Command::Segment(verb) => segment::run(verb, &client()?)?,
        Command::Evaluate(args) => evaluate::evaluate(&args, &common)?,
        Command::Stats(args) => stats::run(&args)?,
        Command::Sbom(args) => scan::sbom(&args, &common)?,
        Command::Scan(args) => return scan::scan(&args, &common),
        Command::Advisory(verb) => advisory::run(&verb, &client()?)?,
        Command::Finding(verb) => finding::run(verb, &client()?)?,
        Command::Own(verb) => return own::run(&verb, &common),
        Command::Principle(verb) => principle::run(&verb, &common)?,
        Command::Waiver(verb) => waiver::run(&verb, &common)?,
        Command::Notify(verb) => notify::run(verb, &client()?)?,
        Command::Secret(verb) => secret::run(verb, &client()?)?,
        Command::Token(verb) => token::run(verb, &client()?)?,
        Command::Event(verb) => event::run(&verb, &client()?)?,
        Command::Person(verb) => person::run(&verb, &client()?)?,
        Command::Repo(verb) => repo::run(verb, &client()?)?,
        Command::Backup(args) => backup::backup(&args, &common)?,
        Command::Restore(args) => backup::restore(&args, &common)?,
        Command::Edge(args) => edge::serve(args, &common)?,
        Command::Worker { request } => {
            security::worker::answer(&request, &mut std::io::BufWriter::new(std::io::stdout().lock()))?;
        }
        Command::Openapi => out::json(&runtime()?.block_on(up::document())?)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn go_up(flags: UpFlags, common: &Common) -> anyhow::Result<()> {
    out::log(if common.json { "warn" } else { "error" });
    let args = up::UpArgs {
        repo: flags.repo,
        data: common.data.clone(),
        listen: flags.listen,
        product_listen: flags.product_listen,
        behind_proxy: flags.behind_proxy,
        database: flags.database,
        retention: events::Retention::days(flags.keep_events, flags.keep_rejections),
        scanning: up::Scanning {
            mirror: flags.advisory_mirror.map(|url| security::Mirror {
                url: url.trim_end_matches('/').to_owned(),
                ecosystems: flags.advisory_ecosystems,
                every: Duration::from_mins(flags.advisory_every),
                archive_bytes_max: security::Mirror::ARCHIVE_BYTES_MAX,
            }),
            threshold: flags.vulnerabilities_stop_from.threshold(),
        },
        json: common.json,
    };
    up::run(args).await
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_begins_with_examples() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.starts_with("Examples:"), "{help}");
    }
}
