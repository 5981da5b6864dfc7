//! `waivers.yaml`: what may break a check for a while, why, until when, and who of the owning domain approved it.
//!
//! One waiver a line, so that a change of one is one line:
//!
//! ```yaml
//! - { check: flag-without-expiry, what: gift-wrap, reason: "…", expires: 2027-01-31, approver: ann, author: bob }
//! ```

use std::fmt;

use jiff::civil::Date;
use kernel::Problem;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::yaml::{Document, Entries};
use super::{Check, Pattern, Place, Word};

/// Where they are.
pub const FILE: &str = "waivers.yaml";
/// A waiver is for a while; one that lasts longer is told.
pub const DAYS_MAX: i32 = 90;
const KEYS: [&str; 6] = ["check", "what", "reason", "expires", "approver", "author"];

/// One waiver, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    pub check: Check,
    /// A path, a pattern of paths, or the name of what breaks the check.
    pub what: String,
    pub reason: String,
    /// The last day on which it counts.
    pub expires: Date,
    pub approver: String,
    /// Who asked for it.
    pub author: Option<String>,
    /// Nowhere, if it was granted at run time.
    pub place: Place,
    pub approval: Approval,
}

/// How it is known that the approver did approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// They granted it on the server, as the person of their token; its number.
    AtRunTime(u64),
    /// By what the commit says that brought the line.
    Brought(Brought),
    /// It is not known who brought the line.
    Unknown,
}

/// Who brought a line, and who approved of it, as its commit says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// The commit's author, by name or address.
    pub author: String,
    /// The values of its trailers `Approved-by` and `Reviewed-by`.
    pub approved_by: Vec<String>,
}

impl Waiver {
    /// As people call it.
    pub(crate) fn called(&self) -> String {
        match self.number() {
            Some(number) => format!("waiver {number}"),
            None => format!("the waiver in {}", self.place),
        }
    }

    /// Its number, if it was granted at run time.
    pub fn number(&self) -> Option<u64> {
        match self.approval {
            Approval::AtRunTime(number) => Some(number),
            Approval::Brought(_) | Approval::Unknown => None,
        }
    }

    /// Whether it is about a violation of its check.
    pub fn covers(&self, what: &str, path: Option<&str>) -> bool {
        let by_path = || path.is_some_and(|path| Pattern::new(&self.what).is_ok_and(|pattern| pattern.matches(path)));
        self.what == what || by_path()
    }

    /// The line that says it.
    pub fn line(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let author = self.author.as_ref().map_or(String::new(), |author| format!(", author: {}", quoted(author)));
        format!(
            "- {{ check: {}, what: {}, reason: {}, expires: {}, approver: {}{author} }}",
            self.check.name(),
            quoted(&self.what),
            quoted(&self.reason),
            self.expires,
            quoted(&self.approver),
        )
    }
}

