//! `trunkline waiver`: letting something break a check for a while.

use std::fs;
use std::io::ErrorKind;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::Problem;
use ownership::model::waiver::{DAYS_MAX, FILE};
use ownership::model::{Check, Place, Product, Waiver, added, propose};
use ownership::offline::Reader;
use serde_json::json;

use super::options::Common;
use super::own::{self, Repository};
use crate::out::{self, mark};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write a waiver into waivers.yaml, for review with the change
    Add(AddArgs),
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The check, for example file-without-owner
    check: String,
    /// A path, a pattern of paths, or the name of what breaks the check
    what: String,
    /// Why it may be so for a while
    #[arg(long)]
    reason: String,
    /// Who approves it: someone of the owning domain, and not you
    #[arg(long, value_name = "NAME")]
    approver: String,
    /// The last day, as 2027-01-31 or 14d; at most 90 days from now
    #[arg(long, default_value = "14d", value_name = "WHEN")]
    expires: String,
    /// Who asks [default: what git calls you]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
}

pub(super) fn run(verb: &Verb, common: &Common) -> anyhow::Result<()> {
    let Verb::Add(args) = verb;
    let mut reader = Reader::new(Repository::here()?);
    let product = reader.product(None)?;
    let waiver = waiver(args, &product, reader.source())?;
    let count = propose(&product, &waiver, own::today())?;
    let path = reader.source().top().join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let text = added(&text, &waiver)?;
    fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    if common.json {
        return out::json(&json!({
            "check": waiver.check, "what": waiver.what, "reason": waiver.reason, "expires": waiver.expires,
            "approver": waiver.approver, "author": waiver.author, "path": FILE, "violations": count,
        }));
    }
    out::line(format_args!(
        "{} {count} waived until {} in {FILE}; commit it with the change",
        mark("good"),
        waiver.expires
    ));
    out::talk(format_args!("Undo: take the last line out of {FILE}"));
    Ok(())
}

fn waiver(args: &AddArgs, product: &Product, repository: &Repository) -> Result<Waiver, Problem> {
    let check = Check::called(&args.check)?;
    let nobody = || Problem::invalid("it is not known who asks").hint("--author names you");
    let author = args.author.clone().or_else(|| repository.author()).ok_or_else(nobody)?;
    let called =
        |name: &str| product.relation().catalog().person(name).map_or(name.to_owned(), |person| person.name.clone());
    Ok(Waiver {
        check,
        what: args.what.clone(),
        reason: args.reason.clone(),
        expires: day(&args.expires)?,
        approver: args.approver.clone(),
        author: Some(called(&author)),
        place: Place { file: FILE.into(), line: 1 },
        number: None,
    })
}

/// A day, or how many days from today.
fn day(text: &str) -> Result<Date, Problem> {
    if let Ok(day) = text.parse::<Date>() {
        return Ok(day);
    }
    let days =
        text.strip_suffix('d').and_then(|days| days.parse::<i32>().ok()).filter(|days| (0..=DAYS_MAX).contains(days));
    let day = days.and_then(|days| own::today().checked_add(days.days()).ok());
    day.ok_or_else(|| Problem::invalid(format!("{text:?} is no day")).hint("write 2027-01-31, or 14d; at most 90d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_ends_on_a_day_or_in_some() {
        assert_eq!(day("2027-01-31").unwrap(), jiff::civil::date(2027, 1, 31));
        assert_eq!(day("14d").unwrap(), own::today() + 14.days());
        for text in ["", "d", "-1d", "91d", "2w", "soon"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
