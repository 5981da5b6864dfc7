//! Journeys that visitors go, whoever declared them or not: from where they begin, each time to what most of them do next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::definition::Step;
use super::scalar::Scalar;
use super::sentence::{percent, thousands};

const SUGGESTIONS_MAX: usize = 5;
/// Beginnings that are tried, the most frequent first.
const STARTS_MAX: usize = 8;
const STEPS_MAX: usize = 6;
/// A way that fewer persons went is none.
const PERSONS_MIN: usize = 5;
/// A step that fewer of those who began have done is not part of the way.
const SHARE_MIN_PERCENT: usize = 5;

/// Something that visitors do: an event, of page views the page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Act {
    pub event: String,
    /// The property and its value that make it this page.
    pub page: Option<(String, String)>,
}

impl Act {
    fn name(&self) -> &str {
        self.page.as_ref().map_or(&self.event, |(_, page)| page)
    }

    /// Whether a declared step is this act: of page views, this very page.
    fn is(&self, step: &Step) -> bool {
        let has = |(key, page): &(String, String)| matches!(step.conditions.get(key), Some(Scalar::Text(declared)) if declared == page);
        step.event == self.event && self.page.as_ref().is_none_or(has)
    }

    /// A step of a definition, as YAML. A JSON text is a YAML text.
    fn yaml(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let condition =
            self.page.as_ref().map(|(key, page)| format!(", where: {{ {}: {} }}", quoted(key), quoted(page)));
        let condition = condition.unwrap_or_default();
        format!("  - {{ name: {}, event: {}{condition} }}", quoted(self.name()), quoted(&self.event))
    }
}

/// A person's acts, as indices into a table of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Done {
    pub person: u64,
    pub time_ms: i64,
    pub sequence: u64,
    pub act: u32,
}

/// A journey that somebody may want to declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    pub steps: Vec<SuggestedStep>,
    /// Who began it.
    pub persons: u64,
    pub sentence: String,
    /// The definition, ready for a file.
    pub yaml: String,
}

/// One step of a suggestion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuggestedStep {
    pub name: String,
    pub event: String,
    /// The page, if it is a page view.
    pub page: Option<String>,
    /// Who came so far.
    pub persons: u64,
}

/// A way, with who went it.
struct Way {
    acts: Vec<u32>,
    persons: Vec<usize>,
    /// Time from the first to the last act, of those who did all.
    took_ms: Vec<i64>,
}

/// Ways that no two of are the same, most persons first. `known` are the steps of journeys that are declared already.
pub fn suggest(mut done: Vec<Done>, acts: &[Act], known: &[Vec<Step>]) -> Vec<Suggestion> {
    done.sort_unstable();
    let visits = firsts(&done);
    let mut seen: Vec<Vec<u32>> = Vec::new();
    let mut suggestions = Vec::new();
    for start in starts(&visits) {
        let way = follow(start, &visits);
        let mut set = way.acts.clone();
        set.sort_unstable();
        let contained = |other: &Vec<u32>| set.iter().all(|act| other.contains(act));
        let is_known = |steps: &Vec<Step>| {
            let is = |(act, step): (&u32, &Step)| acts[*act as usize].is(step);
            steps.len() == way.acts.len() && way.acts.iter().zip(steps).all(is)
        };
        if way.acts.len() < 2 || seen.iter().any(contained) || known.iter().any(is_known) {
            continue;
        }
        seen.push(set);
        suggestions.push(told(&way, acts));
    }
    suggestions.truncate(SUGGESTIONS_MAX);
    suggestions
}

/// Of each person, each act once, when it was done first.
fn firsts(done: &[Done]) -> Vec<Vec<(u32, i64)>> {
    let person = |group: &[Done]| {
        let mut acts: Vec<(u32, i64)> = Vec::new();
        for one in group {
            if !acts.iter().any(|(act, _)| *act == one.act) {
                acts.push((one.act, one.time_ms));
            }
        }
        acts
    };
    done.chunk_by(|a, b| a.person == b.person).map(person).collect()
}

/// What most visits begin with.
fn starts(visits: &[Vec<(u32, i64)>]) -> Vec<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (first, _) in visits.iter().filter_map(|visit| visit.first()) {
        *counts.entry(*first).or_default() += 1;
    }
    let mut starts: Vec<(u32, usize)> = counts.into_iter().filter(|(_, persons)| *persons >= PERSONS_MIN).collect();
    starts.sort_by_key(|(act, persons)| (Reverse(*persons), *act));
    starts.into_iter().take(STARTS_MAX).map(|(act, _)| act).collect()
}

/// From the start on, each time to what most of those who are still there do later.
fn follow(start: u32, visits: &[Vec<(u32, i64)>]) -> Way {
    let place = |visit: &Vec<(u32, i64)>, act: u32| visit.iter().position(|(other, _)| *other == act);
    let mut there: Vec<(&Vec<(u32, i64)>, usize)> =
        visits.iter().filter_map(|visit| Some((visit, place(visit, start)?))).collect();
    let began: HashMap<*const Vec<(u32, i64)>, i64> =
        there.iter().map(|(visit, at)| (std::ptr::from_ref(*visit), visit[*at].1)).collect();
    let mut way = Way { acts: vec![start], persons: vec![there.len()], took_ms: Vec::new() };
    let enough = PERSONS_MIN.max(there.len() * SHARE_MIN_PERCENT / 100);
    while way.acts.len() < STEPS_MAX {
        // (persons, how far it lies ahead in all): of equally many, what they do sooner comes first.
        let mut next: BTreeMap<u32, (usize, Reverse<usize>)> = BTreeMap::new();
        for (visit, at) in &there {
            for (ahead, (act, _)) in visit[at + 1..].iter().enumerate().filter(|(_, (act, _))| !way.acts.contains(act))
            {
                let (persons, Reverse(far)) = next.entry(*act).or_default();
                *persons += 1;
                *far += ahead;
            }
        }
        let best = next.into_iter().max_by_key(|(act, weight)| (*weight, Reverse(*act)));
        let Some((act, (persons, _))) = best else { break };
        if persons < enough {
            break;
        }
        there.retain_mut(|(visit, at)| {
            let later = place(visit, act).filter(|later| *later > *at);
            *at = later.unwrap_or(*at);
            later.is_some()
        });
        way.acts.push(act);
        way.persons.push(persons);
    }
    way.took_ms = there.iter().map(|(visit, at)| visit[*at].1 - began[&std::ptr::from_ref(*visit)]).collect();
    way
}

