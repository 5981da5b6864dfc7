//! `trunkline own`: who owns what, and what breaks the principles; from the repository's files, without a server.

mod repository;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{Clock as _, Problem};
use ownership::model::{Gate, Judgement, Map, Mode, Product, Violation, judge};
use ownership::offline::{self, Figures, History, Reader};
use serde_json::json;

use super::options::Common;
use super::when;
use crate::out::{self, BAD, FAINT, WARN, mark, short};
pub(super) use repository::Repository;

/// Of one check as many are told that stop nothing.
const TOLD_OF_EACH: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Which domain owns what, and what nobody owns
    Map,
    /// What breaks the principles; exit 1 if something is denied
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Only what this commit brought [default: all of the folder as it is]
    #[arg(long, value_name = "REV", conflicts_with = "since")]
    commit: Option<String>,
    /// Also what would have been stopped since then, for example 90d
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    since: Option<Timestamp>,
}

pub(super) fn run(verb: &Verb, common: &Common) -> anyhow::Result<ExitCode> {
    let mut reader = Reader::new(Repository::here()?);
    match verb {
        Verb::Map => map(&reader.product(None)?, common),
        Verb::Check(args) => check(&mut reader, args, common),
    }
}

/// Today's day in UTC: waivers end with it.
pub(super) fn today() -> Date {
    kernel::SystemClock.now().to_zoned(TimeZone::UTC).date()
}

/// Whether it is the server that is asked: it is named, and the folder that we stand in is not meant.
pub(super) const fn asks_server(common: &Common) -> bool {
    common.server.is_some() || common.data.is_some()
}

/// What every command says of files that cannot be read.
pub(super) fn tell_problems(problems: &[Problem], common: &Common) {
    if !common.quiet {
        for problem in problems {
            out::talk(format_args!("{} {}", mark("warn"), problem.told()));
        }
    }
}

