//! Flags whose day comes near: told once at each threshold, and anew where the day is moved.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use notify::{Announcement, Kind};
use ownership::model::{Thing, ThingKind};
use serde_json::json;

use super::Announcer;
use crate::facade::Error;

const PAGE: usize = 200;

/// How near the day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Threshold {
    Days(i32),
    Expired,
}

impl Threshold {
    /// The nearest that was reached, of 30 days, 7 days and the day after.
    fn reached(expires: Date, today: Date) -> Option<Self> {
        match expires.since(today).ok()?.get_days() {
            ..0 => Some(Self::Expired),
            0..=7 => Some(Self::Days(7)),
            8..=30 => Some(Self::Days(30)),
            _ => None,
        }
    }

    fn word(self) -> String {
        match self {
            Self::Days(days) => format!("{days}d"),
            Self::Expired => "expired".into(),
        }
    }
}

/// Tells of every flag that reached a threshold of which nothing was told yet.
pub(super) async fn tell(announcer: &Announcer) -> Result<(), Error> {
    let Some(contexts) = &announcer.rollout.contexts else { return Ok(()) };
    let mut cursor = None;
    loop {
        let page = contexts.flags.list(None, cursor.as_deref(), PAGE).await?;
        for flag in &page.items {
            let is_going = matches!(flag.state.as_str(), "archived" | "retiring");
            if let Some(expires) = flag.expires.as_deref().filter(|_| !is_going) {
                tell_of(announcer, &flag.key, &flag.state, expires).await?;
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn tell_of(announcer: &Announcer, key: &str, state: &str, expires: &str) -> Result<(), Error> {
    let now = announcer.now();
    let today = now.to_zoned(TimeZone::UTC).date();
    // What is no day was told where the flag was defined.
    let Ok(day) = expires.parse::<Date>() else { return Ok(()) };
    let Some(threshold) = Threshold::reached(day, today) else { return Ok(()) };
    let fact = format!("flag_expiring:{key}:{day}:{}", threshold.word());
    if announcer.notifications.is_told(&fact).await? {
        return Ok(());
    }
    let announcement = Announcement {
        fact,
        kind: Kind::FlagExpiring,
        at: now,
        subject: key.to_owned(),
        content: json!({ "expires": day.to_string(), "threshold": threshold.word(), "state": state }),
        sentence: sentence(key, state, day, today),
        owner: announcer.owner(Thing::new(ThingKind::Flag, key)).await?,
    };
    announcer.announce(&announcement).await
}

fn sentence(key: &str, state: &str, day: Date, today: Date) -> String {
    let days = day.since(today).map_or(0, |span| span.get_days());
    let when = match days {
        ..0 => format!("expired {}", counted(-days, "ago")),
        0 => "expires today".to_owned(),
        _ => format!("expires {}", counted(days, "from now")),
    };
    format!("flag {key:?} {when} ({day}) and is {state}: take it out of the code, then `trunkline flag retire {key}`")
}

fn counted(days: i32, way: &str) -> String {
    let unit = if days == 1 { "day" } else { "days" };
    format!("{days} {unit} {way}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_threshold_counts() {
        let today: Date = "2026-05-01".parse().unwrap();
        let reached = |day: &str| Threshold::reached(day.parse().unwrap(), today).map(Threshold::word);
        for (day, word) in [
            ("2026-06-01", None),
            ("2026-05-31", Some("30d")),
            ("2026-05-09", Some("30d")),
            ("2026-05-08", Some("7d")),
            ("2026-05-01", Some("7d")),
            ("2026-04-30", Some("expired")),
            ("2020-01-01", Some("expired")),
        ] {
            assert_eq!(reached(day).as_deref(), word, "{day}");
        }
    }

    #[test]
    fn the_sentence_says_when_and_what_to_do() {
        let today: Date = "2026-05-01".parse().unwrap();
        let said = |day: &str| sentence("x", "live", day.parse().unwrap(), today);
        assert!(said("2026-05-02").starts_with("flag \"x\" expires 1 day from now (2026-05-02) and is live: "));
        assert!(said("2026-04-21").starts_with("flag \"x\" expired 10 days ago (2026-04-21)"));
        assert!(said("2026-05-01").starts_with("flag \"x\" expires today"));
    }
}
