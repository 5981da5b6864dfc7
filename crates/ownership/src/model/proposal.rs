//! A new waiver: whether it may be, and the file with it.

use jiff::civil::Date;
use kernel::{Kind, Problem};

use super::check::{Finding, findings};
use super::objection::misfit;
use super::{Product, Waiver, waiver};

/// How many violations a waiver would let pass; or why it may not be.
pub fn propose(product: &Product, waiver: &Waiver, today: Date) -> Result<usize, Problem> {
    is_for_a_while(waiver, today)?;
    let covered = covered(product, waiver)?;
    // Its commit is still to come.
    match covered.iter().find_map(|finding| misfit(product, waiver, finding, today)) {
        Some(objection) => Err(Problem::new(Kind::Forbidden, objection.why(waiver))
            .hint("--approver names someone of the owning domain, and not who asks")),
        None => Ok(covered.len()),
    }
}

/// A waiver ends soon, and says why it is.
pub(crate) fn is_for_a_while(waiver: &Waiver, today: Date) -> Result<(), Problem> {
    let days = (waiver.expires - today).get_days();
    if !(0..=waiver::DAYS_MAX).contains(&days) {
        let problem = Problem::invalid(format!("a waiver that ends on {} cannot be added", waiver.expires));
        return Err(problem.hint(format!("it lasts from today to {} days from now", waiver::DAYS_MAX)));
    }
    if waiver.reason.trim().is_empty() {
        return Err(Problem::invalid("the reason is empty").hint("say why it may be so for a while"));
    }
    Ok(())
}

/// What a waiver is about; at least one.
pub(crate) fn covered(product: &Product, waiver: &Waiver) -> Result<Vec<Finding>, Problem> {
    let all = findings(product);
    let of_check = all.iter().filter(|finding| finding.check == waiver.check);
    let covered: Vec<_> =
        of_check.clone().filter(|finding| waiver.covers(&finding.what, Some(&finding.path))).cloned().collect();
    if !covered.is_empty() {
        return Ok(covered);
    }
    let known = of_check.map(|finding| finding.what.as_str());
    let problem = Problem::not_found(format!("nothing called {:?} breaks {}", waiver.what, waiver.check.name()));
    let hint = if known.clone().next().is_some() {
        misread::suggestion(&waiver.what, known.take(20))
    } else {
        "nothing breaks that check: no waiver is needed".to_owned()
    };
    Err(problem.hint(hint))
}

/// The text of `waivers.yaml` with one more waiver in it, written as the others are.
pub fn added(text: &str, new: &Waiver) -> Result<String, Problem> {
    let (before, problems) = waiver::read(text, waiver::FILE);
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    let last = text.lines().rev().find(|line| line.trim_start().starts_with("- "));
    let has_key = text.lines().any(|line| line.starts_with("waivers:"));
    let indent = match last {
        Some(line) => line.len() - line.trim_start().len(),
        None => usize::from(has_key) * 2,
    };
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let whole = format!("{text}{end}{}{}\n", " ".repeat(indent), new.line());
    let (after, problems) = waiver::read(&whole, waiver::FILE);
    let is_as_meant =
        problems.is_empty() && after.len() == before.len() + 1 && after.last().is_some_and(|last| is_same(last, new));
    if is_as_meant {
        return Ok(whole);
    }
    let problem = Problem::conflict(format!("{} is written in a way that no line can be added to", waiver::FILE));
    Err(Problem { file: Some(waiver::FILE.to_owned()), ..problem }.hint(format!("add it by hand: {}", new.line())))
}

fn is_same(read: &Waiver, new: &Waiver) -> bool {
    Waiver { place: new.place.clone(), ..read.clone() } == *new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Approval, Check, Place};

    fn new() -> Waiver {
        Waiver {
            check: Check::FileWithoutOwner,
            what: "tools/".into(),
            reason: "they move".into(),
            expires: jiff::civil::date(2026, 12, 1),
            approver: "ann".into(),
            author: Some("bob".into()),
            place: Place { file: waiver::FILE.into(), line: 1 },
            approval: Approval::Unknown,
        }
    }

    #[test]
    fn a_line_is_added_as_the_others_are() {
        let line = new().line();
        assert_eq!(added("", &new()).unwrap(), format!("{line}\n"));
        assert_eq!(added(&line, &new()).unwrap(), format!("{line}\n{line}\n"));
        let listed = format!("# ours\nwaivers:\n    {line}\n");
        assert_eq!(added(&listed, &new()).unwrap(), format!("{listed}    {line}\n"));
        assert_eq!(added("waivers:\n", &new()).map(|text| text.lines().count()), Ok(2));
    }

    #[test]
    fn a_file_that_cannot_take_a_line_is_left_alone() {
        let problem = added("[]\n", &new()).unwrap_err();
        assert_eq!(problem.kind, Kind::Conflict);
        assert_eq!(added("- { check: nothing }\n", &new()).unwrap_err().kind, Kind::InvalidInput);
    }
}