fn told(way: &Way, acts: &[Act]) -> Suggestion {
    let act = |at: usize| &acts[way.acts[at] as usize];
    let last = way.acts.len() - 1;
    let count = |at: usize| way.persons[at] as u64;
    let step = |at: usize| SuggestedStep {
        name: act(at).name().to_owned(),
        event: act(at).event.clone(),
        page: act(at).page.as_ref().map(|(_, page)| page.clone()),
        persons: count(at),
    };
    let steps: Vec<SuggestedStep> = (0..=last).map(step).collect();
    let between: Vec<String> = (1..last).map(|at| format!("{:?}", act(at).name())).collect();
    let by_way = if between.is_empty() { String::new() } else { format!(", by way of {}", between.join(", ")) };
    let share = super::report::share(count(last), count(0)).map_or_else(String::new, percent);
    let sentence = format!(
        "{} persons did {:?}; {} of them ({share}) came to {:?}{by_way}.",
        thousands(count(0)),
        act(0).name(),
        thousands(count(last)),
        act(last).name()
    );
    let lines: Vec<String> = (0..=last).map(|at| act(at).yaml()).collect();
    let yaml = format!(
        "journey: {}\nwithin: {}\norder: ordered\nsteps:\n{}\n",
        slug(act(last).name()),
        within(&way.took_ms),
        lines.join("\n")
    );
    Suggestion { steps, persons: count(0), sentence, yaml }
}

/// A name out of a step's name.
fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mapped: String = text.chars().map(plain).collect();
    let words: Vec<&str> = mapped.split('-').filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    name.truncate(40);
    let name = name.trim_end_matches('-').to_owned();
    if name.is_empty() { "journey".to_owned() } else { name }
}

/// A window in which nine of ten who went all the way did so, rounded up.
fn within(took_ms: &[i64]) -> &'static str {
    let mut took: Vec<i64> = took_ms.to_vec();
    took.sort_unstable();
    let most = took.get((took.len() * 9 / 10).min(took.len().saturating_sub(1))).copied().unwrap_or(0);
    match most {
        ..1_800_000 => "1h",
        1_800_000..43_200_000 => "24h",
        43_200_000..302_400_000 => "7d",
        _ => "30d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(event: &str) -> Act {
        Act { event: event.to_owned(), page: None }
    }

    fn done(visits: &[&[u32]]) -> Vec<Done> {
        let mut all = Vec::new();
        for (person, acts) in (0..).zip(visits) {
            for (n, act) in (0..).zip(*acts) {
                all.push(Done { person, time_ms: n * 1000, sequence: 0, act: *act });
            }
        }
        all
    }

    #[test]
    fn the_way_that_most_go_is_found() {
        let acts = ["view", "basket", "help", "pay"].map(act);
        let visits: Vec<&[u32]> =
            [vec![&[0, 1, 3][..]; 6], vec![&[0, 1][..]; 4], vec![&[0, 2][..]; 5], vec![&[0][..]; 5]].concat();
        let suggestions = suggest(done(&visits), &acts, &[]);
        let found: Vec<(&str, u64)> =
            suggestions[0].steps.iter().map(|step| (step.name.as_str(), step.persons)).collect();
        assert_eq!(found, [("view", 20), ("basket", 10), ("pay", 6)]);
        assert_eq!(
            suggestions[0].sentence,
            "20 persons did \"view\"; 6 of them (30.0 %) came to \"pay\", by way of \"basket\"."
        );
        assert_eq!(suggestions.len(), 1);
        let declared = crate::model::parse(&suggestions[0].yaml, "j.yaml").unwrap().steps;
        assert_eq!(suggest(done(&visits), &acts, &[declared]), []);
    }

    #[test]
    fn its_yaml_is_a_definition() {
        let page = Act { event: "$pageview".into(), page: Some(("$pathname".into(), "/a \"b\": {x}".into())) };
        let acts = [act("open: the 'shop'"), page];
        let suggestions = suggest(done(&[&[0, 1][..]; 9]), &acts, &[]);
        let definition = crate::model::parse(&suggestions[0].yaml, "j.yaml").unwrap();
        assert_eq!(definition.steps[0].event, "open: the 'shop'");
        assert_eq!(definition.steps[1].conditions["$pathname"], crate::model::Scalar::Text("/a \"b\": {x}".into()));
        let visits = [&[0, 1][..]; 9];
        assert_eq!(suggest(done(&visits), &acts, std::slice::from_ref(&definition.steps)), [], "it is declared now");
        let mut any_page = definition.steps;
        any_page[1].conditions.clear();
        assert_eq!(suggest(done(&visits), &acts, &[any_page]), suggestions, "a journey to whatever page is another");
    }

    #[test]
    fn too_few_are_no_way() {
        let acts = ["view", "pay"].map(act);
        assert_eq!(suggest(done(&[&[0, 1][..]; 4]), &acts, &[]), []);
    }
}
