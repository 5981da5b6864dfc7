//! When something happened: what clients write, and what we make of it (ADR 0009).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Refusal, json};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A request that took no longer than this on its way is no sign of a wrong clock: it may be a retry.
const ON_ITS_WAY_MS: i64 = MINUTE_MS;
/// Later than now by more than this is a wrong clock: taken as now.
const FUTURE_MS: i64 = 23 * HOUR_MS;
/// Later than this is no time at all.
const NONSENSE_MS: i64 = 366 * 24 * HOUR_MS;
/// 2000-01-01, before which nobody had this product.
const EARLIEST_MS: i64 = 946_684_800_000;
/// Numbers from here on are milliseconds, below they are seconds.
const MILLISECONDS_FROM: f64 = 1e11;

/// What was said of the time of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "units come last")]
pub(crate) struct Told {
    pub(crate) at_ms: Option<i64>,
    /// The sender's own clock when it sent the request.
    pub(crate) sent_ms: Option<i64>,
    /// How long ago it was; only without a time.
    pub(crate) ago_ms: Option<i64>,
}

impl Told {
    /// The time by our clock, which shows `received_ms`.
    pub(crate) fn by_our_clock(self, received_ms: i64) -> Result<i64, Refusal> {
        let Some(at_ms) = self.at_ms else {
            return within(received_ms.saturating_sub(self.ago_ms.unwrap_or_default().max(0)), received_ms);
        };
        let wrong_by_ms = self.sent_ms.map_or(0, |sent_ms| received_ms.saturating_sub(sent_ms));
        let corrected_ms =
            if (0..=ON_ITS_WAY_MS).contains(&wrong_by_ms) { at_ms } else { at_ms.saturating_add(wrong_by_ms) };
        within(corrected_ms, received_ms)
    }
}

fn within(at_ms: i64, received_ms: i64) -> Result<i64, Refusal> {
    let future_ms = at_ms.saturating_sub(received_ms);
    if at_ms < EARLIEST_MS || future_ms > NONSENSE_MS {
        let told = Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |at| at.to_string());
        return Err(Refusal::new(
            "timestamp_out_of_range",
            format!("the time {told} is before 2000 or more than a year ahead; look at the sender's clock and unit"),
        ));
    }
    Ok(if future_ms > FUTURE_MS { received_ms } else { at_ms })
}

/// RFC 3339, a date and time without a zone (UTC), or a number of seconds or milliseconds since 1970; milliseconds.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    let at = text.parse::<DateTime>().ok()?;
    TimeZone::UTC.to_timestamp(at).ok().map(Timestamp::as_millisecond)
}

fn from_number(number: f64) -> Option<i64> {
    const LARGEST: f64 = 1e16;
    let ms = if number.abs() < MILLISECONDS_FROM { number * 1_000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (ms.abs() < LARGEST).then_some(ms.round() as i64)
}

/// The time in a JSON value; nothing for `null` and the empty text.
pub(crate) fn field(name: &str, value: Option<&str>) -> Result<Option<i64>, Refusal> {
    let Some(text) = json::field(name, value)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = || {
        let begin: String = text.chars().take(60).collect();
        Refusal::new(
            "invalid_timestamp",
            format!("{name} `{begin}` is no time; send RFC 3339, for example 2026-05-01T12:00:00Z"),
        )
    };
    parse(&text).ok_or_else(wrong).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn told(at_ms: i64, sent_ms: Option<i64>) -> Told {
        Told { at_ms: Some(at_ms), sent_ms, ago_ms: None }
    }

    #[test]
    fn times_are_read_as_clients_write_them() {
        for (text, ms) in [
            ("2026-11-24T17:06:12.068Z", 1_795_539_972_068),
            ("2026-11-24T17:06:48.920999+00:00", 1_795_540_008_920),
            ("2026-11-24T18:06:12.068+01:00", 1_795_539_972_068),
            ("2026-11-24T17:06:12.068", 1_795_539_972_068),
            ("2026-11-24 17:06:12", 1_795_539_972_000),
            ("1795539972068", 1_795_539_972_068),
            ("1795539972.068", 1_795_539_972_068),
        ] {
            assert_eq!(parse(text), Some(ms), "{text}");
        }
        for text in ["", "yesterday", "NaN", "inf", "1e300", "2026-13-01T00:00:00Z", "+99999-01-01T00:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_clock_is_corrected_and_a_slow_request_is_not() {
        let hour = HOUR_MS;
        assert_eq!(told(NOW + hour - 5, Some(NOW + hour)).by_our_clock(NOW), Ok(NOW - 5), "an hour fast");
        assert_eq!(told(NOW - hour - 5, Some(NOW - hour)).by_our_clock(NOW), Ok(NOW - 5), "an hour slow");
        assert_eq!(told(5_000, Some(6_000)).by_our_clock(NOW), Ok(NOW - 1_000), "a clock that begins at 1970");
        assert_eq!(
            told(NOW - 7_000, Some(NOW - 6_000)).by_our_clock(NOW),
            Ok(NOW - 7_000),
            "a retry after six seconds"
        );
        assert_eq!(
            told(NOW - 90 * 24 * hour, Some(NOW)).by_our_clock(NOW),
            Ok(NOW - 90 * 24 * hour),
            "sent later on purpose"
        );
    }

    #[test]
    fn the_future_is_now_and_nonsense_is_refused() {
        assert_eq!(told(NOW + 22 * HOUR_MS, None).by_our_clock(NOW), Ok(NOW + 22 * HOUR_MS));
        assert_eq!(told(NOW + 24 * HOUR_MS, None).by_our_clock(NOW), Ok(NOW));
        for at_ms in [253_402_300_799_000, 0, i64::MIN, i64::MAX, -1] {
            assert_eq!(told(at_ms, None).by_our_clock(NOW).unwrap_err().code, "timestamp_out_of_range");
            let _ = told(at_ms, Some(i64::MIN)).by_our_clock(NOW);
        }
    }

    #[test]
    fn without_a_time_it_is_now_or_as_long_ago_as_told() {
        assert_eq!(Told::default().by_our_clock(NOW), Ok(NOW));
        assert_eq!(Told { ago_ms: Some(2_000), ..Told::default() }.by_our_clock(NOW), Ok(NOW - 2_000));
        assert_eq!(Told { ago_ms: Some(-2_000), ..Told::default() }.by_our_clock(NOW), Ok(NOW));
    }
}
