//! A funnel of three steps over ten million events in memory: the kernel alone.
//!
//! `cargo bench -p journeys`. Without `--bench` (as tests run it) it only shows that it works, on a thousandth of the events.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks, and ends where it cannot go on")]

use std::time::{Duration, Instant};

use events::EventRows;
use journeys::model::{Definition, Entries, List, Matcher, evaluate, parse};

const JOURNEY: &str = "
journey: checkout
within: 1d
steps:
  - { name: seen, event: e1 }
  - { name: basket, event: e2 }
  - { name: paid, event: e3 }
";

const EVENTS: usize = 10_000_000;
const EVENTS_PER_PERSON: usize = 10;
const NAMES: u64 = 200;
const DAYS_90_MS: u64 = 90 * 86_400_000;
const ROUNDS: usize = 10;

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (events, rounds) = if is_bench { (EVENTS, ROUNDS) } else { (EVENTS / 1_000, 1) };
    let rows = generate(events);
    let definition = parse(JOURNEY, "checkout.yaml").unwrap();
    let mut took: Vec<Duration> = Vec::new();
    let mut persons = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        persons = funnel(&rows, &definition);
        took.push(start.elapsed());
    }
    took.sort_unstable();
    let read: usize = rows.iter().map(|list| list.persons.len()).sum();
    println!("{events} events, of which the kernel reads {read}; persons by step {persons:?}");
    println!("median {:?}, fastest {:?} of {rounds}", took[rounds / 2], took[0]);
}

fn funnel(rows: &[EventRows], definition: &Definition) -> Vec<usize> {
    let matcher = Matcher::new(definition);
    let list = |rows| List::of(rows, &matcher);
    let lists: Vec<List<'_>> = rows.iter().map(list).collect();
    let outcomes = evaluate(&lists, definition, Entries::ALL, i64::MAX);
    (1..=3).map(|depth| outcomes.iter().filter(|outcome| outcome.depth() >= depth).count()).collect()
}

/// Persons with about ten events each; names are skewed, so that the three of the journey are about a sixteenth of all.
fn generate(events: usize) -> Vec<EventRows> {
    let mut lists: Vec<EventRows> =
        ["e1", "e2", "e3"].map(|name| EventRows { name: name.to_owned(), ..EventRows::default() }).into();
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut sequence = 0;
    for person in 0..events / EVENTS_PER_PERSON {
        let start = below(DAYS_90_MS);
        let mut times: Vec<u64> = (0..EVENTS_PER_PERSON).map(|_| start + below(3 * 86_400_000)).collect();
        times.sort_unstable();
        for time in times {
            sequence += 1;
            // The square of a uniform number prefers the low ones.
            let name = below(NAMES) * below(NAMES) / NAMES;
            if let Some(list) = usize::try_from(name).ok().and_then(|name| lists.get_mut(name)) {
                list.persons.push(person as u64);
                list.times_ms.push(i64::try_from(time).unwrap());
                list.sequences.push(sequence);
                list.releases.push(None);
            }
        }
    }
    lists
}