fn map(product: &Product, common: &Common) -> anyhow::Result<ExitCode> {
    let map = Map::of(product);
    tell_problems(product.problems(), common);
    if common.json {
        out::json(&json!({ "domains": map.domains, "unowned": map.unowned, "problems": product.problems() }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = map.domains.iter().map(|row| {
        let team = row.team.clone().unwrap_or_default();
        let files = row.files.to_string();
        [
            row.name.clone(),
            team,
            files,
            row.tables.join(", "),
            row.events.join(", "),
            row.flags.join(", "),
            row.journeys.join(", "),
        ]
    });
    out::table(["domain", "team", "files", "tables", "events", "flags", "journeys"], rows);
    if map.unowned.is_empty() {
        out::line(format_args!("{} everything has an owner", mark("good")));
    } else {
        out::line(format_args!("{} {} without an owner:", mark("warn"), map.unowned.len()));
        for thing in map.unowned.iter().take(TOLD_OF_EACH) {
            out::line(format_args!("  {:<8} {}", thing.kind.name(), thing.name));
        }
        tell_more(map.unowned.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_more(all: usize) {
    if all > TOLD_OF_EACH {
        out::line(format_args!("  {FAINT}and {} more: --json lists all{FAINT:#}", all - TOLD_OF_EACH));
    }
}

fn check(reader: &mut Reader<Repository>, args: &CheckArgs, common: &Common) -> anyhow::Result<ExitCode> {
    let commit = args.commit.as_deref().map(|revision| reader.source().commit(revision)).transpose()?;
    let product = reader.product(commit.as_deref())?;
    let mut judgement = judge(&product, today(), Gate::Merge);
    if let Some(commit) = &commit {
        judgement.violations = offline::brought(&before(reader, commit)?, &product, today(), Gate::Merge);
    }
    let history = args.since.map(|since| history(reader, &product, since)).transpose()?;
    if common.json {
        let mut document = json!({
            "violations": judgement.violations, "problems": judgement.problems, "unfit_waivers": judgement.unfit_waivers,
            "unread": product.unread().collect::<Vec<_>>(), "commit": commit,
        });
        if let Some(history) = &history {
            document["history"] = json!(history);
        }
        out::json(&document)?;
    } else {
        tell(&judgement, common);
        history.iter().for_each(tell_history);
    }
    conclude(&judgement, common)
}

/// The product that a commit changed; nothing before the first.
pub(super) fn before(reader: &mut Reader<Repository>, commit: &str) -> anyhow::Result<Product> {
    let parent = reader.source().parent(commit)?;
    Ok(parent.map(|parent| reader.product(Some(&parent))).transpose()?.unwrap_or_default())
}

/// Every commit of trunk since then.
pub(super) fn history(reader: &mut Reader<Repository>, today: &Product, since: Timestamp) -> anyhow::Result<History> {
    let (base, commits) = reader.source().since(since)?;
    offline::history(reader, today, base.as_deref(), &commits)
}

/// A denial is a check that said no; otherwise a file that cannot be read is bad input, because what it declares is not known.
fn conclude(judgement: &Judgement, common: &Common) -> anyhow::Result<ExitCode> {
    if judgement.violations.iter().any(Violation::stops) {
        tell_problems(&judgement.problems, common);
        return Ok(ExitCode::FAILURE);
    }
    match judgement.problems.split_first() {
        None => Ok(ExitCode::SUCCESS),
        Some((first, more)) => {
            if !common.json {
                tell_problems(more, common);
            }
            Err(first.clone().into())
        }
    }
}

fn tell(judgement: &Judgement, common: &Common) {
    let mut told = std::collections::BTreeMap::<_, usize>::new();
    for violation in &judgement.violations {
        let count = told.entry(violation.check).or_default();
        *count += 1;
        if violation.stops() || *count <= TOLD_OF_EACH {
            tell_violation(violation);
        }
    }
    for (check, count) in told.into_iter().filter(|(_, count)| *count > TOLD_OF_EACH) {
        out::line(format_args!("{FAINT}{} in all {count} times: --json lists each{FAINT:#}", check.name()));
    }
    tell_problems(&judgement.unfit_waivers, common);
    let count = |is: &dyn Fn(&Violation) -> bool| judgement.violations.iter().filter(|violation| is(violation)).count();
    let denied = count(&Violation::stops);
    out::line(format_args!(
        "{} {denied} denied, {} warned, {} observed, {} waived",
        mark(if denied > 0 { "bad" } else { "good" }),
        count(&|violation| violation.waiver.is_none() && !violation.stops() && violation.mode != Mode::Observe),
        count(&|violation| violation.waiver.is_none() && violation.mode == Mode::Observe),
        count(&|violation| violation.waiver.is_some()),
    ));
}

pub(super) fn tell_violation(violation: &Violation) {
    let place = match violation.line {
        Some(line) => format!("{}:{line}", violation.path),
        None => violation.path.clone(),
    };
    let principle = violation.principle.as_ref().map_or(String::new(), |id| format!("principles/{id}, "));
    let about = format!("{principle}{}", violation.check.name());
    let (style, word) = match (&violation.waiver, violation.mode) {
        (Some(_), _) => (FAINT, "waived"),
        (None, Mode::Observe) => (FAINT, "observed"),
        (None, _) if violation.stops() => (BAD, "denied"),
        (None, _) => (WARN, "warning"),
    };
    out::line(format_args!("{style}{word}:{style:#} {place}: {} ({about})", violation.message));
    match &violation.waiver {
        Some(waiver) => {
            out::line(format_args!("  until {} by {}: {}", waiver.expires, waiver.approver, waiver.reason));
        }
        None => out::line(format_args!("  {FAINT}hint:{FAINT:#} {}", violation.hint)),
    }
}

fn tell_history(history: &History) {
    out::line(format_args!("\nOf {} commits since then, by today's principles:", history.commits));
    let rows = history.checks.iter().map(|check| {
        let principle = check.principle.clone().unwrap_or_else(|| "none".to_owned());
        let Figures { commits, violations, waived } = check.figures;
        let [commits, violations, waived] = [commits, violations, waived].map(|figure| figure.to_string());
        [check.check.name().to_owned(), principle, commits, violations, waived]
    });
    out::table(["check", "principle", "commits it would stop", "violations", "waived"], rows);
    for stopped in history.stopped.iter().take(TOLD_OF_EACH) {
        let commit = &stopped.commit;
        out::line(format_args!("  {} {}  {}", short(&commit.commit), stopped.violations.len(), commit.subject));
    }
    tell_more(history.stopped.len());
}
