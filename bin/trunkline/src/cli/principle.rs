//! `trunkline principle`: what the people of this product agreed on, and what it does.

use clap::Subcommand;
use jiff::Timestamp;
use kernel::Problem;
use ownership::model::{Check, Gate, Judgement, Mode, Principle, Product, judge};
use ownership::offline::{Figures, History, Reader};
use ownership::view::{PrincipleItem, PrincipleView, PrinciplesView};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::options::Common;
use super::own::{self, Repository};
use super::when;
use crate::out;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Each with its checks, who agreed to it, and how often it helps or is waived
    List {
        /// Also what it would have stopped since then, for example 90d
        #[arg(long, value_name = "TIME", value_parser = when::time)]
        since: Option<Timestamp>,
    },
    /// One: why it is there, who agreed, what breaks it, how often it helped or was waived
    Show { id: String },
    /// You agree to it, as it is worded on trunk: on the server, as the person of your token
    Agree { id: String },
}

pub(super) fn run(verb: &Verb, common: &Common) -> anyhow::Result<()> {
    match verb {
        Verb::List { since: None } if own::asks_server(common) => list_there(&Client::find(common)?),
        Verb::List { since: Some(_) } if own::asks_server(common) => {
            let problem = Problem::invalid("--since is worked out from the repository here, not by the server");
            Err(problem.hint("leave out --server and --data (or TRUNKLINE_SERVER and TRUNKLINE_DATA); without --since the server tells the last 90 days").into())
        }
        Verb::List { since } => list(*since, common),
        Verb::Show { id } if own::asks_server(common) => show_there(&Client::find(common)?, id),
        Verb::Show { id } => show(id, common),
        Verb::Agree { id } => agree(&Client::find(common)?, id),
    }
}

fn list_there(client: &Client) -> anyhow::Result<()> {
    let view: PrinciplesView = client.get("/api/v1/principles")?;
    if client.is_json {
        return out::json(&view);
    }
    if view.items.is_empty() {
        out::line("No principle is on trunk yet: `principles/NAME.md` (docs/reference/ownership.md).");
    }
    view.items.iter().for_each(tell_item);
    client.tell_page("/principles");
    Ok(())
}

fn show_there(client: &Client, id: &str) -> anyhow::Result<()> {
    let view: PrincipleView = client.get(&format!("/api/v1/principles/{}", segment(id)))?;
    if client.is_json {
        return out::json(&view);
    }
    tell_item(&view.item);
    view.violations.iter().for_each(own::tell_violation);
    if !view.page.is_empty() {
        out::line(format_args!("\n{}", view.page));
    }
    client.tell_page(&format!("/principles/{}", segment(id)));
    Ok(())
}

fn agree(client: &Client, id: &str) -> anyhow::Result<()> {
    let view: PrincipleView = client.put(&format!("/api/v1/principles/{}/agreement", segment(id)), &json!({}))?;
    if client.is_json {
        return out::json(&view);
    }
    tell_item(&view.item);
    Ok(())
}

fn tell_item(item: &PrincipleItem) {
    let checks: Vec<_> = item.checks.iter().map(|check| check.name()).collect();
    let agreed: Vec<_> = item.agreed.iter().map(|agreed| agreed.person.as_str()).collect();
    let (now, record) = (item.now, item.record);
    out::line(format_args!("{}  {}", item.id, word(item.mode)));
    out::line(format_args!("  {}", item.statement));
    out::line(format_args!("  why     {}", item.why.lines().next().unwrap_or_default()));
    out::line(format_args!(
        "  agreed  {}",
        if agreed.is_empty() { "nobody yet".to_owned() } else { agreed.join(", ") }
    ));
    out::line(format_args!(
        "  checks  {}",
        if checks.is_empty() { "stated only".to_owned() } else { checks.join(", ") }
    ));
    let (denied, warned, observed, waived) = (now.denied, now.warned, now.observed, now.waived);
    out::line(format_args!("  now     {denied} denied, {warned} warned, {observed} observed, {waived} waived"));
    let (stopped, observed, waived) = (record.stopped, record.observed, record.waived);
    out::line(format_args!("  gates   stopped {stopped} changes, would have stopped {observed}, {waived} waived"));
    match &item.history {
        Some(history) => {
            let (commits, of) = (history.figures.commits, history.of_commits);
            out::line(format_args!("  past    would stop {commits} of {of} commits of the last {} days", history.days));
        }
        None => out::line("  past    not known yet"),
    }
}

