//! `trunkline waiver`: letting something break a check for a while.

use std::fs;
use std::io::ErrorKind;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::{Page, Problem};
use ownership::model::waiver::{DAYS_MAX, FILE};
use ownership::model::{Approval, Check, Gate, Place, Product, Waiver, added, judge, not_approved_hint, propose};
use ownership::offline::Reader;
use ownership::view::{WaiverState, WaiverView};
use serde_json::json;

use super::client::Client;
use super::options::Common;
use super::own::{self, Repository};
use crate::out::{self, mark};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Waivers: those that wait first [default: of waivers.yaml here; of the server with --server or --data]
    List,
    /// Ask for a waiver: of the server, or with --approver in waivers.yaml, for review with the change
    Add(AddArgs),
    /// Grant one that was asked for: somebody of the owning domain may, and not who asked
    Approve {
        number: u64,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Decline one that was asked for, or revoke one that was granted
    End {
        number: u64,
        #[arg(long)]
        reason: Option<String>,
    },
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
    /// Who approves it: someone of the owning domain, and not you; it is written into waivers.yaml then [default: the server
    /// is asked, and they approve it there]
    #[arg(long, value_name = "NAME")]
    approver: Option<String>,
    /// The last day, as 2027-01-31 or 14d; at most 90 days from now
    #[arg(long, default_value = "14d", value_name = "WHEN")]
    expires: String,
    /// Who asks [default: what git calls you]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
}

pub(super) fn run(verb: &Verb, common: &Common) -> anyhow::Result<()> {
    let decide = |number: &u64, verb: &str, reason: &Option<String>| {
        let client = Client::find(common)?;
        let view: WaiverView =
            client.post(&format!("/api/v1/waivers/{number}/{verb}"), &json!({ "reason": reason }))?;
        if common.json {
            return out::json(&view);
        }
        tell(&view);
        Ok(())
    };
    match verb {
        Verb::List => list(common),
        Verb::Approve { number, reason } => decide(number, "approve", reason),
        Verb::End { number, reason } => decide(number, "end", reason),
        Verb::Add(args) => match &args.approver {
            Some(approver) => write(args, approver, common),
            None => ask(args, &Client::find(common)?),
        },
    }
}

fn ask(args: &AddArgs, client: &Client) -> anyhow::Result<()> {
    let expires = day(&args.expires)?;
    let wish =
        json!({ "check": Check::called(&args.check)?, "what": args.what, "reason": args.reason, "expires": expires });
    let view: WaiverView = client.post("/api/v1/waivers", &wish)?;
    if client.is_json {
        return out::json(&view);
    }
    tell(&view);
    Ok(())
}

fn list(common: &Common) -> anyhow::Result<()> {
    if own::asks_server(common) {
        let client = Client::find(common)?;
        let page: Page<WaiverView> = client.get("/api/v1/waivers")?;
        if common.json {
            return out::json(&page);
        }
        page.items.iter().for_each(tell);
        if page.items.is_empty() {
            out::line("No waiver is asked for or granted.");
        }
        client.tell_page("/waivers");
        return Ok(());
    }
    let product = Reader::new(Repository::here()?).product(None)?;
    own::tell_problems(product.problems(), common);
    let judgement = judge(&product, own::today(), Gate::Merge);
    let is_unfit = |waiver: &Waiver| {
        let line = Some(waiver.place.line);
        judgement.unfit_waivers.iter().find(|problem| problem.line == line).map(|problem| {
            let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
            format!("{}{hint}", problem.message)
        })
    };
    let shape = |waiver: &Waiver| {
        json!({ "check": waiver.check, "what": waiver.what, "reason": waiver.reason, "expires": waiver.expires,
            "approver": waiver.approver, "author": waiver.author, "place": waiver.place.to_string(),
            "why_not": is_unfit(waiver) })
    };
    if common.json {
        let items: Vec<_> = product.waivers().map(shape).collect();
        return out::json(&json!({ "items": items, "next": null }));
    }
    for waiver in product.waivers() {
        out::line(format_args!(
            "{} {}  until {} by {}",
            waiver.check.name(),
            waiver.what,
            waiver.expires,
            waiver.approver
        ));
        if let Some(why) = is_unfit(waiver) {
            out::line(format_args!("  {} {why}", mark("warn")));
        }
    }
    Ok(())
}

fn tell(view: &WaiverView) {
    let (sign, state) = match view.state {
        WaiverState::Asked => ("warn", "asked"),
        WaiverState::Granted => ("good", "granted"),
        WaiverState::Declined => ("bad", "declined"),
        WaiverState::Revoked => ("bad", "revoked"),
        WaiverState::Expired => ("warn", "expired"),
        WaiverState::NotApproved => ("bad", "not approved"),
        WaiverState::Unfit => ("warn", "counts as none"),
    };
    let name = view.number.map_or_else(|| view.place.clone().unwrap_or_default(), |number| number.to_string());
    let (check, what) = (view.check.name(), &view.what);
    out::line(format_args!("{} {name}  {state}  {check} {what}  until {}", mark(sign), view.expires));
    let author = view.author.as_deref().unwrap_or("nobody known");
    out::line(format_args!("  asked by {author}: {}", view.reason));
    match (&view.decided_by, view.state) {
        (Some(who), _) => out::line(format_args!("  decided by {who}")),
        (None, WaiverState::Asked) => {
            let domain = view.domain.as_deref().unwrap_or("nobody");
            let people =
                if view.approvers.is_empty() { String::new() } else { format!(": {}", view.approvers.join(", ")) };
            out::line(format_args!("  waits for {domain}{people}"));
        }
        _ => {}
    }
    if let Some(why) = &view.why_not {
        out::line(format_args!("  {why}"));
    }
    for command in &view.commands {
        out::line(format_args!("  {command}"));
    }
}

/// Writes it into the file, for review.
fn write(args: &AddArgs, approver: &str, common: &Common) -> anyhow::Result<()> {
    let mut reader = Reader::new(Repository::here()?);
    let product = reader.product(None)?;
    let waiver = waiver(args, approver, &product, reader.source())?;
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
        "{} {count} waived until {} in {FILE}, once a commit says that {approver} approves",
        mark("good"),
        waiver.expires
    ));
    out::line(format_args!("  {}", not_approved_hint(&waiver)));
    out::talk(format_args!("Undo: take the last line out of {FILE}"));
    Ok(())
}

fn waiver(args: &AddArgs, approver: &str, product: &Product, repository: &Repository) -> Result<Waiver, Problem> {
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
        approver: approver.to_owned(),
        author: Some(called(&author)),
        place: Place { file: FILE.into(), line: 1 },
        approval: Approval::Unknown,
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
