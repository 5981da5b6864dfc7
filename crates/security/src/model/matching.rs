//! Whether a version is affected: the [evaluation algorithm](https://ossf.github.io/osv-schema/#evaluation) of OSV.

use super::advisory::{Affected, Event, Order, Range};
use super::version::{Key, Scheme};

/// What an advisory says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It is affected; in `fixed` it is not any more.
    Affected {
        fixed: Vec<String>,
    },
    NotAffected,
    /// Nothing that is known here decides it.
    Unknown,
}

/// Judges a version of the package that all of `parts` speak of.
pub fn judge(parts: &[&Affected], version: &str) -> Judgement {
    let mut fixed = Vec::new();
    let (mut is_affected, mut is_unknown) = (false, false);
    for part in parts {
        match judge_part(part, version) {
            Judgement::Affected { fixed: more } => {
                is_affected = true;
                fixed.extend(more.into_iter().filter(|version| !fixed.contains(version)).collect::<Vec<_>>());
            }
            Judgement::Unknown => is_unknown = true,
            Judgement::NotAffected => {}
        }
    }
    if is_affected {
        return Judgement::Affected { fixed };
    }
    if is_unknown { Judgement::Unknown } else { Judgement::NotAffected }
}

fn judge_part(affected: &Affected, version: &str) -> Judgement {
    let mut fixed = Vec::new();
    let mut is_affected = is_listed(affected, version);
    let (mut is_judged, mut is_left_out) = (!affected.versions.is_empty(), false);
    for range in &affected.ranges {
        let Some(scheme) = scheme(affected, range.order) else {
            is_left_out = true;
            continue;
        };
        is_judged = true;
        if let Some(end) = end_of(range, scheme, version) {
            is_affected = true;
            fixed.extend(end.fixed.map(str::to_owned));
        }
    }
    // Without ranges and versions all versions are meant.
    let is_all = affected.ranges.is_empty() && affected.versions.is_empty();
    match (is_affected || is_all, is_judged, is_left_out) {
        (true, _, _) => Judgement::Affected { fixed },
        (false, false, true) => Judgement::Unknown,
        (false, _, _) => Judgement::NotAffected,
    }
}

/// What a range's versions are ordered by, if that is known here.
fn scheme(affected: &Affected, order: Order) -> Option<Scheme> {
    match order {
        Order::SemVer => Some(Scheme::SemVer),
        Order::Native => affected.ecosystem.scheme(),
        Order::Git => None,
    }
}

/// Whether it is one of the listed versions, in whatever spelling.
fn is_listed(affected: &Affected, version: &str) -> bool {
    match affected.ecosystem.scheme() {
        Some(scheme) if !affected.versions.is_empty() => {
            let key = scheme.key(version);
            affected.versions.iter().any(|listed| scheme.key(listed) == key)
        }
        _ => affected.versions.iter().any(|listed| listed.as_ref() == version),
    }
}

/// How the stretch ends that a version lies in.
struct End<'a> {
    fixed: Option<&'a str>,
}

/// None if the version lies in no stretch of the range.
fn end_of<'a>(range: &'a Range, scheme: Scheme, version: &str) -> Option<End<'a>> {
    let version = scheme.key(version);
    let mut events: Vec<(Position<'a>, &'a Event)> =
        range.events.iter().map(|event| (Position::of(event, scheme), event)).collect();
    // Stable: of events at one version the file's order decides.
    events.sort_by(|(a, _), (b, _)| a.cmp(b));
    let here = Position::At(version);
    if !is_within_limits(&events, &here) {
        return None;
    }
    let mut is_affected = false;
    for (at, event) in &events {
        match event {
            Event::Introduced(_) if here >= *at => is_affected = true,
            Event::Fixed(_) if here >= *at => is_affected = false,
            Event::LastAffected(_) if here > *at => is_affected = false,
            _ => {}
        }
    }
    let fix = |(at, event): &(Position<'a>, &'a Event)| matches!(event, Event::Fixed(_)) && *at > here;
    let fixed = events.iter().find(|event| fix(event)).map(|(_, event)| event.version());
    is_affected.then_some(End { fixed })
}

/// Without limits there are none; else it must be below one.
fn is_within_limits(events: &[(Position<'_>, &Event)], here: &Position<'_>) -> bool {
    let mut limits = events.iter().filter(|(_, event)| matches!(event, Event::Limit(_))).peekable();
    limits.peek().is_none() || limits.any(|(at, limit)| limit.version() == "*" || here < at)
}

/// Where an event stands; `introduced: 0` is before every version, pre-releases too.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Position<'a> {
    Beginning,
    At(Key<'a>),
}

impl<'a> Position<'a> {
    fn of(event: &'a Event, scheme: Scheme) -> Self {
        match event {
            Event::Introduced(version) if version.as_ref() == "0" => Self::Beginning,
            other => Self::At(scheme.key(other.version())),
        }
    }
}

#[cfg(test)]
mod tests;
