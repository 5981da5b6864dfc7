//! Times as people write them: `2026-11-24T09:00:00Z`, a day, or how long ago.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use kernel::{Clock as _, SystemClock};

/// `7d` is seven days ago, `2026-11-24` its first moment in UTC.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    at(text, SystemClock.now())
}

fn at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<Date>() {
        return day.in_tz("UTC").map(|zoned| zoned.timestamp()).map_err(|error| error.to_string());
    }
    let ago = span(text).ok_or("write 2026-11-24T09:00:00Z, 2026-11-24, or how long ago as 7d or 1h")?;
    now.checked_sub(ago).map_err(|_| "that is too long ago".to_owned())
}

/// `10m`: a number below a million, and its unit.
pub(super) fn span(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok().filter(|number| (0..1_000_000).contains(number))?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    Some(SignedDuration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_ways_are_understood() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let told = |text| at(text, now).map(|time| time.to_string());
        assert_eq!(told("2026-11-24T09:00:00+01:00"), Ok("2026-11-24T08:00:00Z".into()));
        assert_eq!(told("2026-11-01"), Ok("2026-11-01T00:00:00Z".into()));
        assert_eq!(told("7d"), Ok("2026-11-17T12:00:00Z".into()));
        assert_eq!(told("90m"), Ok("2026-11-24T10:30:00Z".into()));
    }

    #[test]
    fn what_is_no_time_is_told() {
        for text in ["", "d", "-1d", "7w", "99999999d", "yesterday", "ä"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
