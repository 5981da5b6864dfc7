//! `journey evaluate`: the same evaluator over a file of events, without a server.
//!
//! A line is one event in PostHog's shape: `{"uuid"?, "event", "distinct_id", "timestamp", "properties"?}`. The file is read
//! once, line by line; of an event nothing is kept but numbers, and events that fill no step are not kept (unless the order is
//! strict). As in the event log, an id counts once, and so do lines without an id that say the same.

mod line;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use events::RejectedLine;
use kernel::Problem;

use crate::model::kernel::Steps;
use crate::model::report::Asked;
use crate::model::scalar::{Held, pick};
use crate::model::{Definition, Entries, List, Matcher, Order, Report, evaluate};
use line::Line;

/// Longest line.
const LINE_BYTES_MAX: usize = 1 << 20;
/// Most bad lines that are told one by one.
const REJECTED_SHOWN: usize = 100;
/// Most different values of the property that a report is broken down by; the others are nothing known.
const VALUES_MAX: usize = 100_000;
/// Persons that probes are.
const SYNTHETIC: &str = "verifier:";

/// What is asked of a file.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub definition: &'a Definition,
    pub entries: Entries,
    /// A property of the first step's event.
    pub by: Option<&'a str>,
    pub bad_lines: BadLines,
}

/// What becomes of lines that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLines {
    /// The first is an error.
    Refused,
    /// They are left out, counted and told.
    Skipped,
}

/// A report, and what of the file is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub report: Report,
    /// Lines that were not empty.
    pub read: u64,
    /// Events that were there already.
    pub duplicate: u64,
    /// The first hundred of the bad lines.
    pub rejected: Vec<RejectedLine>,
    pub rejected_count: u64,
}

/// Evaluates a file called `name`. An event's window counts as open until the file's last event.
pub fn report(question: &Question<'_>, events: impl BufRead, name: &str) -> Result<Answer, Box<Problem>> {
    let mut reading = Reading::new(question);
    reading.read(events, name)?;
    Ok(reading.finish(question))
}

/// One event, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    person: u32,
    time_ms: i64,
    sequence: u64,
    steps: u32,
    /// Of the property that it is broken down by, from 1; 0 for none.
    value: u32,
}

/// What is known so far.
struct Reading<'a> {
    matcher: Matcher,
    keeps_all: bool,
    by: Option<&'a str>,
    bad_lines: BadLines,
    persons: HashMap<Box<str>, u32>,
    synthetic: HashSet<Box<str>>,
    seen: HashSet<u128>,
    values: Values,
    rows: Vec<Row>,
    last_ms: i64,
    read: u64,
    duplicate: u64,
    rejected: Vec<RejectedLine>,
    rejected_count: u64,
}

impl<'a> Reading<'a> {
    fn new(question: &Question<'a>) -> Self {
        Self {
            matcher: Matcher::new(question.definition),
            keeps_all: question.definition.order == Order::Strict,
            by: question.by,
            bad_lines: question.bad_lines,
            persons: HashMap::new(),
            synthetic: HashSet::new(),
            seen: HashSet::new(),
            values: Values::default(),
            rows: Vec::new(),
            last_ms: i64::MIN,
            read: 0,
            duplicate: 0,
            rejected: Vec::new(),
            rejected_count: 0,
        }
    }

