//! What a change did to customers, in words.

use delivery::EvidenceState;
use experiments::model::Decision;
use experiments::{Stage, VerdictView};
use rollout::finding::FindingView;
use rollout::lineage::Lineage;
use rollout::lineage::customers::FlagVerdict;
use rollout::lineage::exposure::FlagExposure;
use security::FindingState;

use super::{part, time};
use crate::out::{self, FAINT};

/// Findings that are told; the page has all.
const FINDINGS_SHOWN: usize = 5;
/// Lines of what happened, the newest.
const MOMENTS_SHOWN: usize = 15;
/// Characters of what a customer said.
const WORDS_SHOWN: usize = 120;
/// As many as a story has at most.
const STORY_ANSWERS: usize = 20;

pub(super) fn tell(lineage: &Lineage) {
    for guard in lineage.guards.iter().flatten() {
        let (kind, word) = match guard.state {
            EvidenceState::Running => ("busy", "watches"),
            EvidenceState::Passed => ("good", "holds"),
            EvidenceState::Failed => ("bad", "worse"),
        };
        let why = guard.summary.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        part("guard", &format!("{} {} {word} on {}{why}", out::mark(kind), guard.journey, guard.deployment));
    }
    flags(lineage);
    if let Some(persons) = lineage.exposed_persons.filter(|_| lineage.flags.as_ref().is_some_and(|all| !all.is_empty()))
    {
        let many = if persons == 1 { "1 person was".to_owned() } else { format!("{persons} persons were") };
        part("exposed", &format!("{many} given a variant"));
    }
    for effect in lineage.journeys.iter().flatten() {
        part("journey", &effect.sentence);
    }
    for one in lineage.verdicts.iter().flatten() {
        part("verdict", &verdict(one));
    }
    findings(lineage.findings.as_deref().unwrap_or_default());
    if let Some(said) = lineage.feedback.as_ref().filter(|said| !said.is_empty()) {
        part("said", &self::said(said));
    }
}

fn flags(lineage: &Lineage) {
    let exposures = lineage.exposures.as_deref().unwrap_or_default();
    for flag in lineage.flags.iter().flatten() {
        let reached = exposures.iter().find(|one| one.flag == *flag).map(reached);
        part("flag", &format!("{flag}{}", reached.map_or_else(String::new, |told| format!("  {told}"))));
    }
}

fn reached(one: &FlagExposure) -> String {
    let Some(first) = &one.first else { return "nobody has seen what is behind it".into() };
    let many = if one.persons == 1 { "1 person".to_owned() } else { format!("{} persons", one.persons) };
    format!("first seen {}, by {many} so far ({})", time(first), one.variants.join(", "))
}

fn verdict(FlagVerdict { experiment, state, verdict, .. }: &FlagVerdict) -> String {
    let VerdictView { decision, sentence, look, by, .. } = verdict;
    let (kind, word) = match (decision, state) {
        (Decision::Ship, _) => ("good", "ship"),
        (Decision::RollBack, _) => ("bad", "roll back"),
        (Decision::Invalid, _) => ("warn", "invalid"),
        (Decision::Inconclusive, _) => ("plain", "no difference"),
        (Decision::KeepRunning, Stage::Running) => ("busy", "goes on"),
        (Decision::KeepRunning, _) => ("plain", "stopped"),
    };
    let whose = match (by, look) {
        (Some(who), _) => format!(", as {who} decided"),
        (None, Some(look)) => format!(" at look {look}"),
        (None, None) => String::new(),
    };
    format!("{} {experiment}: {word}{whose}: {sentence}", out::mark(kind))
}

/// Open ones first.
fn findings(all: &[FindingView]) {
    let mut ordered: Vec<_> = all.iter().collect();
    ordered.sort_by_key(|finding| finding.state != FindingState::Open);
    for finding in ordered.iter().take(FINDINGS_SHOWN) {
        let kind = if finding.state == FindingState::Open { "bad" } else { "plain" };
        part("finding", &format!("{} {}", out::mark(kind), finding.sentence));
    }
    if let Some(more) = all.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
        part("", &format!("{FAINT}and {more} more: trunkline finding list{FAINT:#}"));
    }
}

/// `2 answers: "Finally."`
fn said(said: &[feedback::Item]) -> String {
    let many = match said.len() {
        1 => "1 answer".to_owned(),
        STORY_ANSWERS => format!("the newest {STORY_ANSWERS} answers"),
        several => format!("{several} answers"),
    };
    let text: String = said[0].text.chars().take(WORDS_SHOWN).collect();
    format!("{many}: \"{}\"", text.replace('\n', " "))
}

/// All that happened, in order of time.
pub(super) fn moments(lineage: &Lineage) {
    let mut all = Vec::new();
    for lane in &lineage.timeline.lanes {
        let spans = lane.spans.iter().map(|span| (&span.from, &span.kind, &span.label));
        let marks = lane.marks.iter().map(|mark| (&mark.at, &mark.kind, &mark.label));
        for (at, kind, label) in spans.chain(marks) {
            let Ok(instant) = at.parse::<jiff::Timestamp>() else { continue };
            all.push((instant, format!("{}  {} {}: {label}", time(at), out::mark(kind), lane.name)));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    let surplus = all.len().saturating_sub(MOMENTS_SHOWN);
    let earlier = surplus as u64 + lineage.timeline.left_out;
    for (place, (_, line)) in all.iter().skip(surplus).enumerate() {
        part(if place == 0 { "when" } else { "" }, line);
    }
    if earlier > 0 {
        part("", &format!("{FAINT}and {earlier} more before or beside them{FAINT:#}"));
    }
}
