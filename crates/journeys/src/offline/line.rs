//! One line of a file of events.

use std::borrow::Cow;
use std::hash::Hasher as _;
use std::io::{self, BufRead, Read as _};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// Times before 1970 and after 2100 are mistakes.
const TIME_MS_MAX: i64 = 4_102_444_800_000;
/// As capture's bounds.
const NAME_CHARS_MAX: usize = 200;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    distinct_id: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
}

/// An event, checked.
pub(super) struct Line<'a> {
    uuid: Option<Uuid>,
    pub(super) event: Cow<'a, str>,
    pub(super) person: Cow<'a, str>,
    pub(super) time_ms: i64,
    pub(super) properties: &'a RawValue,
}

impl<'a> Line<'a> {
    /// What is wrong is said in words, without the line's number.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let text = str::from_utf8(bytes)
            .map_err(|error| format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1))?;
        let wire: Wire<'a> = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or(&message);
            format!("{what} (at column {})", error.column())
        })?;
        let too_long = |name: &str, text: &str| {
            let chars = text.chars().count();
            let fits = (1..=NAME_CHARS_MAX).contains(&chars);
            if fits { Ok(()) } else { Err(format!("{name} has {chars} characters; 1 to {NAME_CHARS_MAX} are allowed")) }
        };
        too_long("event", &wire.event)?;
        too_long("distinct_id", &wire.distinct_id)?;
        let uuid = wire.uuid.as_deref().filter(|text| !text.is_empty()).map(Uuid::parse_str).transpose();
        let properties = wire.properties.unwrap_or(RawValue::NULL);
        if !matches!(properties.get().as_bytes().first(), Some(b'{' | b'n')) {
            return Err("properties is not an object".to_owned());
        }
        Ok(Self {
            uuid: uuid.map_err(|_| "uuid is not a UUID".to_owned())?,
            event: wire.event,
            person: wire.distinct_id,
            time_ms: time_of(&wire.timestamp)?,
            properties,
        })
    }

    /// What is sent twice has the same.
    pub(super) fn id(&self) -> u128 {
        if let Some(uuid) = self.uuid {
            return uuid.as_u128();
        }
        let half = |salt: u64| {
            let mut hasher = siphasher::sip::SipHasher13::new_with_keys(salt, 0);
            for part in [self.event.as_bytes(), self.person.as_bytes(), self.properties.get().as_bytes()] {
                hasher.write_usize(part.len());
                hasher.write(part);
            }
            hasher.write_i64(self.time_ms);
            hasher.finish()
        };
        u128::from(half(1)) << 64 | u128::from(half(2))
    }
}

fn time_of(text: &str) -> Result<i64, String> {
    let time: Timestamp = text
        .parse()
        .map_err(|_| format!("timestamp {text:?} is not RFC 3339, for example 2026-11-24T09:00:00.000Z"))?;
    // Down, also before 1970.
    let ms = time.as_microsecond().div_euclid(1_000);
    if (0..TIME_MS_MAX).contains(&ms) {
        Ok(ms)
    } else {
        Err(format!("timestamp {text:?} is not between 1970 and 2100"))
    }
}

/// The next line, without its end; `Some(false)` if it was longer than `bytes_max` and is cut. `None` at the end.
pub(super) fn next(from: &mut impl BufRead, bytes_max: usize, into: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let limit = bytes_max as u64 + 1;
    let read = from.by_ref().take(limit).read_until(b'\n', into)?;
    if read == 0 {
        return Ok(None);
    }
    if into.pop_if(|last| *last == b'\n').is_some() || into.len() <= bytes_max {
        return Ok(Some(true));
    }
    from.skip_until(b'\n')?;
    Ok(Some(false))
}
