//! The story of a change in words, in the order in which it happens: checks, gates, artifacts, deployments, customers.

mod customers;

use delivery::Outcome;
use delivery::gate::Verdict;
use delivery::verify::{Proof, RedGreen, StepKind, StepState};
use delivery::view::change::ChangeArtifact;
use delivery::view::deployment::DeploymentItem;
use rollout::lineage::Lineage;
use rollout::lineage::guarded::GateSaid;
use serde_json::Value;

use crate::out::short;
use crate::out::{self, FAINT};

/// Width of the label column.
const LABEL: usize = 10;
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
    for gate in lineage.gates.iter().flatten() {
        part("gate", &self::gate(gate));
    }
    for artifact in lineage.artifacts.iter().flatten() {
        part("artifact", &self::artifact(artifact));
    }
    for deployment in &lineage.row.deployments {
        part("deployed", &deployed(deployment));
        if let Some(probe) = &deployment.probe {
            part("", &probed(probe));
        }
    }
    customers::tell(lineage);
    links(lineage);
    customers::moments(lineage);
    if !lineage.unknown.is_empty() {
        part("", &format!("{FAINT}not known yet: {}{FAINT:#}", lineage.unknown.join(", ")));
    }
}

fn part(label: &str, text: &str) {
    out::line(format_args!("  {label:<LABEL$}{text}"));
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
    let checks: Vec<_> = checks.iter().filter(|check| check.kind != StepKind::Gate).collect();
    if checks.is_empty() {
        return "no checks".into();
    }
    let one = |check: &&delivery::view::change::CheckView| {
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

fn gate(gate: &GateSaid) -> String {
    let (kind, word) = match gate.verdict {
        Some(Verdict::Passed) => ("good", "passed"),
        Some(Verdict::Held) => ("warn", "would stop it"),
        Some(Verdict::Failed) => ("bad", "stopped it"),
        Some(Verdict::NotJudged) => ("warn", "did not judge it"),
        Some(Verdict::Unknown) => ("warn", "unknown"),
        None => ("plain", "not asked"),
    };
    let why = gate.summary.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("{} {} {word}{why}", out::mark(kind), gate.name.trim_start_matches("gate: "))
}

fn artifact(artifact: &ChangeArtifact) -> String {
    let proof = match (&artifact.provenance.why, artifact.provenance.verified) {
        (_, true) => "signed".to_owned(),
        (Some(why), false) => format!("not proved: {why}"),
        (None, false) => "not proved".to_owned(),
    };
    let made = match (artifact.components, artifact.findings) {
        (Some(components), Some(findings)) => format!(" · components: {components}, open findings: {findings}"),
        _ => String::new(),
    };
    format!("{} of {}, {} files · {proof}{made}", digest(&artifact.digest), artifact.service, artifact.files)
}

fn probed(probe: &Outcome) -> String {
    match probe {
        Outcome::Passed { sentence } => format!("{} in the dark: {sentence}", out::mark("good")),
        Outcome::Failed { why } => format!("{} in the dark: {why}", out::mark("bad")),
        Outcome::NothingToProbe => format!("{} not probed: no journey declares a probe", out::mark("plain")),
    }
}

fn digest(digest: &str) -> String {
    format!("{}…", digest.get(..13).unwrap_or(digest))
}
