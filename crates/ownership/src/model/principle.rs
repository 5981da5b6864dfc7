//! `principles/*.md`: what the people of a product agreed on, for everybody to read, and the checks that hold them to it.
//!
//! A page begins with front matter; the rest is Markdown. A principle without checks is stated only. The default mode is to
//! observe: nothing is stopped until its people turn it on.

use jiff::civil::Date;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;
use utoipa::ToSchema;

use super::pattern::name_matches;
use super::yaml::Document;
use super::{Check, Place};

/// What a violation does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrincipleMode)]
pub enum Mode {
    /// It is shown, with what it would have stopped.
    #[default]
    Observe,
    /// It is told to whoever makes it.
    Warn,
    /// It stops what the gates guard.
    Deny,
}

/// Where a principle can stop something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrincipleGate)]
pub enum Gate {
    Merge,
    /// What must not be merged is not deployed either.
    Deployment,
    /// A flag that breaks it is seen by verifiers, testers and the segment `internal` alone.
    Exposure,
}

/// Which technology is used, tried and left behind. A star in a name stands for any text; `npm:` and the like before it are
/// for one ecosystem only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Radar {
    pub adopt: Vec<String>,
    pub trial: Vec<String>,
    pub hold: Vec<String>,
}

/// Where a package is on a radar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    Adopt,
    Trial,
    Hold,
}

impl Radar {
    /// The ring of a package; what is on hold is so even if a star also adopts it.
    pub fn ring(&self, ecosystem: &str, name: &str) -> Option<Ring> {
        let lists = |list: &[String]| {
            list.iter().any(|item| match item.split_once(':') {
                Some((of, pattern)) => of == ecosystem && name_matches(pattern, name),
                None => name_matches(item, name),
            })
        };
        let rings = [(&self.hold, Ring::Hold), (&self.adopt, Ring::Adopt), (&self.trial, Ring::Trial)];
        rings.into_iter().find(|(list, _)| lists(list)).map(|(_, ring)| ring)
    }
}

/// One principle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principle {
    /// The name of its file.
    pub id: String,
    pub statement: String,
    pub why: String,
    /// By name; who agreed elsewhere is not here.
    pub agreed_by: Vec<String>,
    /// The page's, else its first heading's, else the name of the file.
    pub title: String,
    pub decided: Option<Date>,
    /// When to look at it again.
    pub review: Option<Date>,
    pub checks: Vec<(Check, u32)>,
    pub mode: Mode,
    pub gates: Vec<Gate>,
    pub radar: Option<Radar>,
    /// The page below the front matter, as Markdown.
    pub page: String,
    pub place: Place,
}

impl Principle {
    /// Whether it can stop something there.
    pub fn stops_at(&self, gate: Gate) -> bool {
        self.gates.contains(&gate) || gate == Gate::Deployment && self.gates.contains(&Gate::Merge)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    statement: Spanned<String>,
    #[serde(default)]
    why: Option<String>,
    #[serde(default, alias = "agreed", alias = "deciders")]
    agreed_by: Vec<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    decided: Option<Date>,
    #[serde(default)]
    review: Option<Date>,
    #[serde(default)]
    checks: Vec<Spanned<Check>>,
    #[serde(default)]
    mode: Mode,
    #[serde(default = "merge")]
    gates: Vec<Gate>,
    #[serde(default)]
    radar: Option<Radar>,
}

fn merge() -> Vec<Gate> {
    vec![Gate::Merge]
}

/// Reads a page.
pub(crate) fn read(text: &str, file: &str) -> Result<Principle, Problem> {
    let whole = Document::whole(text, file)?;
    let Some((front, page)) = parts(text) else {
        let problem = Problem::invalid("the page does not begin with front matter").at(file, 1, 1);
        return Err(problem.hint("write `---`, `statement: …`, `why: …`, `checks: […]`, `---` above the text"));
    };
    let front: Front = Document { text: front, lines_before: 1, ..whole }.read(missing)?;
    let line = misread::place(front.statement.referenced).0 + 1;
    let why = front.why.unwrap_or_else(|| prose(page));
    let complete = |what: &str, text: &str| {
        let problem = Problem::invalid(format!("{what:?} is missing")).at(file, line, 1);
        if text.trim().is_empty() { Err(problem.hint(missing(what))) } else { Ok(()) }
    };
    complete("statement", &front.statement.value)?;
    complete("why", &why)?;
    let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".md");
    Ok(Principle {
        id: stem.to_owned(),
        title: front.title.or_else(|| heading(page)).unwrap_or_else(|| stem.to_owned()),
        decided: front.decided,
        review: front.review,
        statement: front.statement.value,
        why,
        agreed_by: front.agreed_by,
        checks: front.checks.into_iter().map(|check| (check.value, misread::place(check.referenced).0 + 1)).collect(),
        mode: front.mode,
        gates: front.gates,
        radar: front.radar,
        page: page.trim().to_owned(),
        place: Place { file: file.into(), line },
    })
}

