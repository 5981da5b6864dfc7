//! Semantic versions as flagd reads them: a leading `v`, and one or two numbers only, are fine.

use std::borrow::Cow;

use semver::Version;

/// npm's `semver` reads no longer ones.
const LENGTH_MAX: usize = 256;
/// JavaScript's largest safe integer; npm's `semver` reads no larger part.
const PART_MAX: u64 = 9_007_199_254_740_991;

/// The version, or none if the text is none.
pub(super) fn parse(text: &str) -> Option<Version> {
    if let Some(version) = plain(text) {
        return Some(version);
    }
    let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let trimmed = bare.trim();
    let strict = trimmed.strip_prefix('v').unwrap_or(trimmed);
    if strict.len() > LENGTH_MAX {
        return None;
    }
    let version = Version::parse(strict).ok().or_else(|| Version::parse(&completed(bare)?).ok())?;
    [version.major, version.minor, version.patch].iter().all(|part| *part <= PART_MAX).then_some(version)
}

/// Three short numbers, as nearly all versions are: read in one pass.
fn plain(text: &str) -> Option<Version> {
    const DIGITS_MAX: u32 = 9;
    let (mut parts, mut part, mut digits) = ([0_u64; 3], 0, 0);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits < DIGITS_MAX && (digits == 0 || parts[part] > 0) => {
                parts[part] = parts[part] * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && part < 2 => (part, digits) = (part + 1, 0),
            _ => return None,
        }
    }
    let [major, minor, patch] = parts;
    (part == 2 && digits > 0).then(|| Version::new(major, minor, patch))
}

/// `1` and `1.2` with what is missing.
fn completed(text: &str) -> Option<Cow<'_, str>> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        None if is_number(text) => Some(Cow::Owned(format!("{text}.0.0"))),
        Some((major, minor)) if is_number(major) && is_number(minor) => Some(Cow::Owned(format!("{text}.0"))),
        _ => None,
    }
}

/// What a rule asks of two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The same major version, in any order.
    SameMajor,
    /// The same major and minor version, in any order.
    SameMinor,
}

impl Relation {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "=" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "^" => Self::SameMajor,
            "~" => Self::SameMinor,
            _ => return None,
        })
    }

    pub(super) fn holds(self, left: &Version, right: &Version) -> bool {
        let order = left.cmp_precedence(right);
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::SameMajor => left.major == right.major,
            Self::SameMinor => left.major == right.major && left.minor == right.minor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_npm_reads_them() {
        for (text, version) in [
            ("1.2.3", "1.2.3"),
            ("0.10.200", "0.10.200"),
            ("1234567890.0.0", "1234567890.0.0"),
            ("v1.2.3", "1.2.3"),
            ("V2.0", "2.0.0"),
            ("1", "1.0.0"),
            (" 1.2.3 ", "1.2.3"),
            ("1.0.0-rc.1+b5", "1.0.0-rc.1+b5"),
        ] {
            assert_eq!(parse(text), Some(version.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "2.0.0.0",
            "01.2",
            "1.2.3-01",
            "myVersion_1",
            "1.",
            "01.2.3",
            "1.00.3",
            "1.2.x",
            "1..3",
            "-1",
            "99999999999999999999",
            "1 ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn build_metadata_does_not_count() {
        let (a, b) = (parse("1.0.0+a").unwrap(), parse("1.0.0+b").unwrap());
        assert!(Relation::Equal.holds(&a, &b) && !Relation::Less.holds(&a, &b));
    }
}
