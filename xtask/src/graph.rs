//! `cargo xtask graph`: the arrows between the workspace's crates, and whether ARCHITECTURE.md lists just these.
//!
//! The list is the first code block after the line `<!-- graph -->`; its lines read `delivery -> access, edge`, and
//! `kernel -> nothing` where a crate needs no other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::DependencyKind;

use crate::process::say;
use crate::workspace;

const MARK: &str = "<!-- graph -->";
const NOTHING: &str = "nothing";

/// For each crate the crates that it is built on.
type Arrows = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare with ARCHITECTURE.md
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.check {
        check()?;
        say("the graph is as ARCHITECTURE.md lists it");
    } else {
        anstream::print!("{}", picture(&actual()?));
    }
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// With every arrow that is there and not listed, and the reverse.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(workspace::root().join("ARCHITECTURE.md")).context("cannot read ARCHITECTURE.md")?;
    let problems = differences(&actual()?, &listed(&text)?);
    if problems.is_empty() {
        return Ok(());
    }
    bail!("the graph is not as ARCHITECTURE.md lists it\n  {}", problems.join("\n  "))
}

/// Normal dependencies between members of the workspace.
fn actual() -> Result<Arrows> {
    let metadata = workspace::members()?;
    let packages = metadata.workspace_packages();
    let names: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let arrows = packages.iter().map(|package| {
        let normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal && one.path.is_some());
        (package.name.to_string(), normal.map(|one| one.name.clone()).filter(|name| names.contains(name)).collect())
    });
    Ok(arrows.collect())
}

fn listed(text: &str) -> Result<Arrows> {
    let (_, rest) = text.split_once(MARK).with_context(|| format!("ARCHITECTURE.md has no line {MARK}"))?;
    let block = rest.split("```").nth(1).with_context(|| format!("ARCHITECTURE.md has no code block after {MARK}"))?;
    let lines = block.lines().skip(1).map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| arrow(line).with_context(|| format!("ARCHITECTURE.md: not an arrow: {line}"))).collect()
}

fn arrow(line: &str) -> Option<(String, BTreeSet<String>)> {
    let (from, to) = line.split_once("->")?;
    let to = to.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != NOTHING);
    Some((from.trim().to_owned(), to.map(str::to_owned).collect()))
}

fn differences(actual: &Arrows, listed: &Arrows) -> Vec<String> {
    let names: BTreeSet<&String> = actual.keys().chain(listed.keys()).collect();
    let mut problems = Vec::new();
    let none = BTreeSet::new();
    for name in names {
        let is_known = (actual.contains_key(name), listed.contains_key(name));
        match is_known {
            (true, false) => problems.push(format!("crate {name} is not listed")),
            (false, true) => problems.push(format!("crate {name} is listed and not there")),
            _ => {}
        }
        let (is, should) = (actual.get(name).unwrap_or(&none), listed.get(name).unwrap_or(&none));
        problems.extend(is.difference(should).map(|to| format!("{name} -> {to} is there and not listed")));
        problems.extend(should.difference(is).map(|to| format!("{name} -> {to} is listed and not there")));
    }
    problems
}

/// Crates from the top to the bottom, those of one height beside each other, then the arrows as ARCHITECTURE.md lists them.
fn picture(arrows: &Arrows) -> String {
    let heights: BTreeMap<&str, usize> = arrows.keys().map(|name| (name.as_str(), height(name, arrows))).collect();
    let top = heights.values().copied().max().unwrap_or(0);
    let levels = (0..=top).rev().map(|level| {
        let names: Vec<&str> = heights.iter().filter(|(_, height)| **height == level).map(|(name, _)| *name).collect();
        format!("{level:>2}  {}\n", names.join("   "))
    });
    let width = arrows.keys().map(String::len).max().unwrap_or(0);
    let mut names: Vec<&String> = arrows.keys().collect();
    names.sort_by_key(|name| (Reverse(heights[name.as_str()]), name.as_str()));
    let list = names.into_iter().map(|name| {
        let to: Vec<&str> = arrows[name].iter().map(String::as_str).collect();
        format!("{name:<width$} -> {}\n", if to.is_empty() { NOTHING.to_owned() } else { to.join(", ") })
    });
    levels.chain(["\n".to_owned()]).chain(list).collect()
}

/// The longest way down. Cargo knows no circles.
fn height(name: &str, arrows: &Arrows) -> usize {
    let below = arrows.get(name).into_iter().flatten();
    below.map(|to| height(to, arrows) + 1).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "before\n<!-- graph -->\n```text\nweb -> kernel, storage\nstorage -> kernel\nkernel -> nothing\n```\nafter `x -> y`\n";

    #[test]
    fn a_list_that_is_right_has_no_differences() {
        let arrows = listed(TEXT).unwrap();
        assert_eq!(arrows.len(), 3);
        assert!(differences(&arrows, &arrows).is_empty());
        assert_eq!(
            listed(&format!("{MARK}\n```text\n{}```\n", picture(&arrows).split_once("\n\n").unwrap().1)).unwrap(),
            arrows
        );
    }

    #[test]
    fn says_which_arrow_differs() {
        let listed = listed(TEXT).unwrap();
        let mut actual = listed.clone();
        actual.get_mut("storage").unwrap().insert("web".to_owned());
        actual.get_mut("web").unwrap().remove("kernel");
        actual.insert("edge".to_owned(), BTreeSet::new());
        let expected = [
            "crate edge is not listed",
            "storage -> web is there and not listed",
            "web -> kernel is listed and not there",
        ];
        assert_eq!(differences(&actual, &listed), expected);
    }
}
