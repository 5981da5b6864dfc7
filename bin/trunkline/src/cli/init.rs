//! `trunkline init`: looks at the repository and writes `trunkline.yaml`, saying what it guessed and why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use delivery::config;
use delivery::recognise::{FIRST_JOURNEY, FIRST_JOURNEY_FILE, Guess, Recognised, recognise, wiring, yaml};
use kernel::Problem;
use serde_json::json;

use super::options::Common;
use crate::out;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Print the JSON Schema of a file instead
    #[arg(long, value_name = "FILE")]
    schema: Option<Schema>,
    /// Write over the trunkline.yaml that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Schema {
    /// trunkline.yaml
    Product,
    /// journeys/*.yaml
    Journey,
    /// surveys/*.yaml
    Survey,
}

pub(super) fn write(args: &InitArgs, common: &Common) -> anyhow::Result<()> {
    if let Some(file) = args.schema {
        let schema = match file {
            Schema::Product => config::schema(),
            Schema::Journey => journeys::model::schema(),
            Schema::Survey => feedback::model::schema(),
        };
        out::line(serde_json::to_string_pretty(&schema)?);
        return Ok(());
    }
    let folder = root(&std::env::current_dir()?);
    let path = folder.join(config::FILE);
    if path.exists() && !args.force {
        return Err(Problem::conflict(format!("{} is there already", config::FILE))
            .hint("`trunkline check` tries it; --force writes over it")
            .into());
    }
    let found = recognise(&folder).ok_or_else(|| {
        Problem::invalid(format!("nothing in {} says how it is built or started", folder.display()))
            .hint("known are Node.js, Python, Rust, Go, static sites, a Procfile and a Dockerfile; else write trunkline.yaml by hand: `trunkline init --schema product`")
    })?;
    let text = yaml(&found, &trunk(&folder));
    fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    let journey = first_journey(&folder)?;
    if common.json {
        return out::json(&json!({
            "file": path, "kind": found.kind, "product": found.product, "yaml": text, "journey": journey,
        }));
    }
    tell(&folder, &found);
    tell_wiring(&found);
    if journey.is_some() {
        out::line(format_args!("Wrote {FIRST_JOURNEY_FILE}, a first journey."));
    }
    out::line(format_args!("Wrote {}. Next: commit it, then `trunkline up`", config::FILE));
    Ok(())
}

/// Writes a first journey, unless the product has journeys already.
fn first_journey(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let path = folder.join(FIRST_JOURNEY_FILE);
    let parent = path.parent().unwrap_or(folder);
    let has_some = fs::read_dir(parent).is_ok_and(|mut entries| entries.next().is_some());
    if has_some {
        return Ok(None);
    }
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    fs::write(&path, FIRST_JOURNEY).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Some(path))
}

fn tell_wiring(found: &Recognised) {
    out::line("To use flags and events, write into the product (Trunkline sets the variables):");
    for part in wiring(found.kind) {
        out::line(format_args!("  {}", part.what));
        for line in part.install.iter().chain(part.lines) {
            out::line(format_args!("    {}{line}{:#}", out::FAINT, out::FAINT));
        }
    }
}

/// The top of the repository, else where we stand.
fn root(here: &Path) -> PathBuf {
    here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(here).to_owned()
}

/// Origin's default branch, else the one that is checked out.
fn trunk(folder: &Path) -> String {
    let ask = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let origin = ask(&["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    let origin = origin.and_then(|name| name.strip_prefix("origin/").map(str::to_owned));
    origin.or_else(|| ask(&["symbolic-ref", "--quiet", "--short", "HEAD"])).unwrap_or_else(|| "main".into())
}

fn tell(folder: &Path, found: &Recognised) {
    out::line(format_args!("Found {} product in {}", article(found.kind), folder.display()));
    for check in &found.checks {
        tell_guess("check", &check.run);
    }
    if found.checks.is_empty() {
        out::line("  check   none                           nothing that tests it was found");
    }
    for (label, guess) in [("build", &found.build), ("migrate", &found.migrate), ("start", &found.start)] {
        if let Some(guess) = guess {
            tell_guess(label, guess);
        }
    }
    tell_guess("health", &Guess { value: format!("GET {}", found.health.value), from: found.health.from.clone() });
    if let Some(dir) = &found.infrastructure {
        tell_guess("infra", &Guess { value: format!("terraform in {dir}"), from: "its .tf files".into() });
    }
    if found.start.is_none() {
        out::line(format_args!(
            "{} nothing says how it is started: fill in `start` before you commit",
            out::mark("warn")
        ));
    }
}

fn article(kind: &str) -> String {
    if kind.starts_with("a ") { kind.to_owned() } else { format!("a {kind}") }
}

fn tell_guess(label: &str, guess: &Guess) {
    out::line(format_args!("  {label:<7} {:<30} {}{}{:#}", guess.value, out::FAINT, guess.from, out::FAINT));
}
