//! `trunkline scan` and `trunkline sbom`: what a folder is made of, and which advisories speak of it, without a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kernel::{Clock as _, Problem, SystemClock};
use security::model::cyclonedx::{self, Document};
use security::model::freshness::FeedState;
use security::model::inventory::Why;
use security::model::report::{Coverage, Verdict};
use security::model::{Advisories, Ecosystem, Feed, Finding, Inventory, Report, Severity, Threshold};
use security::{Installed, offline, span};

use super::options::Common;
use crate::out::{self, mark};

#[derive(Debug, Clone, Copy, Args)]
struct Depth {
    /// Read all installed packages, as in what was built; without it those that no lockfile beside or above them speaks of
    #[arg(long)]
    installed: bool,
}

impl Depth {
    const fn installed(self) -> Installed {
        if self.installed { Installed::All } else { Installed::Unlocked }
    }
}

#[derive(Debug, Args)]
pub(super) struct SbomArgs {
    /// A folder, or one lockfile
    path: PathBuf,
    #[command(flatten)]
    depth: Depth,
    /// Give the document a number of its own; without it the same packages are the same bytes
    #[arg(long)]
    serial_number: bool,
}

#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// A folder, or one lockfile
    path: PathBuf,
    #[command(flatten)]
    depth: Depth,
    /// Folder of OSV advisories: .json files, or the all.zip that OSV exports of each ecosystem
    #[arg(long, env = "TRUNKLINE_ADVISORIES", value_name = "DIR")]
    advisories: Option<PathBuf>,
    /// How it is written [default: table, with --json json]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// From which severity on a finding fails; one that nobody knows fails each but never
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "high")]
    fail_on: FailOn,
    /// Pass although something could not be judged
    #[arg(long)]
    accept_unknown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Cyclonedx,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FailOn {
    Informational,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

impl FailOn {
    pub(super) const fn threshold(self) -> Threshold {
        match self {
            Self::Informational => Threshold::From(Severity::Informational),
            Self::Low => Threshold::From(Severity::Low),
            Self::Medium => Threshold::From(Severity::Medium),
            Self::High => Threshold::From(Severity::High),
            Self::Critical => Threshold::From(Severity::Critical),
            Self::Never => Threshold::Never,
        }
    }
}

/// Writes the bill of materials.
pub(super) fn sbom(args: &SbomArgs, common: &Common) -> anyhow::Result<()> {
    let inventory = offline::inventory(&args.path, args.depth.installed())?;
    if inventory.files.is_empty() {
        let problem = Problem::invalid(format!("nothing in {} can be read here", args.path.display()));
        let left_out = [inventory.unsupported, inventory.opaque].concat();
        return Err(problem.hint(format!("not read: {}", left_out.join(", "))).into());
    }
    if !common.quiet {
        tell_left_out(&inventory.unsupported, &inventory.opaque, &inventory.skipped);
    }
    let serial_number = args.serial_number.then(|| format!("urn:uuid:{}", uuid::Uuid::new_v4()));
    out::json(&cyclonedx::bill(&inventory, document(&name(&args.path), serial_number.as_deref())))
}

/// Judges what is there by the advisories; exit 1 if the gate says no.
pub(super) fn scan(args: &ScanArgs, common: &Common) -> anyhow::Result<ExitCode> {
    let inventory = offline::inventory(&args.path, args.depth.installed())?;
    let advisories = advisories(args.advisories.as_deref())?;
    let report = Report::of(&inventory, &advisories);
    let format = args.format.unwrap_or(if common.json { Format::Json } else { Format::Table });
    match format {
        Format::Table => table(&report),
        Format::Json => out::json(&report)?,
        Format::Cyclonedx => {
            out::json(&cyclonedx::bill_with_findings(&inventory, &report, document(&name(&args.path), None)))?;
        }
    }
    let verdict = report.verdict(args.fail_on.threshold());
    if !common.quiet {
        tell(&report, &advisories, &inventory, verdict, args);
    }
    Ok(match verdict {
        Verdict::Passed => ExitCode::SUCCESS,
        Verdict::Unknown if args.accept_unknown => ExitCode::SUCCESS,
        Verdict::Unknown | Verdict::Failed { .. } => ExitCode::FAILURE,
    })
}

fn advisories(folder: Option<&Path>) -> Result<Advisories, Problem> {
    let Some(folder) = folder else {
        return Err(Problem::invalid("there are no advisories to judge by")
            .hint("--advisories names a folder of them, such as OSV's exports; `trunkline sbom` needs none"));
    };
    offline::advisories(folder)
}

fn document<'a>(name: &'a str, serial_number: Option<&'a str>) -> Document<'a> {
    Document { name, tool_version: env!("CARGO_PKG_VERSION"), serial_number, release: None }
}

/// What a document is of.
fn name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn table(report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    // Stable: within a severity the report's order.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let head = ["", "SEVERITY", "PACKAGE", "VERSION", "FIXED IN", "ADVISORY", "WHERE"];
    out::table(head, findings.into_iter().map(row));
}

fn row(finding: &Finding) -> [String; 7] {
    let kind = match finding.severity {
        Severity::Unknown | Severity::Critical | Severity::High => "bad",
        Severity::Medium | Severity::Low => "warn",
        Severity::Informational => "none",
    };
    let fixed = if finding.fixed.is_empty() { "not yet".to_owned() } else { finding.fixed.join(", ") };
    [
        mark(kind),
        finding.severity.word().to_owned(),
        finding.package.clone(),
        finding.version.clone(),
        fixed,
        finding.id.clone(),
        finding.source.clone(),
    ]
}

/// What the answer is worth, in words.
fn tell(report: &Report, advisories: &Advisories, inventory: &Inventory, verdict: Verdict, args: &ScanArgs) {
    let Coverage { unsupported, opaque, skipped, .. } = &report.coverage;
    tell_left_out(unsupported, opaque, skipped);
    for document in advisories.quarantined() {
        out::talk(format_args!("{} not an advisory: {}: {}", mark("warn"), document.path, document.reason));
    }
    for (ecosystem, feed) in &report.advisories.ecosystems {
        let Some(feed) = feed else { continue };
        out::talk(format_args!("{}", age(ecosystem, *feed, SystemClock.now())));
    }
    let (packages, findings, files) = (report.packages.len(), report.findings.len(), inventory.files.len());
    out::talk(format_args!("findings: {findings}, packages: {packages}, read in: {files}"));
    tell_verdict(verdict, args);
}

/// A folder says when its newest advisory was changed, and not when somebody fetched it: so old it is, at least.
fn age(ecosystem: &Ecosystem, feed: Feed, now: Timestamp) -> String {
    let Feed { advisories, newest_modified } = feed;
    let Some(newest) = newest_modified else {
        return format!(
            "{advisories} advisories of {ecosystem}, changed at no known time: how old they are is not known"
        );
    };
    let age = now.duration_since(newest);
    let kind = if FeedState::of(Some(age)) == FeedState::Fresh { "none" } else { "warn" };
    let mark = mark(kind);
    format!("{mark} {advisories} advisories of {ecosystem}, the newest changed {newest}, {} ago", span(age))
}

fn tell_verdict(verdict: Verdict, args: &ScanArgs) {
    let fail_on = args.fail_on.to_possible_value();
    let fail_on = fail_on.as_ref().map_or("", |value| value.get_name());
    match verdict {
        Verdict::Passed => {}
        Verdict::Failed { findings } => {
            out::talk(format_args!("{} failed: {fail_on}, worse or unknown: {findings}", mark("bad")));
        }
        Verdict::Unknown if args.accept_unknown => {
            out::talk(format_args!("{} passed, and not everything could be judged", mark("warn")));
        }
        Verdict::Unknown => {
            let hint = "--accept-unknown lets it pass";
            out::talk(format_args!("{} failed: not everything could be judged; {hint}", mark("bad")));
        }
    }
}

fn tell_left_out(unsupported: &[String], opaque: &[String], skipped: &[security::model::Skipped]) {
    for path in unsupported {
        out::talk(format_args!("{} not read: {path}: its format is not supported", mark("warn")));
    }
    for path in opaque {
        out::talk(format_args!("{} not read: {path}: nobody looks into it", mark("warn")));
    }
    for skipped in skipped.iter().filter(|skipped| skipped.why == Why::Unknown) {
        out::talk(format_args!("{} not judged: {}: {}", mark("warn"), skipped.path, skipped.reason));
    }
}
