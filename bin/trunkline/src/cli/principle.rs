//! `trunkline principle`: what the people of this product agreed on, and what it does.

use clap::Subcommand;
use jiff::Timestamp;
use ownership::model::{Check, Gate, Judgement, Mode, Principle, Product, judge};
use ownership::offline::{Figures, History, Reader};
use serde_json::{Value, json};

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
}

pub(super) fn run(verb: &Verb, common: &Common) -> anyhow::Result<()> {
    let Verb::List { since } = verb;
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
    let mode = match principle.mode {
        Mode::Observe => "observes",
        Mode::Warn => "warns",
        Mode::Deny => "denies",
    };
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
