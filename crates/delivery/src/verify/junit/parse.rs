//! One report, as its test cases.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::verify::junit::{Case, CaseState};

const DEPTH_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 500;
const MESSAGE_CHARS_MAX: usize = 2_000;
const TEXT_BYTES_MAX: usize = 64 << 10;

/// The text is no JUnit report.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    #[error("it is not well-formed at byte {at}: {source}")]
    Xml {
        at: u64,
        #[source]
        source: quick_xml::Error,
    },
    #[error("an element's attributes cannot be read")]
    Attribute,
    #[error("its elements are nested more than {DEPTH_MAX} deep")]
    Deep,
    #[error("it ends in the middle")]
    Cut,
    #[error("it has no test suite")]
    NoSuite,
}

/// The cases of a report, in its order.
pub fn parse(text: &str) -> Result<Vec<Case>, Malformed> {
    let mut reader = Reader::from_str(text);
    let mut reading = Reading::default();
    loop {
        let event = reader.read_event().map_err(|source| Malformed::Xml { at: reader.error_position(), source })?;
        match event {
            Event::Start(element) => reading.open(&element)?,
            Event::Empty(element) => {
                reading.open(&element)?;
                reading.close();
            }
            Event::End(_) => reading.close(),
            Event::Text(text) => reading.text(&text.xml10_content()),
            Event::CData(text) => reading.text(&text.xml10_content()),
            Event::GeneralRef(reference) => reading.text(&resolved(&reference)),
            Event::Eof => return reading.finish(),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// Entities that a document type declares are not expanded.
fn resolved(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => resolve_predefined_entity(&reference.xml10_content()).unwrap_or_default().to_owned(),
    }
}

/// An element that is open.
#[derive(Debug)]
enum Open {
    Suite,
    Case,
    /// What makes the case fail.
    Trouble,
    Other,
}

#[derive(Debug, Default)]
struct Reading {
    open: Vec<Open>,
    /// Names of the open suites; empty where a suite has none.
    suites: Vec<String>,
    files: Vec<Option<String>>,
    case: Option<Case>,
    /// What stands in the failures of the open case.
    text: String,
    cases: Vec<Case>,
    has_suite: bool,
}

impl Reading {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Malformed> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Malformed::Deep);
        }
        let name = element.local_name();
        let is_inside_case = self.case.is_some();
        let open = match name.as_ref() {
            "testsuites" => {
                self.has_suite = true;
                Open::Other
            }
            "testsuite" => self.open_suite(element)?,
            "testcase" if !is_inside_case => self.open_case(element)?,
            "failure" | "error" if is_inside_case => self.trouble(element)?,
            "skipped" if is_inside_case => self.skipped(),
            _ => Open::Other,
        };
        self.open.push(open);
        Ok(())
    }

    fn open_suite(&mut self, element: &BytesStart<'_>) -> Result<Open, Malformed> {
        self.has_suite = true;
        self.suites.push(attribute(element, "name")?.unwrap_or_default());
        self.files.push(attribute(element, "file")?.or(attribute(element, "filepath")?));
        Ok(Open::Suite)
    }

    fn open_case(&mut self, element: &BytesStart<'_>) -> Result<Open, Malformed> {
        let class = attribute(element, "classname")?;
        let name = attribute(element, "name")?.unwrap_or_default();
        let file = attribute(element, "file")?.or_else(|| self.files.iter().rev().flatten().next().cloned());
        let name = self.full_name(class.as_deref(), &name);
        self.case = Some(Case { name, class, file, state: CaseState::Passed, message: String::new() });
        Ok(Open::Case)
    }

    /// The suites, the class and the case, without what says nothing or says it twice.
    fn full_name(&self, class: Option<&str>, name: &str) -> String {
        let is_telling = |part: &&str| !matches!(*part, "" | "pytest" | "test" | "root" | "(root)");
        let mut parts: Vec<&str> = Vec::new();
        for part in self.suites.iter().map(String::as_str).chain(class).filter(is_telling) {
            if parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        parts.push(name);
        cut(&parts.join(" > "), NAME_CHARS_MAX)
    }

    fn trouble(&mut self, element: &BytesStart<'_>) -> Result<Open, Malformed> {
        let message = attribute(element, "message")?;
        if let Some(case) = &mut self.case {
            case.state = CaseState::Failed;
            if let Some(message) = message.filter(|_| case.message.is_empty()) {
                message.trim().clone_into(&mut case.message);
            }
        }
        Ok(Open::Trouble)
    }

    fn skipped(&mut self) -> Open {
        if let Some(case) = self.case.as_mut().filter(|case| case.state == CaseState::Passed) {
            case.state = CaseState::Skipped;
        }
        Open::Other
    }

    /// Only the text of a failure counts; a case may also hold what it printed.
    fn text(&mut self, text: &str) {
        if matches!(self.open.last(), Some(Open::Trouble)) && self.text.len() < TEXT_BYTES_MAX {
            self.text.push_str(text);
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Suite) => {
                self.suites.pop();
                self.files.pop();
            }
            Some(Open::Case) => {
                let text = std::mem::take(&mut self.text);
                if let Some(case) = self.case.take() {
                    let message = explained(&case.message, text.trim());
                    self.cases.push(Case { message, ..case });
                }
            }
            Some(Open::Trouble | Open::Other) | None => {}
        }
    }

    fn finish(self) -> Result<Vec<Case>, Malformed> {
        if !self.open.is_empty() {
            return Err(Malformed::Cut);
        }
        if self.has_suite || !self.cases.is_empty() { Ok(self.cases) } else { Err(Malformed::NoSuite) }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Malformed> {
    let Some(attribute) = element.try_get_attribute(name).map_err(|_| Malformed::Attribute)? else { return Ok(None) };
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Malformed::Attribute)?;
    Ok(Some(value.into_owned()))
}

/// The message with the text that follows it, which often begins with the same words.
fn explained(message: &str, text: &str) -> String {
    let whole = match (message.is_empty(), text.is_empty()) {
        (_, true) => message.to_owned(),
        (true, false) => text.to_owned(),
        (false, false) if text.starts_with(message) => text.to_owned(),
        (false, false) => format!("{message}\n{text}"),
    };
    cut(&whole, MESSAGE_CHARS_MAX)
}

/// At most `chars` characters of it.
fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
