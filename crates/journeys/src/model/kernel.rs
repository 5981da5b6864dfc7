//! From lists of events, each sorted by (person, time), to outcomes: one merge over the lists, person by person.
//!
//! Nothing is hashed, and nothing is allocated per person. Persons who never did what a journey begins with are passed over.
//! Large lists are cut at persons and evaluated by several threads; the answer does not depend on how many.

use std::ops::Range;
use std::thread;

use events::EventRows;

use super::chain::{Evaluator, Event, Rules};
use super::outcomes::{Entries, Outcome, Outcomes, Place};
use super::{Definition, Matcher, Order};

/// Below this many events per thread, another thread does not pay.
const EVENTS_PER_THREAD_MIN: usize = 100_000;
const THREADS_MAX: usize = 8;

/// The events of one name. Columns have equal lengths and are sorted by (person, time, sequence).
#[derive(Debug)]
pub struct List<'a> {
    pub persons: &'a [u64],
    pub times_ms: &'a [i64],
    /// Breaks ties of time where two events would do.
    pub sequences: &'a [u64],
    pub steps: Steps,
}

impl<'a> List<'a> {
    /// The rows of the event log, as a journey sees them.
    pub fn of(rows: &'a EventRows, matcher: &Matcher) -> Self {
        List {
            persons: &rows.persons,
            times_ms: &rows.times_ms,
            sequences: &rows.sequences,
            steps: matcher.column(rows),
        }
    }

    /// What a person of `since` did before the instant that is theirs fills none of these steps. `since` is in order of persons.
    #[must_use]
    pub fn only_since(self, since: &[Since], steps: u32) -> Self {
        if since.is_empty() || self.steps.any() & steps == 0 {
            return self;
        }
        let mut rest = since;
        let left = |row: usize| {
            let person = self.persons[row];
            rest = &rest[rest.iter().take_while(|since| since.person < person).count()..];
            let is_too_early = rest.first().is_some_and(|s| s.person == person && self.times_ms[row] < s.at_ms);
            if is_too_early { self.steps.of(row) & !steps } else { self.steps.of(row) }
        };
        let left = (0..self.persons.len()).map(left).collect();
        Self { steps: Steps::Each(left), ..self }
    }
}

/// From when on it is looked at what a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Since {
    /// The key of the resolved person.
    pub person: u64,
    pub at_ms: i64,
}

/// The steps that events can fill, as bits.
#[derive(Debug)]
pub enum Steps {
    /// The same for all events of a list.
    All(u32),
    Each(Vec<u32>),
}

impl Steps {
    fn of(&self, row: usize) -> u32 {
        match self {
            Self::All(steps) => *steps,
            Self::Each(steps) => steps[row],
        }
    }

    fn any(&self) -> u32 {
        match self {
            Self::All(steps) => *steps,
            Self::Each(steps) => steps.iter().fold(0, |all, steps| all | steps),
        }
    }
}

/// What became of everybody. For strict order the lists must hold all events of each person, not only those that fill steps.
pub fn evaluate(lists: &[List<'_>], definition: &Definition, entries: Entries, now_ms: i64) -> Outcomes {
    let rules =
        Rules { order: definition.order, steps: definition.steps.len(), within_ms: definition.within_ms(), entries };
    let mut parts = cut(lists, threads(lists)).into_iter();
    let first = parts.next().unwrap_or_default();
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || run(lists, part, rules, now_ms))).collect();
        let mut outcomes = run(lists, first, rules, now_ms);
        for other in others {
            outcomes.append(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        outcomes
    })
}

