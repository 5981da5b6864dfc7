//! What the two runs of a check mean, as values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::verify::junit::{Case, CaseState, Report};
use crate::verify::red_green::{Proof, RedGreen};

/// The two runs of a check that passed here.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    /// The test files that were laid over the parent.
    pub(crate) files: &'a [PathBuf],
    pub(crate) here: &'a Report,
    pub(crate) there: &'a Report,
    /// Whether the exit code on the parent was 0.
    pub(crate) has_passed_there: bool,
    /// The end of the log on the parent.
    pub(crate) log: &'a str,
}

/// What follows from them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Decided(RedGreen),
    /// True if the check passes on the bare parent.
    IfParentPasses(RedGreen),
}

/// Signs in a log that it did not come to running tests.
const NO_BUILD: &[&str] = &[
    "error[E",
    "could not compile",
    "SyntaxError",
    "ModuleNotFoundError",
    "ImportError",
    "ERR_MODULE_NOT_FOUND",
    "MODULE_NOT_FOUND",
    "Cannot find module",
    "does not provide an export named",
    "error TS",
    "[build failed]",
    "[setup failed]",
    "COMPILATION ERROR",
    "error: cannot find symbol",
];

pub(crate) fn judge(evidence: &Evidence<'_>) -> Verdict {
    if evidence.here.cases.is_empty() { by_exit_code(evidence) } else { by_cases(evidence) }
}

fn by_exit_code(evidence: &Evidence<'_>) -> Verdict {
    let tests = paths(evidence.files);
    if evidence.has_passed_there {
        return Verdict::Decided(RedGreen::new(Proof::NotProved, tests, None));
    }
    let state = if is_no_build(evidence.log) { Proof::ProvedNoBuild } else { Proof::Proved };
    Verdict::IfParentPasses(RedGreen::new(state, tests, None))
}

fn by_cases(evidence: &Evidence<'_>) -> Verdict {
    let (relevant, is_mapped) = relevant(&evidence.here.cases, evidence.files);
    let there = states(&evidence.there.cases);
    let passing = || relevant.iter().filter(|case| case.state == CaseState::Passed);
    let names = |state: Option<CaseState>| -> Vec<String> {
        passing().filter(|case| there.get(&key(case)).copied() == state).map(|case| case.name.clone()).collect()
    };
    let red = names(Some(CaseState::Failed));
    if !red.is_empty() {
        let proved = RedGreen::new(Proof::Proved, red, None);
        return if is_mapped { Verdict::Decided(proved) } else { Verdict::IfParentPasses(proved) };
    }
    let absent = names(None);
    if !evidence.has_passed_there && !absent.is_empty() {
        let no_build = RedGreen::new(Proof::ProvedNoBuild, absent, None);
        // Other cases ran, so it is these that could not.
        let ran_otherwise = is_mapped && evidence.there.cases.iter().any(|case| case.state == CaseState::Passed);
        return if ran_otherwise { Verdict::Decided(no_build) } else { Verdict::IfParentPasses(no_build) };
    }
    let tests = if is_mapped { passing().map(|case| case.name.clone()).collect() } else { paths(evidence.files) };
    Verdict::Decided(RedGreen::new(Proof::NotProved, tests, None))
}

/// The claim, now that the check has been run on the bare parent too.
pub(crate) fn with_control(claim: RedGreen, has_passed: bool, control: &Report) -> RedGreen {
    if has_passed {
        return claim;
    }
    let alone: Vec<_> =
        control.cases.iter().filter(|case| case.state == CaseState::Failed).map(|case| &case.name).collect();
    let left: Vec<_> = claim.tests.iter().filter(|test| !alone.contains(test)).cloned().collect();
    if claim.state == Proof::Proved && !alone.is_empty() && !left.is_empty() {
        return RedGreen::new(Proof::Proved, left, claim.reason);
    }
    RedGreen::unknown("the check does not pass on the parent by itself, so that its failure there says nothing")
}

type Key<'a> = (&'a str, Option<&'a str>);

fn key(case: &Case) -> Key<'_> {
    (&case.name, case.class.as_deref())
}

/// A name that occurs twice has failed if one of its cases has.
fn states(cases: &[Case]) -> HashMap<Key<'_>, CaseState> {
    let mut states = HashMap::new();
    for case in cases {
        let state = states.entry(key(case)).or_insert(case.state);
        if case.state == CaseState::Failed {
            *state = CaseState::Failed;
        }
    }
    states
}

/// The cases that stand in the changed files and `true`; all and `false`, where the report does not say.
fn relevant<'a>(cases: &'a [Case], files: &[PathBuf]) -> (Vec<&'a Case>, bool) {
    let mapped: Vec<_> = cases.iter().filter(|case| files.iter().any(|file| stands_in(case, file))).collect();
    if mapped.is_empty() { (cases.iter().collect(), false) } else { (mapped, true) }
}

fn stands_in(case: &Case, file: &Path) -> bool {
    if let Some(said) = &case.file {
        return Path::new(said).ends_with(file);
    }
    case.class.as_deref().filter(|class| !class.is_empty()).is_some_and(|class| class_stands_in(class, file))
}

/// `tests.test_app.Greeting` in tests/test_app.py, `org.shop.CartTest` in src/test/java/org/shop/CartTest.java, `shop::it`
/// in tests/it.rs or tests/it/cart.rs.
fn class_stands_in(class: &str, file: &Path) -> bool {
    let module = file.with_extension("").to_string_lossy().replace('/', ".");
    if class == module || class.strip_prefix(&module).is_some_and(|rest| rest.starts_with('.')) {
        return true;
    }
    if class.contains('.') && module.ends_with(&format!(".{class}")) {
        return true;
    }
    let Some((_, target)) = class.rsplit_once("::") else { return false };
    module.split('.').any(|part| part == target) && file.extension().is_some_and(|extension| extension == "rs")
}

fn is_no_build(log: &str) -> bool {
    NO_BUILD.iter().any(|sign| log.contains(sign))
}

fn paths(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| file.display().to_string()).collect()
}

#[cfg(test)]
mod tests;
