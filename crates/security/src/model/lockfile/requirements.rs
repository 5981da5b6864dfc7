//! `requirements.txt`, as pip reads it: what is pinned, and what is not.

mod lines;

use kernel::Problem;

use super::{Content, Include, Unlocked};
use crate::model::ecosystem::Ecosystem;
use crate::model::package::{Origin, Package};
use crate::model::place::Source;
use lines::Line;

/// Options of pip that say nothing of what is installed.
const SETTINGS: [&str; 15] = [
    "-i",
    "-f",
    "-c",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--constraint",
    "--no-index",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--pre",
    "--trusted-host",
    "--require-hashes",
    "--use-feature",
];

pub(super) fn read(source: Source<'_>) -> Result<Content, Problem> {
    let mut content = Content::default();
    for line in lines::of(source)? {
        if line.text.starts_with('-') {
            option(source, &line, &mut content)?;
        } else {
            requirement(source, &line, &mut content)?;
        }
    }
    Ok(content)
}

fn option(source: Source<'_>, line: &Line, content: &mut Content) -> Result<(), Problem> {
    let is_separator = |c: char| c == '=' || c.is_whitespace();
    // The value of a short option may follow at once.
    let is_short = !line.text.starts_with("--");
    let end = if is_short { line.text.char_indices().nth(2).map(|(end, _)| end) } else { line.text.find(is_separator) };
    let (name, value) = line.text.split_at(end.unwrap_or(line.text.len()));
    let value = value.trim_start_matches(is_separator).trim();
    match name {
        "-r" | "--requirement" if !value.is_empty() => {
            content.includes.push(Include { line: line.number, path: value.to_owned() });
        }
        "-e" | "--editable" => {
            content
                .unlocked
                .push(unlocked(line, &format!("{value} is a folder or repository; what it needs is not here")));
        }
        setting if SETTINGS.contains(&setting) => {}
        _ => {
            let problem = Problem::invalid(format!("pip has no option {name:?} in such a file"));
            return Err(source.at(line.offset, problem.hint("one requirement or option stands on a line")));
        }
    }
    Ok(())
}

fn unlocked(line: &Line, reason: &str) -> Unlocked {
    Unlocked { line: line.number, reason: reason.to_owned() }
}

fn requirement(source: Source<'_>, line: &Line, content: &mut Content) -> Result<(), Problem> {
    let text = line.text.split(" --").next().unwrap_or(&line.text).trim();
    if is_address(text) {
        content.unlocked.push(unlocked(line, &format!("{text} is a file or address; its version is not here")));
        return Ok(());
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    let Some(rest) = without_extras(rest.trim_start()).filter(|_| is_name) else {
        return Err(invalid(source, line, &format!("{text:?} is not a requirement")));
    };
    let specifiers = rest.split(';').next().unwrap_or(rest).trim();
    if let Some(url) = specifiers.strip_prefix('@') {
        content.unlocked.push(unlocked(line, &format!("{name} comes from {}; its version is not here", url.trim())));
        return Ok(());
    }
    match pin(specifiers) {
        Ok(Some(version)) => {
            let (ecosystem, origin) = (Ecosystem::PyPi, Origin::Registry);
            content.packages.push(Package { ecosystem, name: name.to_owned(), version: version.to_owned(), origin });
        }
        Ok(None) => content.unlocked.push(unlocked(line, &format!("{name} is not pinned to one version"))),
        Err(specifier) => return Err(invalid(source, line, &format!("{specifier:?} is not a version specifier"))),
    }
    Ok(())
}

fn invalid(source: Source<'_>, line: &Line, what: &str) -> Problem {
    source.at(
        line.offset,
        Problem::invalid(what).hint("a requirement looks like name==1.2.3 ; python_version >= \"3.9\""),
    )
}

fn is_address(text: &str) -> bool {
    let first = text.split([' ', '@', ';']).next().unwrap_or(text);
    text.starts_with(['.', '/']) || first.contains("://") || first.contains('/') || is_wheel(first)
}

fn is_wheel(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("whl"))
}

/// What is after `[extra, extra]`; none if that is not closed.
fn without_extras(rest: &str) -> Option<&str> {
    match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map(|(_, rest)| rest.trim_start()),
        None => Some(rest),
    }
}

/// The one version that `==` or `===` allows, or what is no specifier.
fn pin(specifiers: &str) -> Result<Option<&str>, &str> {
    let within = specifiers.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(specifiers);
    let mut pinned = None;
    for specifier in within.split(',').map(str::trim).filter(|specifier| !specifier.is_empty()) {
        let end = specifier.find(|c| !"=<>!~".contains(c)).unwrap_or(specifier.len());
        let (operator, version) = specifier.split_at(end);
        let version = version.trim();
        let is_version = !version.is_empty() && !version.contains(char::is_whitespace);
        match operator {
            "==" | "===" if is_version && !version.ends_with('*') => pinned = Some(version),
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "~=" if is_version => {}
            _ => return Err(specifier),
        }
    }
    Ok(pinned)
}
