//! The project's own commands: `cargo xtask VERB`.
//!
//! One module a verb. Talk goes to standard error; standard output holds only what a verb is asked for (a graph, a count of
//! tests), so that `cargo xtask demo --headless --json` can be piped. Nothing here is part of the product.

mod bench;
mod cargo;
mod check;
mod console;
mod debian;
mod graph;
mod openapi;
mod play;
mod process;
mod progress;
mod release;
mod requirements;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Commands of the Trunkline workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Build everything and play the demo
    Demo(play::Args),
    /// Build everything and run `trunkline up` where you stand
    Up(play::Args),
    /// Run all tests; find or install what they need
    Test(test::Args),
    /// What must hold before a commit: format, lints, tidy, graph, API document, licences, console types
    Check,
    /// Our own rules of style and layout
    Tidy,
    /// The arrows between crates
    Graph(graph::Args),
    /// Write api/openapi.json
    Openapi(openapi::Args),
    /// Measure the release binary
    Bench(bench::Args),
    /// Play every seed of every acceptance story; takes long
    Soak(bench::SoakArgs),
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{} {error:#}", process::red("error:"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Demo(args) => play::play("demo", &args),
        Verb::Up(args) => play::play("up", &args),
        Verb::Test(args) => test::run(&args),
        Verb::Check => check::run(),
        Verb::Tidy => tidy::run(),
        Verb::Graph(args) => graph::run(&args),
        Verb::Openapi(args) => openapi::run(&args),
        Verb::Bench(args) => bench::bench(&args),
        Verb::Soak(args) => bench::soak(&args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
