//! The evaluator against exhaustive search, on many small random streams: equal times, repeated steps, events that fit
//! several steps, edges of windows and of ranges.

use super::*;

const STREAMS: u64 = 10_000;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn time(&mut self, span: u64) -> i64 {
        i64::try_from(self.below(span)).unwrap()
    }
}

struct Case {
    rules: Rules,
    events: Vec<Event>,
}

/// A person of at most seven events over a span so short that they meet.
fn case(seed: u64, order: Order) -> Case {
    let mut random = Random(seed);
    let steps = 1 + usize::try_from(random.below(4)).unwrap();
    let span = [4, 8, 12, 30][usize::try_from(random.below(4)).unwrap()];
    let mut times: Vec<i64> = (0..random.below(8)).map(|_| random.time(span)).collect();
    times.sort_unstable();
    let within_ms = random.time(span);
    let (from_ms, to_ms) =
        if random.below(2) == 0 { (random.time(span), random.time(span)) } else { (i64::MIN, i64::MAX) };
    let entries = Entries { from_ms, to_ms };
    // Few bits at a time, so that repeats and events for several steps are both frequent.
    let mask = |random: &mut Random| {
        u32::try_from(random.below(1 << steps) & random.below(1 << steps)).unwrap() | (1 << random.below(steps as u64))
    };
    let event = |(row, time_ms): (u32, i64)| {
        let steps = if random.below(5) == 0 { 0 } else { mask(&mut random) };
        Event { time_ms, sequence: u64::from(row), steps, place: Place { list: 0, row } }
    };
    let events = (0..).zip(times).map(event).collect();
    Case { rules: Rules { order, steps, within_ms, entries }, events }
}

/// The best chain: deepest; of those first there; of those begun last; of those each step done first.
fn better(a: &[i64], b: &[i64]) -> bool {
    let key = |chain: &[i64]| {
        (std::cmp::Reverse(chain.len()), chain.last().copied(), chain.first().map(|t| -t), chain.to_vec())
    };
    key(a) < key(b)
}

fn keep(best: &mut Vec<i64>, chain: &[i64]) {
    if better(chain, best) {
        *best = chain.to_vec();
    }
}

fn ordered(case: &Case) -> Vec<i64> {
    fn extend(case: &Case, used: &mut Vec<usize>, best: &mut Vec<i64>) {
        let times: Vec<i64> = used.iter().map(|at| case.events[*at].time_ms).collect();
        keep(best, &times);
        if used.len() == case.rules.steps {
            return;
        }
        for (at, event) in case.events.iter().enumerate() {
            let follows = match (times.first(), times.last()) {
                (Some(first), Some(last)) => event.time_ms >= *last && event.time_ms - first <= case.rules.within_ms,
                _ => case.rules.entries.contain(event.time_ms),
            };
            if follows && !used.contains(&at) && event.steps & (1 << used.len()) != 0 {
                used.push(at);
                extend(case, used, best);
                used.pop();
            }
        }
    }
    let mut best = Vec::new();
    extend(case, &mut Vec::new(), &mut best);
    best
}

/// Every order of the events in which times do not fall.
fn orders(events: &[Event], taken: &mut Vec<Event>, visit: &mut impl FnMut(&[Event])) {
    let is_taken = |event: &Event, taken: &[Event]| taken.iter().any(|other| other.sequence == event.sequence);
    let next = events.iter().filter(|event| !is_taken(event, taken)).map(|event| event.time_ms).min();
    let Some(next) = next else { return visit(taken) };
    for event in events {
        if event.time_ms == next && !is_taken(event, taken) {
            taken.push(*event);
            orders(events, taken, visit);
            taken.pop();
        }
    }
}

fn strict(case: &Case) -> Vec<i64> {
    let mut best = Vec::new();
    orders(&case.events, &mut Vec::new(), &mut |order| {
        for start in 0..order.len() {
            let mut chain = Vec::new();
            for event in &order[start..] {
                let is_in_time = match chain.first() {
                    Some(first) => event.time_ms - first <= case.rules.within_ms,
                    None => case.rules.entries.contain(event.time_ms),
                };
                if chain.len() == case.rules.steps || event.steps & (1 << chain.len()) == 0 || !is_in_time {
                    break;
                }
                chain.push(event.time_ms);
                keep(&mut best, &chain);
            }
        }
    });
    best
}

/// How many steps the events can fill, by trying everything.
fn fills(events: &[Event], steps: u32) -> usize {
    let Some((event, others)) = events.split_first() else { return 0 };
    let without = fills(others, steps);
    let with = (0..20).filter(|step| event.steps & steps & (1 << step) != 0);
    with.map(|step| 1 + fills(others, steps & !(1 << step))).max().map_or(without, |with| with.max(without))
}

fn any(case: &Case) -> Vec<i64> {
    let mut best = Vec::new();
    for start in case.events.iter().filter(|e| e.steps != 0 && case.rules.entries.contain(e.time_ms)) {
        let mut chain = Vec::new();
        for end in case.events.iter().map(|event| event.time_ms) {
            let is_within = |e: &&Event| e.time_ms >= start.time_ms && e.time_ms <= end;
            if end < start.time_ms || end - start.time_ms > case.rules.within_ms {
                continue;
            }
            let pool: Vec<Event> = case.events.iter().filter(is_within).copied().collect();
            while chain.len() < fills(&pool, u32::MAX) {
                chain.push(end);
                keep(&mut best, &chain);
            }
        }
    }
    best
}