fn show(id: &str, common: &Common) -> anyhow::Result<()> {
    let product = Reader::new(Repository::here()?).product(None)?;
    let mut judgement = judge(&product, own::today(), Gate::Merge);
    own::tell_problems(product.problems(), common);
    let known = || product.principles().iter().map(|principle| principle.id.as_str());
    let Some(principle) = product.principles().iter().find(|principle| principle.id == id) else {
        let hint = match known().next() {
            Some(_) => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
            None => "none is written down yet: `principles/NAME.md`".to_owned(),
        };
        return Err(Problem::not_found(format!("there is no principle {id:?}")).hint(hint).into());
    };
    if common.json {
        let mut document = shape(principle, &judgement, None);
        judgement.violations.retain(|violation| violation.principle.as_deref() == Some(id));
        document["violations"] = json!(judgement.violations);
        return out::json(&document);
    }
    tell(principle, &judgement, None);
    let own = judgement.violations.iter().filter(|violation| violation.principle.as_deref() == Some(id));
    own.for_each(own::tell_violation);
    out::line(format_args!("\n{}", principle.page));
    Ok(())
}

const fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Observe => "observes",
        Mode::Warn => "warns",
        Mode::Deny => "denies",
    }
}

fn list(since: Option<Timestamp>, common: &Common) -> anyhow::Result<()> {
    let mut reader = Reader::new(Repository::here()?);
    let product = reader.product(None)?;
    let judgement = judge(&product, own::today(), Gate::Merge);
    let history = since.map(|since| own::history(&mut reader, &product, since)).transpose()?;
    own::tell_problems(product.problems(), common);
    if common.json {
        let shape = |principle| shape(principle, &judgement, history.as_ref());
        let items: Vec<_> = product.principles().iter().map(shape).collect();
        return out::json(&json!({ "items": items, "next": null, "problems": product.problems() }));
    }
    if product.principles().is_empty() {
        out::line("No principle is written down yet: `principles/NAME.md` (docs/reference/ownership.md).");
    }
    for principle in product.principles() {
        tell(principle, &judgement, history.as_ref());
    }
    tell_unowned(&product);
    Ok(())
}

/// How often a principle's checks find something now, and how much of it is waived.
fn now(principle: &Principle, judgement: &Judgement) -> (usize, usize) {
    let own = judgement.violations.iter().filter(|violation| violation.principle.as_ref() == Some(&principle.id));
    (own.clone().count(), own.filter(|violation| violation.waiver.is_some()).count())
}

/// The same over a while.
fn then(principle: &Principle, history: &History) -> Figures {
    history.principles.get(&principle.id).copied().unwrap_or_default()
}

fn shape(principle: &Principle, judgement: &Judgement, history: Option<&History>) -> Value {
    let (violations, waived) = now(principle, judgement);
    let mut shape = json!({
        "id": principle.id, "title": principle.title, "statement": principle.statement, "why": principle.why, "agreed_by": principle.agreed_by,
        "decided": principle.decided, "review": principle.review,
        "checks": principle.checks.iter().map(|(check, _)| check).collect::<Vec<_>>(), "mode": principle.mode,
        "gates": principle.gates, "radar": principle.radar, "page": principle.page, "path": &*principle.place.file,
        "now": { "violations": violations, "waived": waived },
    });
    if let Some(history) = history {
        shape["history"] = json!(then(principle, history));
        shape["history"]["of_commits"] = json!(history.commits);
    }
    shape
}

fn tell(principle: &Principle, judgement: &Judgement, history: Option<&History>) {
    let mode = word(principle.mode);
    let checks: Vec<_> = principle.checks.iter().map(|(check, _)| check.name()).collect();
    let agreed = if principle.agreed_by.is_empty() { "nobody yet".to_owned() } else { principle.agreed_by.join(", ") };
    let checks = if checks.is_empty() { "stated only".to_owned() } else { checks.join(", ") };
    let (violations, waived) = now(principle, judgement);
    out::line(format_args!("{}  {mode}", principle.id));
    out::line(format_args!("  {}", principle.statement));
    out::line(format_args!("  why     {}", principle.why.lines().next().unwrap_or_default()));
    out::line(format_args!("  agreed  {agreed}"));
    out::line(format_args!("  checks  {checks}"));
    out::line(format_args!("  now     {violations} violations, {waived} of them waived"));
    if let Some(history) = history {
        let Figures { commits, violations, waived } = then(principle, history);
        out::line(format_args!(
            "  past    would stop {commits} of {} commits; {violations} violations, {waived} of them waived",
            history.commits
        ));
    }
}

/// Checks that run for nobody.
fn tell_unowned(product: &Product) {
    let unowned: Vec<_> = Check::ALL.iter().filter(|check| product.principle_of(**check).is_none()).collect();
    if !unowned.is_empty() {
        let names: Vec<_> = unowned.iter().map(|check| check.name()).collect();
        out::line(format_args!("No principle owns these checks, so they observe: {}", names.join(", ")));
    }
}
