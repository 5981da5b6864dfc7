//! The grammar of PEP 440, appendix B, read from left to right.

use super::{Development, Local, Modern, Number, Stage};

const SEPARATORS: [char; 3] = ['-', '_', '.'];
/// How far a version is, with its number.
type ToStage = fn(Number) -> Stage;
/// Longer words before the shorter ones that they begin with.
const STAGES: [(&str, ToStage); 8] = [
    ("alpha", Stage::Alpha),
    ("a", Stage::Alpha),
    ("beta", Stage::Beta),
    ("b", Stage::Beta),
    ("preview", Stage::Candidate),
    ("pre", Stage::Candidate),
    ("c", Stage::Candidate),
    ("rc", Stage::Candidate),
];
const POSTS: [&str; 3] = ["post", "rev", "r"];

/// None if it is no version of PEP 440. The text is in lower case.
pub(super) fn read(text: &str) -> Option<Modern> {
    let (public, local) = text.split_once('+').map_or((text, None), |(public, local)| (public, Some(local)));
    let mut rest = public.strip_prefix('v').unwrap_or(public);
    let epoch = epoch(&mut rest)?;
    let release = release(&mut rest)?;
    let stage = stage(&mut rest);
    let post = post(&mut rest);
    let development = word(&mut rest, &["dev"]).map(|()| number_after(&mut rest));
    if !rest.is_empty() {
        return None;
    }
    let stage = match (stage, &post, &development) {
        (Some(stage), _, _) => stage,
        (None, None, Some(_)) => Stage::Development,
        (None, _, _) => Stage::Final,
    };
    let development = development.map_or(Development::Done, Development::Of);
    Some(Modern { epoch, release, stage, post, development, local: locals(local)? })
}

fn epoch(rest: &mut &str) -> Option<Number> {
    let Some((epoch, after)) = rest.split_once('!') else { return Some(Number::ZERO) };
    *rest = after;
    Number::parse(epoch)
}

fn release(rest: &mut &str) -> Option<Vec<Number>> {
    let mut release = vec![Number::parse(digits(rest))?];
    while let Some(after) = rest.strip_prefix('.').filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
        *rest = after;
        release.push(Number::parse(digits(rest))?);
    }
    while release.last() == Some(&Number::ZERO) {
        release.pop();
    }
    Some(release)
}

fn stage(rest: &mut &str) -> Option<Stage> {
    let (_, stage) = STAGES.iter().find(|(name, _)| word(rest, &[name]).is_some())?;
    Some(stage(number_after(rest)))
}

/// `-1`, or a word and its number.
fn post(rest: &mut &str) -> Option<Number> {
    if let Some(after) = rest.strip_prefix('-').filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
        *rest = after;
        return Number::parse(digits(rest));
    }
    word(rest, &POSTS)?;
    Some(number_after(rest))
}

/// Takes one of the words, with the separator that may be before it.
fn word(rest: &mut &str, names: &[&str]) -> Option<()> {
    let bare = rest.strip_prefix(SEPARATORS).unwrap_or(rest);
    *rest = names.iter().find_map(|name| bare.strip_prefix(name))?;
    Some(())
}

/// The number after a word, with the separator that may be between them; without one it is 0.
fn number_after(rest: &mut &str) -> Number {
    *rest = rest.strip_prefix(SEPARATORS).unwrap_or(rest);
    Number::parse(digits(rest)).unwrap_or(Number::ZERO)
}

/// Takes the digits at the beginning.
fn digits<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits
}

fn locals(local: Option<&str>) -> Option<Vec<Local>> {
    let Some(local) = local else { return Some(Vec::new()) };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let parts: Vec<&str> = local.split(SEPARATORS).collect();
    parts.iter().all(is_word).then(|| {
        let local = |part: &str| Number::parse(part).map_or_else(|| Local::Word(part.into()), Local::Number);
        parts.into_iter().map(local).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_version_are_the_same() {
        for (a, b) in [
            ("1.0", "1"),
            ("v1.0", "1.0.0"),
            ("1.0alpha1", "1.0-a.1"),
            ("1.0c", "1.0.rc0"),
            ("1.0-1", "1.0.post1"),
            ("1.0-r4", "1.0.post4"),
            ("1.0+ubuntu-1", "1.0+ubuntu.1"),
            ("1.0dev", "1.0.dev0"),
        ] {
            assert_eq!(read(a), read(b), "{a} {b}");
            assert!(read(a).is_some(), "{a}");
        }
    }

    #[test]
    fn what_pep_440_does_not_know_is_not_read() {
        for text in ["", "1.0-final", "1..0", "1.0+", "1.0+a..b", "a3", "x!1.0", "1.0post1a1", "1.0 2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