/// A list, or the list under `waivers`.
struct List(Vec<Spanned<Entries<Spanned<String>>>>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of waivers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<List, A::Error> {
        let mut all = Vec::new();
        while let Some(waiver) = from.next_element()? {
            all.push(waiver);
        }
        Ok(List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<List, A::Error> {
        let mut all = Vec::new();
        while let Some(key) = from.next_key::<String>()? {
            if key != "waivers" {
                return Err(serde::de::Error::unknown_field(&key, &["waivers"]));
            }
            all.extend(from.next_value::<Option<Vec<_>>>()?.unwrap_or_default());
        }
        Ok(List(all))
    }
}

/// The waivers of a file; a wrong one is told and stops no other.
pub(crate) fn read(text: &str, file: &str) -> (Vec<Waiver>, Vec<Problem>) {
    let list = Document::all(text, file).and_then(|documents| match documents.first() {
        Some(document) => {
            document.read::<List>(|_| "a waiver is one line of a list").map(|list| (list.0, document.lines_before))
        }
        None => Ok((vec![], 0)),
    });
    let (list, before) = match list {
        Ok(list) => list,
        Err(problem) => return (vec![], vec![problem]),
    };
    let mut waivers = Vec::new();
    let mut problems = Vec::new();
    for entries in list {
        match waiver(entries, before, file) {
            Ok(waiver) => waivers.push(waiver),
            Err(problem) => problems.push(problem),
        }
    }
    (waivers, problems)
}

fn waiver(entries: Spanned<Entries<Spanned<String>>>, before: u32, file: &str) -> Result<Waiver, Problem> {
    let (line, column) = misread::place(entries.referenced);
    let mut fields: [Option<Spanned<String>>; KEYS.len()] = Default::default();
    for (key, value) in entries.value.0 {
        let Some(at) = KEYS.iter().position(|known| *known == key.value) else {
            let problem = Problem::invalid(format!("unknown key {:?}", key.value));
            let (line, column) = misread::place(key.referenced);
            let hint = misread::suggestion(&key.value, KEYS.into_iter());
            return Err(problem.at(file, before + line, column).hint(hint));
        };
        fields[at] = Some(value);
    }
    let [check, what, reason, expires, approver, author] = fields;
    let place = Place { file: file.into(), line: before + line };
    let need = |key: &str, value: Option<Spanned<String>>| {
        let problem = Problem::invalid(format!("{key:?} is missing")).at(file, before + line, column);
        value.filter(|value| !value.value.trim().is_empty()).ok_or_else(|| problem.hint(missing(key)))
    };
    let reason = need("reason", reason)?;
    Ok(Waiver {
        check: known_check(&need("check", check)?, before, file)?,
        what: need("what", what)?.value,
        reason: reason.value,
        expires: day(&need("expires", expires)?, before, file)?,
        approver: need("approver", approver)?.value,
        author: author.map(|author| Word::after(before, author).text),
        place,
        approval: Approval::Unknown,
    })
}

fn known_check(word: &Spanned<String>, before: u32, file: &str) -> Result<Check, Problem> {
    let (line, column) = misread::place(word.referenced);
    Check::called(&word.value).map_err(|problem| problem.at(file, before + line, column))
}

fn day(word: &Spanned<String>, before: u32, file: &str) -> Result<Date, Problem> {
    let (line, column) = misread::place(word.referenced);
    let problem = || Problem::invalid(format!("{:?} is not a day", word.value)).at(file, before + line, column);
    word.value.parse().map_err(|_| problem().hint("for example 2027-03-31"))
}

/// What a key that must be there is for.
fn missing(key: &str) -> &'static str {
    match key {
        "check" => "the check that it is about, for example `check: file-without-owner`",
        "what" => "a path, a pattern of paths, or the name of a flag, event, table or package",
        "reason" => "why it may be so for a while",
        "expires" => "the last day, at most 90 days from now, for example `expires: 2027-03-31`",
        _ => "someone of the owning domain, and not who asks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "- { check: file-without-owner, what: 'tools/', reason: \"moving: soon\", expires: 2027-01-31, approver: ann }\n";

    #[test]
    fn what_is_written_is_read_again() {
        let (waivers, problems) = read(LINE, FILE);
        assert_eq!(problems, []);
        assert!(waivers[0].covers("tools/a", Some("tools/a")) && !waivers[0].covers("src/a", Some("src/a")));
        let written = Waiver { author: Some("bob".into()), reason: "a \"b\": # c".into(), ..waivers[0].clone() };
        assert_eq!(read(&written.line(), FILE).0, [written]);
        assert_eq!(read(&format!("waivers:\n{LINE}"), FILE).0.len(), 1);
        assert_eq!(read("# none yet\n", FILE), (vec![], vec![]));
    }

    #[test]
    fn a_wrong_waiver_is_told_and_stops_no_other() {
        for (right, wrong, wanted) in [
            (
                "file-without",
                "flie-without",
                "waivers.yaml:1:12: \"flie-without-owner\" is no check; did you mean \"file-without-owner\"?",
            ),
            ("2027-01-31", "soon", "waivers.yaml:1:81: \"soon\" is not a day; for example 2027-03-31"),
            (", approver: ann", "", "waivers.yaml:1:3: \"approver\" is missing; "),
            ("approver", "aprover", "waivers.yaml:1:"),
            ("\"moving: soon\"", "''", "waivers.yaml:1:3: \"reason\" is missing; "),
        ] {
            let (waivers, problems) = read(&format!("{}{LINE}", LINE.replacen(right, wrong, 1)), FILE);
            assert_eq!((waivers.len(), problems.len()), (1, 1), "{wrong}");
            assert!(problems[0].told().starts_with(wanted), "{}", problems[0].told());
        }
    }
}
