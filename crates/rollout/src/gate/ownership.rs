//! The gate of the principles: what a change brings is judged before it ships.
//!
//! Enforced principles stop it, observing ones are told and recorded. What the change brings is what customers do not have
//! yet: a commit on top of one that was stopped does not carry it through.

use delivery::gate::{Candidate, Failure, Gate, Judgement, Verdict};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;
use ownership::model::{Mode, Violation};
use ownership::{At, Change, Ownership};
use serde_json::json;

/// Asks ownership.
#[derive(Debug, Clone)]
pub struct PrinciplesGate(pub Ownership);

impl Gate for PrinciplesGate {
    fn name(&self) -> &'static str {
        "ownership"
    }

    fn judge(&self, candidate: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>> {
        async move {
            let at = At { repository: candidate.repository, commit: candidate.commit };
            let live: Vec<At> = candidate
                .live
                .into_iter()
                .map(|live| At { repository: live.repository, commit: live.commit })
                .collect();
            Ok(principles_judgement(&self.0.judge_change(&at, &live).await?))
        }
        .boxed()
    }
}

/// What the gate says of a change.
pub fn principles_judgement(change: &Change) -> Judgement {
    let denied: Vec<&Violation> = change.denied().collect();
    let (state, summary) = if let [first, more @ ..] = denied.as_slice() {
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let principle = first.principle.as_deref().unwrap_or_default();
        (Verdict::Failed, format!("{}: {} (principles/{principle}){more}", place(first), first.message))
    } else if change.is_unknown() {
        let first = change.problems[0].told();
        (Verdict::Unknown, format!("what is declared cannot all be read: {first}"))
    } else {
        passed(change)
    };
    let problems = change.violations.iter().filter(|violation| violation.waiver.is_none()).map(problem);
    let problems = problems.chain(change.problems.iter().cloned()).collect();
    let evidence = json!({ "principles": change.principles, "violations": change.violations });
    Judgement::new(state, summary).with_problems(problems).with_evidence(evidence)
}

fn passed(change: &Change) -> (Verdict, String) {
    let count = |is: fn(&Violation) -> bool| change.violations.iter().filter(|violation| is(violation)).count();
    let observed = count(|violation| violation.waiver.is_none() && is_observed(violation));
    let waived = count(|violation| violation.waiver.is_some());
    let held_by = |violation: &Violation| is_observed(violation) && violation.principle.is_some();
    let told = match (observed, waived) {
        (0, 0) => "it breaks no principle".to_owned(),
        (0, waived) => format!("{waived} waived"),
        (observed, 0) => format!("{observed} observed; principles that observe stop nothing"),
        (observed, waived) => format!("{observed} observed, {waived} waived; principles that observe stop nothing"),
    };
    if change.principles == 0 {
        return (Verdict::Passed, format!("no principle is written down, so nothing is stopped; {told}"));
    }
    // Of what a principle owns: that it would have been stopped is the point of observing.
    let would_stop = change.violations.iter().any(|violation| violation.waiver.is_none() && held_by(violation));
    (if would_stop { Verdict::Held } else { Verdict::Passed }, told)
}

fn is_observed(violation: &Violation) -> bool {
    violation.mode == Mode::Observe
}

fn place(violation: &Violation) -> String {
    match violation.line {
        Some(line) => format!("{}:{line}", violation.path),
        None => violation.path.clone(),
    }
}

fn problem(violation: &Violation) -> Problem {
    let problem = Problem::invalid(violation.message.clone()).hint(violation.hint.clone());
    Problem { file: Some(violation.path.clone()), line: violation.line, ..problem }
}

#[cfg(test)]
mod tests {
    use ownership::model::{Check, Severity};

    use super::*;

    fn violation(mode: Mode, severity: Severity) -> Violation {
        Violation {
            check: Check::WriteToForeignTable,
            principle: Some("own-data".into()),
            mode,
            severity,
            what: "src/a.js".into(),
            path: "src/a.js".into(),
            line: Some(3),
            domain: Some("billing".into()),
            team: Some("cashiers".into()),
            message: "UPDATE of table \"invoices\"".into(),
            hint: "ask cashiers; or: trunkline waiver add write-to-foreign-table src/a.js --reason WHY".into(),
            waiver: None,
        }
    }

    fn change(violations: Vec<Violation>) -> Change {
        Change { violations, problems: vec![], is_enforced: true, principles: 1 }
    }

    #[test]
    fn what_is_enforced_fails_with_its_line_and_the_way_on() {
        let judged = principles_judgement(&change(vec![violation(Mode::Deny, Severity::Deny)]));
        assert_eq!(judged.state, Verdict::Failed);
        assert_eq!(judged.summary, "src/a.js:3: UPDATE of table \"invoices\" (principles/own-data)");
        let problem = &judged.problems[0];
        assert_eq!((problem.file.as_deref(), problem.line), (Some("src/a.js"), Some(3)));
        assert!(problem.hint.as_ref().unwrap().contains("trunkline waiver add"));
    }

    #[test]
    fn what_is_observed_is_told_and_stops_nothing() {
        let judged = principles_judgement(&change(vec![violation(Mode::Observe, Severity::Warn)]));
        assert_eq!((judged.state, judged.problems.len()), (Verdict::Held, 1));
        let warned = principles_judgement(&change(vec![violation(Mode::Warn, Severity::Warn)]));
        assert_eq!(warned.state, Verdict::Passed);
        assert_eq!(principles_judgement(&change(vec![])).summary, "it breaks no principle");
    }

    #[test]
    fn what_cannot_be_read_does_not_pass_where_something_is_enforced() {
        let problems = vec![Problem::invalid("no front matter").at("principles/a.md", 1, 1)];
        let judged = principles_judgement(&Change { problems, ..change(vec![]) });
        assert_eq!(judged.state, Verdict::Unknown);
    }
}
