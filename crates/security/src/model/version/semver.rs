//! Semantic versions, read leniently: parts that are missing are 0, parts after the third and the build say nothing.

use super::Number;

/// A version's place in the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'a> {
    core: [Identifier<'a>; 3],
    stage: Stage<'a>,
}

/// SemVer 2.0.0, rule 11: pre-releases come before the release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Before(Vec<Identifier<'a>>),
    Release,
}

/// Numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(Number),
    Word(&'a str),
}

impl<'a> Identifier<'a> {
    fn of(text: &'a str) -> Self {
        Number::parse(text).map_or(Self::Word(text), Self::Number)
    }
}

impl<'a> Version<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let (numbers, stage) = split(text.trim().trim_start_matches(['v', 'V', '=']));
        let mut parts = numbers.split('.').filter(|part| !part.is_empty()).map(Identifier::of);
        let mut next = || parts.next().unwrap_or(Identifier::Number(Number::ZERO));
        let core = [next(), next(), next()];
        let stage = match stage {
            Some(words) => Stage::Before(words.split('.').map(Identifier::of).collect()),
            None => Stage::Release,
        };
        Self { core, stage }
    }
}

/// The numbers, and what is before the release; the build is left out.
fn split(text: &str) -> (&str, Option<&str>) {
    let text = text.split('+').next().unwrap_or(text);
    match text.split_once('-') {
        Some((numbers, stage)) => (numbers, Some(stage)),
        None => (text, None),
    }
}

/// By the specification's grammar, but for numbers of any length.
pub(super) fn is_valid(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (numbers, stage) = split(text);
    let is_number = |part: &str| Number::parse(part).is_some() && (part.len() == 1 || !part.starts_with('0'));
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_stage = |part: &str| is_word(part) && (Number::parse(part).is_none() || is_number(part));
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && stage.is_none_or(|stage| stage.split('.').all(is_stage))
        && build.is_none_or(|build| build.split('.').all(is_word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_reference(a in VERSION, b in VERSION) {
            let (left, right) = (semver::Version::parse(&a), semver::Version::parse(&b));
            prop_assert_eq!(left.is_ok(), is_valid(&a), "{}", a);
            if let (Ok(left), Ok(right)) = (left, right) {
                prop_assert_eq!(Version::of(&a).cmp(&Version::of(&b)), left.cmp_precedence(&right));
            }
        }
    }

    const VERSION: &str = "[0-2]{1,2}\\.[0-2]\\.[0-2](\\.1)?(-[0-1a-b-]{1,3}(\\.[0-2A-b]{1,2})?)?(\\+[0-9a-]{0,2})?";
}