/// When the last window closes, of a person who entered and did not do all steps.
fn open_until(case: &Case, depth: usize) -> Option<i64> {
    let enters = |e: &&Event| if case.rules.order == Order::Any { e.steps != 0 } else { e.steps & 1 != 0 };
    let entries = case.events.iter().filter(enters).filter(|e| case.rules.entries.contain(e.time_ms));
    let last = entries.map(|e| e.time_ms).max();
    last.filter(|_| depth > 0 && depth < case.rules.steps).map(|last| last + case.rules.within_ms)
}

fn agrees(order: Order, exhaustive: fn(&Case) -> Vec<i64>) {
    let mut deep = 0;
    for seed in 0..STREAMS {
        let case = case(seed, order);
        let expected = exhaustive(&case);
        let mut evaluator = Evaluator::new(case.rules);
        // Whatever is left over from another person must not matter.
        evaluator.evaluate(
            &self::case(seed + 1, order)
                .events
                .iter()
                .map(|e| Event { steps: e.steps & bits(0, case.rules.steps), ..*e })
                .collect::<Vec<_>>(),
        );
        let gone = evaluator.evaluate(&case.events);
        let (times, open) = gone.map_or((Vec::new(), None), |gone| (gone.times_ms.to_vec(), gone.open_until_ms));
        assert_eq!(times, expected, "seed {seed}: {:?} {:?}", case.rules, case.events);
        assert_eq!(open, open_until(&case, times.len()), "seed {seed}: {:?} {:?}", case.rules, case.events);
        if let Some(gone) = gone_first(&case) {
            assert_eq!(
                case.events[gone.1].time_ms, gone.0,
                "seed {seed}: the first event is the one of the first time"
            );
            assert!(order == Order::Any || case.events[gone.1].steps & 1 != 0, "seed {seed}");
        }
        deep += usize::from(times.len() >= 3);
    }
    assert!(deep > 200, "only {deep} streams are deep enough to prove something");
}

/// (time of the first step, its event)
fn gone_first(case: &Case) -> Option<(i64, usize)> {
    let mut evaluator = Evaluator::new(case.rules);
    let gone = evaluator.evaluate(&case.events)?;
    Some((gone.times_ms[0], gone.first.row as usize))
}

#[test]
fn ordered_equals_exhaustive_search() {
    agrees(Order::Ordered, ordered);
}

#[test]
fn strict_equals_exhaustive_search() {
    agrees(Order::Strict, strict);
}

#[test]
fn any_order_equals_exhaustive_search() {
    agrees(Order::Any, any);
}

/// What analytics tools do: one event after the other in order of arrival, the latest start of each depth.
fn without_ties(case: &Case) -> usize {
    let mut starts = vec![None; case.rules.steps + 1];
    for event in &case.events {
        for step in (0..case.rules.steps).rev().filter(|step| event.steps & (1 << step) != 0) {
            let entry = case.rules.entries.contain(event.time_ms).then_some(event.time_ms);
            let start = if step == 0 { entry } else { starts[step] };
            if start.is_some_and(|start| event.time_ms - start <= case.rules.within_ms) {
                starts[step + 1] = starts[step + 1].max(start);
            }
        }
    }
    starts.iter().rposition(Option::is_some).unwrap_or(0)
}

#[test]
fn the_streams_tell_a_wrong_evaluator() {
    let wrong =
        (0..STREAMS).map(|seed| case(seed, Order::Ordered)).filter(|case| without_ties(case) != ordered(case).len());
    let wrong = wrong.count();
    assert!(wrong > 150, "an evaluator that takes ties as they come is caught by only {wrong} streams");
}

#[test]
fn the_field_s_example() {
    // A 13:00, A 13:30, B 13:45, C 14:15 within an hour: the later A counts.
    let minute = 60_000;
    let event =
        |row: u32, at: i64, steps| Event { time_ms: at * minute, sequence: 0, steps, place: Place { list: 0, row } };
    let events = [event(0, 0, 1), event(1, 30, 1), event(2, 45, 2), event(3, 75, 4)];
    let rules = Rules { order: Order::Ordered, steps: 3, within_ms: 60 * minute, entries: Entries::ALL };
    let mut evaluator = Evaluator::new(rules);
    let gone = evaluator.evaluate(&events).unwrap();
    assert_eq!((gone.times_ms, gone.first.row), (&[30 * minute, 45 * minute, 75 * minute][..], 1));
}

#[test]
fn a_flood_of_one_instant_is_a_matter_of_moments() {
    let event = |row: u32| Event { time_ms: 0, sequence: u64::from(row), steps: 0b1111, place: Place { list: 0, row } };
    let events: Vec<Event> = (0..100_000).map(event).collect();
    for order in [Order::Ordered, Order::Strict, Order::Any] {
        let rules = Rules { order, steps: 20, within_ms: 1, entries: Entries::ALL };
        assert_eq!(Evaluator::new(rules).evaluate(&events).unwrap().times_ms.len(), 4, "{order:?}");
    }
}
