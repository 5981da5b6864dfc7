//! The lanes that speak of customers: guards, exposure, flags with their ramps, experiments, journeys, and findings.

use delivery::EvidenceState;
use experiments::model::Decision;
use experiments::{Course, Stage, VerdictView};
use flags::view::FlagEvent;
use security::FindingState;

use super::{LANES_MAX, Lane, Mark, Span};
use crate::finding::FindingView;
use crate::lineage::effect::{Effect, points};
use crate::lineage::exposure::FlagExposure;
use crate::lineage::guarded::GuardSaid;
use crate::lineage::sentence::thousands;
use crate::lineage::switched::Switched;
use crate::lineage::{Known, percent};
use crate::ramp::{RampState, RampView};

/// In the order of the story, without empty ones; and how many lanes there are too many.
pub(super) fn lanes(known: &Known) -> (Vec<Lane>, usize) {
    let told = &known.customers;
    let mut all = vec![guards(known.guards.as_deref()), exposure(told.exposures.as_deref())];
    let mut left_out = 0;
    let several = [
        told.switched.iter().flatten().map(flag).collect::<Vec<_>>(),
        told.courses.iter().flatten().map(experiment).collect(),
        told.journeys.iter().flatten().map(journey).collect(),
    ];
    for mut lanes in several {
        lanes.retain(|lane| !lane.is_empty());
        left_out += lanes.len().saturating_sub(LANES_MAX);
        lanes.truncate(LANES_MAX);
        all.extend(lanes);
    }
    all.push(findings(known.findings.as_deref()));
    all.retain(|lane| !lane.is_empty());
    (all, left_out)
}

/// What they said last, as far as they saw enough to say something.
fn guards(all: Option<&[GuardSaid]>) -> Lane {
    let mut lane = Lane::new("Guards");
    for said in all.into_iter().flatten() {
        let (kind, word) = match said.state {
            EvidenceState::Running => continue,
            EvidenceState::Passed => ("good", "holds"),
            EvidenceState::Failed => ("bad", "worse"),
        };
        lane.marks.push(Mark {
            at: said.at.clone(),
            kind: kind.into(),
            icon: kind.into(),
            label: format!("{} {word} on {}", said.journey, said.deployment),
            detail: said.summary.clone(),
            link: Some(format!("/deployments/{}", said.deployment)),
        });
    }
    lane
}

fn exposure(all: Option<&[FlagExposure]>) -> Lane {
    let mut lane = Lane::new("Exposure");
    for one in all.into_iter().flatten() {
        let Some(first) = &one.first else { continue };
        let persons = match one.persons {
            1 => "1 person".to_owned(),
            many => format!("first of {} persons", thousands(many)),
        };
        lane.marks.push(Mark {
            at: first.clone(),
            kind: "busy".into(),
            icon: "person".into(),
            label: format!("{persons} with {}", one.told()),
            detail: Some(format!("flag {}", one.flag)),
            link: Some(flag_page(&one.flag)),
        });
    }
    lane
}

fn flag_page(flag: &str) -> String {
    format!("/flags/{flag}")
}

/// Stages of its guarded ramps, and whoever else moved it.
fn flag(switched: &Switched) -> Lane {
    let mut lane = Lane::new(format!("Flag {}", switched.flag));
    lane.marks.extend(switched.events.iter().filter_map(|event| moved(&switched.flag, event)));
    for ramp in &switched.ramps {
        lane.spans.extend(stages(ramp));
        lane.marks.extend(ends(ramp));
    }
    lane
}

/// `None` of what comes with a push, and of testers.
fn moved(flag: &str, event: &FlagEvent) -> Option<Mark> {
    let (kind, icon, word) = match event.what.as_str() {
        "flag.ramped" => ("plain", "mark", "ramped"),
        "flag.set" => ("plain", "mark", "set"),
        "flag.killed" => ("bad", "undo", "killed"),
        "flag.cleared" => ("plain", "mark", "kill cleared"),
        "flag.held" => ("warn", "warn", "held"),
        "flag.released" => ("plain", "mark", "released"),
        "flag.retired" => ("plain", "mark", "retired"),
        _ => return None,
    };
    let given: Vec<_> = event.split.iter().filter(|share| share.share > 0.0).collect();
    let given: Vec<_> = given.iter().map(|share| format!("{} {:?}", percent(share.share), share.variant)).collect();
    let label = match event.what.as_str() {
        "flag.ramped" | "flag.set" if !given.is_empty() => format!("{word}: {}", given.join(", ")),
        _ => word.to_owned(),
    };
    let why = event.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let detail = Some(format!("by {}{why}", event.who));
    Some(Mark {
        at: event.at.clone(),
        kind: kind.into(),
        icon: icon.into(),
        label,
        detail,
        link: Some(flag_page(flag)),
    })
}

