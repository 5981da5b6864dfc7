//! The story of a change in words.

use delivery::verify::{Proof, RedGreen, StepState};
use delivery::view::deployment::DeploymentItem;
use rollout::lineage::Lineage;
use serde_json::Value;

use crate::out::short;
use crate::out::{self, FAINT};

/// Width of the label column.
const LABEL: usize = 10;
/// Characters of what a customer said.
const WORDS_SHOWN: usize = 120;
/// As many as a story has at most.
const STORY_ANSWERS: usize = 20;

pub(super) fn tell(lineage: &Lineage) {
    let kind = serde_json::to_value(lineage.row.state.kind).ok();
    let mark = out::mark(kind.as_ref().and_then(Value::as_str).unwrap_or_default());
    out::line(format_args!("{}   {mark} {}", lineage.commit.subject, lineage.row.state.word));
    part("", &lineage.sentence);
    let commit = &lineage.commit;
    part("commit", &format!("{}  {}, {}", short(&commit.sha), time(&commit.at), commit.author));
    part("checks", &checks(lineage));
    if let Some(proof) = &lineage.red_green {
        part("", &red_green(proof));
    }
    for deployment in &lineage.row.deployments {
        part("deployed", &deployed(deployment));
    }
    for artifact in lineage.artifacts.iter().flatten() {
        part("artifact", &format!("{} of {}, {} files", digest(&artifact.digest), artifact.service, artifact.files));
    }
    for one in lineage.verdicts.iter().flatten() {
        part("verdict", &format!("{}: {}", one.experiment, one.verdict.sentence));
    }
    if let Some(said) = lineage.feedback.as_ref().filter(|said| !said.is_empty()) {
        part("said", &self::said(said));
    }
    links(lineage);
    if !lineage.unknown.is_empty() {
        part("", &format!("{FAINT}not known yet: {}{FAINT:#}", lineage.unknown.join(", ")));
    }
}

fn part(label: &str, text: &str) {
    out::line(format_args!("  {label:<LABEL$}{text}"));
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

fn links(lineage: &Lineage) {
    for sha in &lineage.fixes {
        part("fixes", short(sha));
    }
    for sha in &lineage.reverts {
        part("reverts", short(sha));
    }
    if let Some(sha) = &lineage.fixed_by {
        part("mended", &format!("by {}", short(sha)));
    }
    if let Some(sha) = &lineage.row.shipped_in {
        part("shipped", &format!("inside {}", short(sha)));
    }
    if let Some(sha) = &lineage.row.waits_behind {
        part("waits", &format!("behind {}", short(sha)));
    }
}

/// `18 Nov 09:14`
fn time(text: &str) -> String {
    let Ok(at) = text.parse::<jiff::Timestamp>() else { return text.to_owned() };
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%d %b %H:%M").to_string()
}

fn checks(lineage: &Lineage) -> String {
    let Some(checks) = &lineage.checks else { return "not run yet".into() };
    if checks.is_empty() {
        return "no checks".into();
    }
    let one = |check: &delivery::view::change::CheckView| {
        let kind = match check.state {
            StepState::Passed => "good",
            StepState::Failed | StepState::TimedOut => "bad",
            StepState::Running => "busy",
            _ => "plain",
        };
        let took = check.seconds.map_or(String::new(), |s| format!(" {}", out::seconds(s)));
        format!("{} {}{took}", out::mark(kind), check.name)
    };
    checks.iter().map(one).collect::<Vec<_>>().join("  ")
}

fn red_green(proof: &RedGreen) -> String {
    let tests = match proof.tests.len() {
        0 => "the new tests".to_owned(),
        1 => "1 test".to_owned(),
        many => format!("{many} tests"),
    };
    let told = match proof.state {
        Proof::Proved => {
            format!("{tests} failed on the parent and {} here", if proof.tests.len() == 1 { "passes" } else { "pass" })
        }
        Proof::ProvedNoBuild => "the parent cannot even build with the new tests".into(),
        Proof::NotProved => "the new tests pass on the parent too: they prove nothing".into(),
        Proof::NoTests => "the change brings no tests".into(),
        Proof::Unknown => format!("unknown: {}", proof.reason.as_deref().unwrap_or("no reason was recorded")),
    };
    format!("red before green: {told}")
}

fn deployed(deployment: &DeploymentItem) -> String {
    let since = deployment.live_at.as_ref().map_or(String::new(), |at| format!(", live since {}", time(at)));
    let why = deployment.reason.as_ref().map_or(String::new(), |why| format!(": {why}"));
    if deployment.phase == "live" {
        return format!(
            "{} of {}{}",
            deployment.number,
            deployment.service,
            since.trim_start_matches(", live").replacen(" since", " · live since", 1)
        );
    }
    format!("{} of {} · {}{why}{since}", deployment.number, deployment.service, deployment.state.word.to_lowercase())
}

fn digest(digest: &str) -> String {
    format!("{}…", digest.get(..13).unwrap_or(digest))
}