    fn read(&mut self, mut events: impl BufRead, name: &str) -> Result<(), Box<Problem>> {
        let mut bytes = Vec::new();
        for number in 1_u64.. {
            bytes.clear();
            let place = |problem: Problem| Box::new(problem.at(name, u32::try_from(number).unwrap_or(u32::MAX), 1));
            let is_whole = match line::next(&mut events, LINE_BYTES_MAX, &mut bytes) {
                Ok(Some(is_whole)) => is_whole,
                Ok(None) => break,
                Err(error) => return Err(place(Problem::invalid(format!("the file cannot be read: {error}")))),
            };
            if number == 1 && bytes.starts_with(b"PAR1") {
                let problem = Problem::invalid("this is a Parquet file");
                return Err(place(problem.hint("`trunkline event import` takes it; here it must be NDJSON")));
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            self.read += 1;
            let taken = if is_whole {
                self.take(&bytes)
            } else {
                Err(format!("the line has more than {} KiB", LINE_BYTES_MAX >> 10))
            };
            if let Err(reason) = taken {
                if self.bad_lines == BadLines::Refused {
                    let hint = "--skip-bad leaves such lines out and counts them";
                    return Err(place(Problem::invalid(reason).hint(hint)));
                }
                self.rejected_count += 1;
                if self.rejected.len() < REJECTED_SHOWN {
                    self.rejected.push(RejectedLine { line: number, reason });
                }
            }
        }
        Ok(())
    }

    /// Keeps what matters of an event, or says what is wrong with it.
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        let line = Line::parse(bytes)?;
        self.last_ms = self.last_ms.max(line.time_ms);
        let steps = self.matcher.steps(&line.event, line.properties);
        if line.person.starts_with(SYNTHETIC) {
            if !self.synthetic.contains(line.person.as_ref()) {
                self.synthetic.insert(line.person.into());
            }
            return Ok(());
        }
        if steps == 0 && !self.keeps_all {
            return Ok(());
        }
        if !self.seen.insert(line.id()) {
            self.duplicate += 1;
            return Ok(());
        }
        let value = self.by.map_or(0, |by| self.values.of(line.properties, by));
        let (time_ms, sequence) = (line.time_ms, self.read);
        let person = self.person(line.person)?;
        self.rows.push(Row { person, time_ms, sequence, steps, value });
        Ok(())
    }

    fn person(&mut self, id: Cow<'_, str>) -> Result<u32, String> {
        if let Some(person) = self.persons.get(id.as_ref()) {
            return Ok(*person);
        }
        let person = u32::try_from(self.persons.len()).map_err(|_| "there are more than 2^32 persons".to_owned())?;
        self.persons.insert(id.into(), person);
        Ok(person)
    }

    fn finish(mut self, question: &Question<'_>) -> Answer {
        self.rows.sort_unstable();
        let persons: Vec<u64> = self.rows.iter().map(|row| u64::from(row.person)).collect();
        let times_ms: Vec<i64> = self.rows.iter().map(|row| row.time_ms).collect();
        let sequences: Vec<u64> = self.rows.iter().map(|row| row.sequence).collect();
        let steps = Steps::Each(self.rows.iter().map(|row| row.steps).collect());
        let list = List { persons: &persons, times_ms: &times_ms, sequences: &sequences, steps };
        let Question { definition, entries, by, .. } = *question;
        // Nobody knows what happened after the last event, so that is the present.
        let now_ms = if self.rows.is_empty() { self.last_ms.max(0) } else { self.last_ms };
        let outcomes = evaluate(&[list], definition, entries, now_ms);
        let synthetic_persons = Some(self.synthetic.len() as u64);
        let asked = Asked { definition, entries, now_ms, by, synthetic_persons };
        let mut grouping = |outcome: &crate::model::Outcome<'_>| {
            let value = self.rows[outcome.first.row as usize].value;
            self.values.name(value).map(Cow::Borrowed)
        };
        let report = Report::of(&outcomes, &asked, by.is_some().then_some(&mut grouping));
        Answer {
            report,
            read: self.read,
            duplicate: self.duplicate,
            rejected: self.rejected,
            rejected_count: self.rejected_count,
        }
    }
}

/// Values of a property as numbers from 1.
#[derive(Debug, Default)]
struct Values {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Values {
    fn of(&mut self, properties: &serde_json::value::RawValue, by: &str) -> u32 {
        let mut found = [Held::Nothing];
        pick(properties, &[by], &mut found);
        let Some(label) = found[0].label() else { return 0 };
        if let Some(number) = self.numbers.get(label.as_ref()) {
            return *number;
        }
        if self.names.len() >= VALUES_MAX {
            return 0;
        }
        let number = u32::try_from(self.names.len() + 1).unwrap_or(0);
        self.names.push(label.clone().into_owned());
        self.numbers.insert(label.into_owned(), number);
        number
    }

    fn name(&self, number: u32) -> Option<&str> {
        let at = (number as usize).checked_sub(1)?;
        self.names.get(at).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