/// Those that came into force; the last one ends with the ramp.
fn stages(ramp: &RampView) -> Vec<Span> {
    let reached: Vec<_> = ramp.stages.iter().filter_map(|stage| Some((stage.share, stage.since.clone()?))).collect();
    let last = reached.len().saturating_sub(1);
    let span = |at: usize, (share, since): &(f64, String)| {
        let to = reached.get(at + 1).map(|(_, next)| next.clone()).or_else(|| ramp.ended.clone());
        let kind = match ramp.state {
            _ if at < last => "good",
            RampState::Ramping => "busy",
            RampState::Holding => "warn",
            RampState::Done => "good",
            RampState::TurnedBack => "bad",
            RampState::Overridden => "plain",
        };
        let detail = Some(format!("ramp {}, stage {} of {}", ramp.number, at + 1, ramp.stages.len()));
        let label = format!("{} {:?}", percent(*share), ramp.treatment);
        Span { from: since.clone(), to, kind: kind.into(), label, detail, link: Some(flag_page(&ramp.flag)) }
    };
    reached.iter().enumerate().map(|(at, stage)| span(at, stage)).collect()
}

/// Where it stopped, went on and ended.
fn ends(ramp: &RampView) -> Vec<Mark> {
    let mark = |event: &crate::ramp::RampEvent| {
        let (kind, icon, label) = match event.what.as_str() {
            "ramp.held" => ("warn", "warn", "holds"),
            "ramp.resumed" => ("plain", "mark", "goes on"),
            "ramp.turned_back" => ("bad", "undo", "turned back"),
            "ramp.done" => ("good", "good", "ramp done"),
            "ramp.overridden" => ("plain", "mark", "gave way"),
            _ => return None,
        };
        Some(Mark {
            at: event.at.clone(),
            kind: kind.into(),
            icon: icon.into(),
            label: label.into(),
            detail: Some(event.why.clone()),
            link: Some(flag_page(&ramp.flag)),
        })
    };
    ramp.events.iter().filter_map(mark).collect()
}

/// From its begin to its end, with the looks that said something new.
fn experiment(course: &Course) -> Lane {
    let mut lane = Lane::new(format!("Experiment {}", course.experiment));
    let Some(started) = course.started else { return lane };
    let page = Some(format!("/experiments/{}", course.experiment));
    let (kind, label) = match course.state {
        Stage::Running => ("busy", "runs"),
        Stage::Stopped => ("plain", "stopped"),
        Stage::Draft | Stage::Decided => ("good", "decided"),
    };
    lane.spans.push(Span {
        from: started.to_string(),
        to: course.ended.map(|at| at.to_string()),
        kind: kind.into(),
        label: label.into(),
        detail: Some(format!("{:?} compares variants of {}", course.experiment, course.flag)),
        link: page.clone(),
    });
    for turn in &course.turns {
        let is_newest = course.verdict.as_ref().filter(|said| said.look == Some(turn.look));
        let mark = verdict(turn.decision, turn.at.to_string(), page.clone());
        let look = format!("look {}", turn.look);
        let detail = is_newest.map_or_else(|| look.clone(), |said| format!("{look}: {}", said.sentence));
        lane.marks.push(Mark { detail: Some(detail), ..mark });
    }
    if let Some(VerdictView { decision, sentence, at: Some(at), by: Some(by), .. }) = &course.verdict {
        let detail = Some(format!("{by} decided: {sentence}"));
        lane.marks.push(Mark { detail, ..verdict(*decision, at.clone(), page) });
    }
    lane
}

fn verdict(decision: Decision, at: String, link: Option<String>) -> Mark {
    let (kind, icon, word) = match decision {
        Decision::Ship => ("good", "good", "ship"),
        Decision::RollBack => ("bad", "undo", "roll back"),
        Decision::KeepRunning => ("busy", "mark", "keep running"),
        Decision::Inconclusive => ("plain", "mark", "no difference"),
        Decision::Invalid => ("warn", "warn", "invalid"),
    };
    Mark { at, kind: kind.into(), icon: icon.into(), label: word.into(), detail: None, link }
}

/// What became of it, where both sides have somebody.
fn journey(effect: &Effect) -> Lane {
    let mut lane = Lane::new(format!("Journey {}", effect.journey));
    let Some(difference) = effect.difference else { return lane };
    let kind = match difference {
        _ if !effect.randomised => "plain",
        d if d.lower > 0.0 => "good",
        d if d.upper < 0.0 => "bad",
        _ => "plain",
    };
    let [estimate, lower, upper] = [difference.estimate, difference.lower, difference.upper].map(points);
    lane.spans.push(Span {
        from: effect.from.clone(),
        to: effect.to.clone(),
        kind: kind.into(),
        label: format!("{estimate} points ({lower} to {upper})"),
        detail: Some(effect.sentence.clone()),
        link: Some(format!("/journeys/{}", effect.journey)),
    });
    lane
}

fn findings(all: Option<&[FindingView]>) -> Lane {
    let mut lane = Lane::new("Findings");
    for finding in all.into_iter().flatten() {
        let mark = |at: &str, kind: &str, word: &str, detail: Option<String>| Mark {
            at: at.to_owned(),
            kind: kind.into(),
            icon: kind.into(),
            label: format!("{} {word}", finding.id),
            detail,
            link: Some(format!("/findings/{}", finding.key)),
        };
        let is_open = finding.state == FindingState::Open;
        let about = format!("{} {}, {}", finding.package, finding.version, finding.severity);
        lane.marks.push(mark(&finding.opened, if is_open { "bad" } else { "plain" }, "found", Some(about)));
        if let Some(closed) = &finding.closed {
            lane.marks.push(mark(closed, "good", "closed", finding.closed_why.clone()));
        }
    }
    lane
}

#[cfg(test)]
mod tests;