/// Front matter and page.
fn parts(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start_matches('\u{FEFF}').strip_prefix("---")?;
    let rest = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n"))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn heading(page: &str) -> Option<String> {
    page.lines().find_map(|line| line.strip_prefix("# ")).map(|title| title.trim().to_owned())
}

/// The first paragraph that is no heading.
fn prose(page: &str) -> String {
    let paragraphs = page.split("\n\n").map(str::trim);
    paragraphs.filter(|text| !text.is_empty() && !text.starts_with('#')).map(str::to_owned).next().unwrap_or_default()
}

/// What a key that must be there is for.
fn missing(key: &str) -> &'static str {
    match key {
        "statement" => {
            "one sentence that everybody understands, for example `statement: A domain's tables are its own`"
        }
        "why" => "what goes wrong without it; or write it as the page's first paragraph",
        _ => "docs/reference/ownership.md has every key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
---
statement: A domain's tables are written by that domain alone.
agreed_by: [ann, bob]
checks: [write-to-foreign-table]
mode: deny
radar: { adopt: ['npm:pg', '@types/*'], hold: [moment] }
---
# Own data

Two writers of one table cannot both be right.
";

    fn told(right: &str, wrong: &str) -> String {
        read(&PAGE.replacen(right, wrong, 1), "principles/own-data.md").unwrap_err().told()
    }

    #[test]
    fn a_page_is_for_everybody() {
        let principle = read(PAGE, "principles/own-data.md").unwrap();
        assert_eq!((principle.id.as_str(), principle.title.as_str()), ("own-data", "Own data"));
        assert_eq!(principle.why, "Two writers of one table cannot both be right.");
        assert_eq!((principle.mode, principle.gates), (Mode::Deny, vec![Gate::Merge]));
        assert_eq!(principle.checks, [(Check::WriteToForeignTable, 4)]);
        let observed = read(&PAGE.replace("mode: deny\n", ""), "principles/a.md").unwrap();
        assert_eq!(observed.mode, Mode::Observe, "the default");
    }

    #[test]
    fn every_mistake_has_its_place_and_a_hint() {
        for (right, wrong, wanted) in [
            (
                "write-to",
                "wriet-to",
                "principles/own-data.md:4:10: \"wriet-to-foreign-table\" is not known here; did you mean \"write-to-foreign-table\"?",
            ),
            ("mode: deny", "mode: block", "principles/own-data.md:5:7: \"block\" is not known here; "),
            ("mode: deny", "mod: deny", "principles/own-data.md:5:1: unknown key \"mod\"; did you mean \"mode\"?"),
            ("statement: A", "why: A", "principles/own-data.md:"),
            ("---\nstatement", "statement", "principles/own-data.md:1:1: the page does not begin with front matter"),
        ] {
            let told = told(right, wrong);
            assert!(told.starts_with(wanted), "{told}");
        }
    }

    #[test]
    fn a_radar_has_rings() {
        let radar = read(PAGE, "principles/own-data.md").unwrap().radar.unwrap();
        assert_eq!(radar.ring("npm", "pg"), Some(Ring::Adopt));
        assert_eq!(radar.ring("pypi", "pg"), None);
        assert_eq!(radar.ring("npm", "@types/pg"), Some(Ring::Adopt));
        assert_eq!(radar.ring("npm", "moment"), Some(Ring::Hold));
    }
}
