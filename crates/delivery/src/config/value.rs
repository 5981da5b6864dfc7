//! The values in `trunkline.yaml`, checked where they stand. What follows ` | ` in a message is its hint.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{self, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Service;

const NAME_MAX: usize = 40;
const LABEL_MAX: usize = 60;

pub(super) const fn check_timeout() -> Duration {
    Duration::from_mins(10)
}

pub(super) const fn build_timeout() -> Duration {
    Duration::from_mins(20)
}

pub(super) const fn health_within() -> Duration {
    Duration::from_secs(30)
}

pub(super) const fn drain() -> Duration {
    Duration::from_secs(10)
}

pub(super) const fn stream_drain() -> Duration {
    Duration::from_mins(1)
}

pub(super) fn here() -> String {
    ".".into()
}

pub(super) const fn yes() -> bool {
    true
}

pub(super) fn root() -> String {
    "/".into()
}

/// A number and `s`, `m`, `h` or `d`.
pub(super) mod duration {
    use super::{Deserialize, Deserializer, Duration, Serialize, Serializer, de};

    pub(in crate::config) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        format!("{}s", duration.as_secs_f64()).serialize(to)
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        super::duration_of(&text).ok_or_else(|| {
            let hint = "a duration is a number and s, m, h or d, for example 30s or 10m";
            de::Error::custom(format!("{text:?} is not a duration | {hint}"))
        })
    }
}

fn duration_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    } * number.trim().parse::<f64>().ok()?;
    (0.0..=366.0 * 86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

fn is_name(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= NAME_MAX && text.chars().all(is_inner) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn name_error(text: &str) -> String {
    format!(
        "{text:?} cannot be a name | a name has lower-case letters, digits and -, begins with a letter and is at most {NAME_MAX} long"
    )
}

pub(super) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_name(&text) { Ok(text) } else { Err(D::Error::custom(name_error(&text))) }
}

/// What people read: a check's name.
pub(super) fn label<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | ':');
    let fits = !text.trim().is_empty() && text.len() <= LABEL_MAX && text.chars().all(is_fine);
    let hint = format!("a check's name has letters, digits, spaces and . _ - : and is at most {LABEL_MAX} long");
    if fits { Ok(text) } else { Err(D::Error::custom(format!("{text:?} cannot name a check | {hint}"))) }
}

pub(super) fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let empty = || D::Error::custom("the command is empty | write the line that the shell is to run");
    if text.trim().is_empty() { Err(empty()) } else { Ok(text) }
}

pub(super) fn maybe_line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    line(from).map(Some)
}

fn glob_of<E: de::Error>(text: String) -> Result<String, E> {
    match globset::Glob::new(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            Err(E::custom(format!("{text:?} is not a glob: {} | for example test/** or src/*.js", error.kind())))
        }
    }
}

pub(super) fn glob<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    glob_of(String::deserialize(from)?).map(Some)
}

pub(super) fn globs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct Glob(String);
    impl<'de> Deserialize<'de> for Glob {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            glob_of(String::deserialize(from)?).map(Self)
        }
    }
    Ok(Vec::<Glob>::deserialize(from)?.into_iter().map(|glob| glob.0).collect())
}

/// A path that stays in the repository.
pub(super) fn path<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let trimmed = text.trim_start_matches("./").trim_end_matches('/');
    let plain = if trimmed.is_empty() { "." } else { trimmed };
    let leaves = plain.starts_with('/') || plain.split('/').any(|part| part == "..");
    if leaves || text.is_empty() {
        return Err(D::Error::custom(format!(
            "{text:?} leaves the repository | write a path relative to the repository's root"
        )));
    }
    Ok(plain.to_owned())
}

pub(super) fn url_path<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_plain = text.starts_with('/') && text.chars().all(|c| c.is_ascii_graphic() && c != '#');
    if is_plain {
        Ok(text)
    } else {
        Err(D::Error::custom(format!("{text:?} is not a path of an address | it begins with /")))
    }
}

pub(super) fn header<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match http::HeaderName::from_bytes(text.as_bytes()) {
        Ok(_) => Ok(text),
        Err(_) => Err(D::Error::custom(format!("{text:?} is not the name of a header | for example X-Device"))),
    }
}

fn variable_of<E: de::Error>(text: String) -> Result<String, E> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || !text.chars().all(is_inner) || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(E::custom(format!("{text:?} cannot name a variable | letters, digits and _")));
    }
    if matches!(text.as_str(), "PORT" | "DATA_DIR") || text.starts_with("TRUNKLINE_") {
        return Err(E::custom(format!("{text} is set by Trunkline | choose another name")));
    }
    Ok(text)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Variable(String);

impl<'de> Deserialize<'de> for Variable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        variable_of(String::deserialize(from)?).map(Self)
    }
}

pub(super) fn variables<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<Variable>::deserialize(from)?.into_iter().map(|variable| variable.0).collect())
}

/// The value of a variable: `8080` and `true` may stand there without quotes.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or true or false")
    }

    fn visit_str<E>(self, v: &str) -> Result<Text, E> {
        Ok(Text(v.to_owned()))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Text, E> {
        Ok(Text(v.to_string()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Text, E> {
        Ok(Text(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Text, E> {
        Ok(Text(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Text, E> {
        Ok(Text(v.to_string()))
    }
}

pub(super) fn env<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let map = BTreeMap::<Variable, Text>::deserialize(from)?;
    Ok(map.into_iter().map(|(name, value)| (name.0, value.0)).collect())
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        name(from).map(Self)
    }
}

pub(super) fn services<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Service>, D::Error> {
    let map = BTreeMap::<Name, Service>::deserialize(from)?;
    Ok(map.into_iter().map(|(name, service)| (name.0, service)).collect())
}

/// A share of visitors, written in percent, kept in basis points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(transparent)]
pub struct Weight(#[schemars(with = "f64")] u32);

impl Weight {
    pub(super) const fn of_basis_points(points: u32) -> Self {
        Self(points)
    }

    /// 1 to 10,000.
    pub const fn basis_points(self) -> u32 {
        self.0
    }
}

impl Serialize for Weight {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (f64::from(self.0) / 100.0).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let percent = f64::deserialize(from)?;
        let points = (percent * 100.0).round();
        if !(1.0..=10_000.0).contains(&points) {
            return Err(D::Error::custom(format!(
                "{percent} is not a share | shares are in percent, above 0 and at most 100"
            )));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 1 and 10,000")]
        Ok(Self(points as u32))
    }
}

/// Growing shares.
pub(super) fn canary<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Weight>, D::Error> {
    struct Growing;
    impl<'de> Visitor<'de> for Growing {
        type Value = Vec<Weight>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of shares in percent")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            let mut shares: Vec<Weight> = Vec::new();
            while let Some(share) = from.next_element()? {
                if shares.last().is_some_and(|last| *last >= share) {
                    return Err(A::Error::custom("the shares of a canary must grow | for example [5, 25, 100]"));
                }
                shares.push(share);
            }
            Ok(shares)
        }
    }
    from.deserialize_seq(Growing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration_of("10m"), Some(Duration::from_mins(10)));
        assert_eq!(duration_of("0.5 s"), Some(Duration::from_millis(500)));
        for wrong in ["", "10", "m", "-1s", "1e99d", "10 minutes", "NaNs"] {
            assert_eq!(duration_of(wrong), None, "{wrong}");
        }
    }
}
