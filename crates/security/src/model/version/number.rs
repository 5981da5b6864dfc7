//! Numbers of any length.

/// A number as versions have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    Small(u64),
    /// Above all small ones: digits without leading zeros, of which more are more.
    Large {
        length: usize,
        digits: Box<str>,
    },
}

impl Number {
    pub(super) const ZERO: Self = Self::Small(0);

    /// None if these are not decimal digits and nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(text.parse().map_or_else(|_| Self::large(text.trim_start_matches('0')), Self::Small))
    }

    fn large(digits: &str) -> Self {
        Self::Large { length: digits.len(), digits: digits.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_with_their_value_however_long_they_are() {
        let texts = ["0", "9", "10", "18446744073709551615", "18446744073709551616", "99999999999999999999999"];
        let numbers: Vec<Number> = texts.iter().map(|text| Number::parse(text).unwrap()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        assert_eq!(Number::parse("000000000000000000000000000000007"), Number::parse("7"));
        assert_eq!(Number::parse("7a"), None);
    }
}
