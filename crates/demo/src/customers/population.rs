//! Who the customers are: names, segments and habits, all from one seed.

use crate::random::Random;

/// Somebody who may come to the shop, again and again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) segment: &'static Segment,
    pub(crate) habits: Habits,
}

/// People who come for the same.
#[derive(Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) name: &'static str,
    share: f64,
    /// Words on a page that draw them.
    pub(crate) interests: &'static [&'static str],
    resolve: f64,
}

/// How one of them goes about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Habits {
    /// Pages in one visit at most.
    pub(crate) pages_max: usize,
    /// Probability to look for something by name rather than by browsing.
    pub(crate) searches: f64,
    /// Probability to put something liked into the basket.
    pub(crate) desire: f64,
    /// Probability to go through with it.
    pub(crate) resolve: f64,
    /// Probability to add something for free delivery, if the page says that little is missing.
    pub(crate) thrift: f64,
    /// Between two pages, on average.
    pub(crate) thinks_ms: u64,
}

static SEGMENTS: [Segment; 5] = [
    Segment { name: "day walkers", share: 0.40, interests: &["boots", "shoes", "rain", "shirt"], resolve: 0.75 },
    Segment { name: "hut to hut", share: 0.25, interests: &["sleeping", "shirt", "mat", "boots"], resolve: 0.65 },
    Segment { name: "planners", share: 0.15, interests: &["map"], resolve: 0.85 },
    Segment { name: "camp cooks", share: 0.10, interests: &["stove", "pot"], resolve: 0.80 },
    Segment { name: "looking for a gift", share: 0.10, interests: &[], resolve: 0.50 },
];

const FIRST_NAMES: [&str; 16] = [
    "Ada", "Bela", "Chiara", "Deniz", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kaito", "Lena", "Milan",
    "Nora", "Omar", "Petra",
];
const LAST_NAMES: [&str; 16] = [
    "Alder", "Birch", "Cedar", "Dune", "Elm", "Fern", "Grove", "Heath", "Ivy", "Juniper", "Larch", "Meadow", "Oak",
    "Pine", "Rowan", "Willow",
];
const STREETS: [&str; 6] = ["Hill Road", "Mill Lane", "Station Street", "Lake View", "Old Market", "North Bridge"];

/// `count` customers; the same for the same seed.
pub(crate) fn of(seed: u64, count: usize) -> Vec<Customer> {
    (0..count as u64).map(|number| customer(Random::of(seed, number))).collect()
}

fn customer(mut random: Random) -> Customer {
    let shares = SEGMENTS.each_ref().map(|segment| segment.share);
    let segment = &SEGMENTS[random.weighted(&shares).expect("shares are positive")];
    let habits = Habits {
        pages_max: 3 + random.below(6),
        searches: if random.chance(0.3) { 0.8 } else { 0.1 },
        desire: 0.2 + 0.5 * random.share(),
        resolve: (segment.resolve + 0.4 * (random.share() - 0.5)).clamp(0.05, 0.95),
        thrift: if random.chance(0.35) { 0.7 } else { 0.1 },
        thinks_ms: 60 + random.below(240) as u64,
    };
    let name = format!("{} {}", random.one_of(&FIRST_NAMES), random.one_of(&LAST_NAMES));
    let address = format!("{} {}", 1 + random.below(120), random.one_of(&STREETS));
    Customer { name, address, segment, habits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people() {
        assert_eq!(of(7, 50), of(7, 50));
        assert_ne!(of(7, 50), of(8, 50));
    }

    #[test]
    fn all_segments_are_there() {
        let people = of(1, 2_000);
        for segment in &SEGMENTS {
            let count = people.iter().filter(|person| person.segment == segment).count();
            assert!(count > 100, "{} of {}", count, segment.name);
        }
    }
}