fn threads(lists: &[List<'_>]) -> usize {
    let events: usize = lists.iter().map(|list| list.persons.len()).sum();
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (events / EVENTS_PER_THREAD_MIN).clamp(1, cores.min(THREADS_MAX))
}

/// Ranges of each list, so that no person is in two parts.
fn cut(lists: &[List<'_>], parts: usize) -> Vec<Vec<Range<usize>>> {
    let Some(longest) = lists.iter().map(|list| list.persons).max_by_key(|persons| persons.len()) else {
        return Vec::new();
    };
    let mut starts = vec![0; lists.len()];
    let mut ranges = Vec::with_capacity(parts);
    for part in 1..=parts {
        let ends: Vec<usize> = match longest.get(longest.len() * part / parts) {
            Some(person) => lists.iter().map(|list| list.persons.partition_point(|other| other < person)).collect(),
            None => lists.iter().map(|list| list.persons.len()).collect(),
        };
        ranges.push(starts.iter().zip(&ends).map(|(start, end)| *start..*end).collect());
        starts = ends;
    }
    ranges
}

/// A place in one list.
#[derive(Debug)]
struct Cursor<'a> {
    list: &'a List<'a>,
    number: u32,
    next: usize,
    end: usize,
    /// A journey can begin with an event of this list.
    enters: bool,
}

impl Cursor<'_> {
    fn person(&self) -> Option<u64> {
        (self.next < self.end).then(|| self.list.persons[self.next])
    }

    /// Goes to the first event of `person` or of somebody after them.
    fn skip_to(&mut self, person: u64) {
        let persons = &self.list.persons[..self.end];
        let mut stride = 1;
        while self.next + stride < self.end && persons[self.next + stride] < person {
            self.next += stride;
            stride *= 2;
        }
        let end = (self.next + stride + 1).min(self.end);
        self.next += persons[self.next..end].partition_point(|other| *other < person);
    }

    /// Takes all events of `person`; how many they were.
    fn take(&mut self, person: u64, keeps_all: bool, into: &mut Vec<Event>) {
        while self.next < self.end && self.list.persons[self.next] == person {
            let row = self.next;
            let steps = self.list.steps.of(row);
            if steps != 0 || keeps_all {
                into.push(Event {
                    time_ms: self.list.times_ms[row],
                    sequence: self.list.sequences[row],
                    steps,
                    place: Place { list: self.number, row: u32::try_from(row).expect("a list has below 2^32 events") },
                });
            }
            self.next += 1;
        }
    }
}

fn run(lists: &[List<'_>], ranges: Vec<Range<usize>>, rules: Rules, now_ms: i64) -> Outcomes {
    let entering = if rules.order == Order::Any { u32::MAX } else { 1 };
    let mut cursors: Vec<Cursor<'_>> = Vec::with_capacity(lists.len());
    for (number, (list, range)) in (0..).zip(lists.iter().zip(ranges)) {
        let enters = list.steps.any() & entering != 0;
        cursors.push(Cursor { list, number, next: range.start, end: range.end, enters });
    }
    let mut evaluator = Evaluator::new(rules);
    let mut outcomes = Outcomes::default();
    let mut events = Vec::new();
    while let Some(person) = cursors.iter().filter(|cursor| cursor.enters).filter_map(Cursor::person).min() {
        gather(&mut cursors, person, rules.order == Order::Strict, &mut events);
        if let Some(gone) = evaluator.evaluate(&events) {
            let is_pending = gone.open_until_ms.is_some_and(|until| until >= now_ms);
            outcomes.push(&Outcome { person, times_ms: gone.times_ms, first: gone.first, is_pending });
        }
    }
    outcomes
}

/// All events of one person in order of time.
fn gather(cursors: &mut [Cursor<'_>], person: u64, keeps_all: bool, events: &mut Vec<Event>) {
    events.clear();
    let mut lists = 0;
    for cursor in cursors {
        if cursor.person().is_some_and(|next| next < person) {
            cursor.skip_to(person);
        }
        let before = events.len();
        cursor.take(person, keeps_all, events);
        lists += usize::from(events.len() > before);
    }
    if lists > 1 {
        events.sort_unstable_by_key(|event| (event.time_ms, event.sequence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_between_persons() {
        let persons: Vec<u64> = (0..1000).map(|n| n / 7).collect();
        let few = [3, 3, 90, 142];
        let zeros = vec![0; 1000];
        let sequences = vec![0; 1000];
        let list = |persons| List { persons, times_ms: &zeros, sequences: &sequences, steps: Steps::All(1) };
        let lists = [list(&persons), list(&few)];
        let parts = cut(&lists, 3);
        assert_eq!(parts.len(), 3);
        for (list, whole) in lists.iter().enumerate() {
            let cut: Vec<u64> = parts.iter().flat_map(|part| &whole.persons[part[list].clone()]).copied().collect();
            assert_eq!(cut, whole.persons, "nothing is lost and nothing is there twice");
            for pair in parts.windows(2) {
                let (end, start) = (pair[0][list].end, pair[1][list].start);
                assert_eq!(end, start);
                if end > 0 && end < whole.persons.len() {
                    assert!(whole.persons[end - 1] < whole.persons[end], "a person is in two parts");
                }
            }
        }
    }

    #[test]
    fn skipping_lands_on_the_person_or_behind() {
        let persons: Vec<u64> = (0..500).map(|n| n * 2).collect();
        let zeros = vec![0; 500];
        let sequences = vec![0; 500];
        let list = List { persons: &persons, times_ms: &zeros, sequences: &sequences, steps: Steps::All(1) };
        for start in [0, 1, 17, 499] {
            for person in persons[start]..1003 {
                let mut cursor = Cursor { list: &list, number: 0, next: start, end: 500, enters: true };
                cursor.skip_to(person);
                let expected = persons.partition_point(|other| *other < person).max(start);
                assert_eq!(cursor.next, expected, "from {start} to {person}");
            }
        }
    }
}
