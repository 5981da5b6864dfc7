//! What people write about splits.

use std::collections::BTreeMap;

use kernel::Problem;

/// `on=25%`, `on=25` or `on=0.25`, several; what they leave over goes to `rest`.
pub(super) fn split(words: &[String], rest: Option<&str>) -> Result<BTreeMap<String, f64>, Problem> {
    let mut split = BTreeMap::new();
    for word in words {
        let (variant, share) =
            word.rsplit_once('=').and_then(|(variant, share)| Some((variant, read(share)?))).ok_or_else(|| {
                Problem::invalid(format!("\"{word}\" is no share"))
                    .hint("write on=25%, on=25 or on=0.25; a plain 1 could be 1% or 100%")
            })?;
        if split.insert(variant.to_owned(), share).is_some() {
            return Err(Problem::invalid(format!("\"{variant}\" is given twice")));
        }
    }
    let sum: f64 = split.values().sum();
    if let Some(rest) = rest.filter(|rest| sum < 1.0 && !split.contains_key(*rest)) {
        split.insert(rest.to_owned(), 1.0 - sum);
    }
    Ok(split)
}

/// A number without its unit: above one it can only be per cent. One itself could be either, and the wrong one of them would
/// show the flag to everybody.
fn plain(number: f64) -> Option<f64> {
    match number {
        _ if number > 1.0 => Some(number / 100.0),
        _ if number < 1.0 => Some(number),
        _ => None,
    }
}

pub(super) fn read(share: &str) -> Option<f64> {
    let share = match share.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => plain(share.parse().ok()?)?,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// `3,120`
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_over_goes_to_the_off_variant() {
        let split = split(&["on=25%".to_owned()], Some("off")).unwrap();
        assert_eq!(split, BTreeMap::from([("on".to_owned(), 0.25), ("off".to_owned(), 0.75)]));
    }

    #[test]
    fn a_share_that_is_none_is_told() {
        for word in ["on", "on=x", "on=150%", "on=-1", "on=NaN"] {
            assert!(split(&[word.to_owned()], None).is_err(), "{word}");
        }
        assert!(split(&["on=1".to_owned(), "on=0".to_owned()], None).is_err());
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [thousands(0), thousands(999), thousands(3_120), thousands(1_234_567)],
            ["0", "999", "3,120", "1,234,567"]
        );
    }
}
