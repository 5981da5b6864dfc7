//! What tests need of the machine: found, installed where we may, or said to be missing.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::postgres::Server;
use super::tally::Tally;
use crate::process::{found, heading, say};
use crate::{cargo, debian};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The variable by which tests find the server: crates/storage/src/testing.rs.
const POSTGRES: &str = "TRUNKLINE_TEST_POSTGRES";
const REQUIRE: &str = "TRUNKLINE_REQUIRE_SUITES";

/// What is there for the tests of this run.
#[derive(Debug)]
pub(crate) struct Machine {
    pub chromium: Option<PathBuf>,
    /// Without it `cargo test` runs the tests.
    pub has_nextest: bool,
    pub requires_all: bool,
    postgres: Option<Server>,
}

impl Machine {
    /// Says what is missing; tests that need it say themselves that they are skipped, or fail where they may not.
    pub(crate) fn prepare(tally: &mut Tally) -> Self {
        heading("what the tests need");
        let chromium = chromium().inspect_err(|why| say(format!("Chromium: {why:#}"))).ok();
        let postgres = postgres(tally);
        for (program, for_what) in [("nginx", "the comparison with nginx"), ("python3", "products in Python")] {
            if found(program).is_none() && debian::install(program).is_err() {
                say(format!(
                    "{program}: not found; {for_what} is skipped. hint: on Debian, `apt-get install {program}`"
                ));
            }
        }
        if found("terraform").is_none() && found("tofu").is_none() {
            say(
                "terraform: not found; tests of infrastructure are skipped. hint: https://developer.hashicorp.com/terraform/install",
            );
        }
        let has_nextest = cargo::has("nextest");
        if !has_nextest {
            say("cargo-nextest: not found; `cargo test` runs the tests. hint: `cargo install --locked cargo-nextest`");
        }
        Self { chromium, has_nextest, requires_all: tally.requires_all(), postgres }
    }

    /// Tells a test program what there is.
    pub(crate) fn describe(&self, command: &mut Command) {
        if let Some(server) = &self.postgres {
            command.env(POSTGRES, server.url());
        } else if let Ok(url) = std::env::var(POSTGRES) {
            command.env(POSTGRES, url);
        }
        if let Some(chromium) = &self.chromium {
            command.env("CHROMIUM", chromium);
        }
        if self.requires_all {
            command.env(REQUIRE, "1");
        }
    }
}

fn chromium() -> Result<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    if let Some(path) = named.or_else(browser) {
        say(format!("Chromium: {}", path.display()));
        return Ok(path);
    }
    debian::install("chromium")?;
    browser().ok_or_else(|| anyhow::anyhow!("installed, and still not on the PATH"))
}

fn browser() -> Option<PathBuf> {
    BROWSERS.iter().find_map(|name| found(name))
}

/// A server for this run, unless the caller names one.
fn postgres(tally: &mut Tally) -> Option<Server> {
    if std::env::var_os(POSTGRES).is_some() {
        say(format!("PostgreSQL: the server that {POSTGRES} names"));
        return None;
    }
    match Server::start() {
        Ok(server) => {
            say(format!("PostgreSQL: {} on {}", server.version(), server.url()));
            Some(server)
        }
        Err(why) => {
            tally.skip("tests on PostgreSQL", &format!("{why:#}"));
            None
        }
    }
}
