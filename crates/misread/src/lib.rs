//! What is wrong in a YAML or JSON file that people wrote: in words, with its place and a hint.
//!
//! Owns nothing. Readers of different files say the same of the same mistake, because they ask here.

use kernel::Problem;
use serde_saphyr::{Error, Location};

/// A suggestion is made up to this distance between what is there and what is known.
const TYPO_DISTANCE_MAX: usize = 3;
/// Between a message and its hint, where a reader's own check writes both into one text.
const HINT: &str = " | ";

/// The problem of `file` that the parser's error tells. `missing` gives the hint for a key that must be there.
pub fn problem(error: &Error, file: &str, missing: impl Fn(&str) -> Option<String>) -> Problem {
    let bare = error.without_snippet();
    let (message, hint) = words(bare, missing);
    let problem = match bare.location() {
        Some(place) => at(Problem::invalid(message), file, place),
        None => Problem { file: Some(file.to_owned()), ..Problem::invalid(message) },
    };
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Puts a place of `file` into a problem.
pub fn at(problem: Problem, file: &str, location: Location) -> Problem {
    let (line, column) = place(location);
    problem.at(file, line, column)
}

/// Line and column, both from 1.
pub fn place(location: Location) -> (u32, u32) {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    (number(location.line()), number(location.column()))
}

/// What is wrong, and what to do about it if that can be said. `missing` as for [`problem`].
pub fn words(error: &Error, missing: impl Fn(&str) -> Option<String>) -> (String, Option<String>) {
    let known = |wrong: &str, expected: &[&'static str]| Some(suggestion(wrong, expected.iter().copied()));
    match error {
        Error::SerdeUnknownField { field, expected, .. } => (format!("unknown key {field:?}"), known(field, expected)),
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("{variant:?} is not known here"), known(variant, expected))
        }
        Error::SerdeMissingField { field, .. } => (format!("{field:?} is missing"), missing(field)),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("{key:?} is there twice"), Some("keep one".into()))
        }
        other => sentence(&other.to_string()),
    }
}

/// The library's sentence without its place, which is told apart.
fn sentence(text: &str) -> (String, Option<String>) {
    let text = text.rfind(" at line ").map_or(text, |place| &text[..place]);
    match text.split_once(HINT) {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (text.to_owned(), None),
    }
}

/// The hint for a word that is not known: the nearest that is, or all of them.
pub fn suggestion<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(wrong, name);
    match known.clone().min_by_key(distance).filter(|name| distance(name) <= TYPO_DISTANCE_MAX) {
        Some(name) => format!("did you mean {name:?}?"),
        None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "order", default)]
        _order: Option<Order>,
        #[serde(rename = "odd", default, deserialize_with = "odd")]
        _odd: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Order {
        Strict,
    }

    fn odd<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        let number = u32::deserialize(from)?;
        if number % 2 == 1 {
            return Ok(number);
        }
        Err(serde::de::Error::custom(format!("{number} is even | write {}", number + 1)))
    }

    fn told(text: &str) -> String {
        let error = serde_saphyr::from_str::<File>(text).unwrap_err();
        problem(&error, "file.yaml", |key| (key == "name").then(|| "it names the file".to_owned())).told()
    }

    #[test]
    fn every_mistake_has_its_words_its_place_and_its_hint() {
        for (text, wanted) in [
            ("name: a\nnme: b", "file.yaml:2:1: unknown key \"nme\"; did you mean \"name\"?"),
            ("name: a\nquantity: 2", "file.yaml:2:1: unknown key \"quantity\"; known here: name, order, odd"),
            ("name: a\norder: stric", "file.yaml:2:8: \"stric\" is not known here; did you mean \"strict\"?"),
            ("name: a\nname: b", "file.yaml:2:1: \"name\" is there twice; keep one"),
            ("name: a\nodd: 2", "file.yaml:2:6: 2 is even; write 3"),
        ] {
            assert_eq!(told(text), wanted);
        }
        assert!(told("odd: 1").ends_with("\"name\" is missing; it names the file"), "{}", told("odd: 1"));
    }

    #[test]
    fn a_sentence_of_the_parser_has_no_place_in_it() {
        let told = told("name: [");
        assert!(told.starts_with("file.yaml:") && !told.contains(" at line "), "{told}");
    }
}
