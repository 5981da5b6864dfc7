//! From the text of `journeys/*.yaml` to a [`Definition`], or to the place of what is wrong with it.

use kernel::Problem;
use serde_saphyr::Location;

use super::Definition;

/// A suggestion is made up to this distance between what is there and what is known.
const TYPO_DISTANCE_MAX: usize = 3;
const BYTES_MAX: usize = 256 << 10;

/// Parses a definition; `name` is the file, for the problem.
pub fn parse(text: &str, name: &str) -> Result<Definition, Box<Problem>> {
    if text.len() > BYTES_MAX {
        let problem = Problem::invalid(format!("the file has more than {} KiB", BYTES_MAX >> 10));
        return Err(Box::new(Problem { file: Some(name.to_owned()), ..problem }));
    }
    serde_saphyr::from_str(text).map_err(|error| Box::new(problem(&error, name)))
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Definition).to_value()
}

fn problem(error: &serde_saphyr::Error, name: &str) -> Problem {
    let bare = error.without_snippet();
    let (message, hint) = words(bare);
    let problem = match bare.location() {
        Some(place) => at(Problem::invalid(message), name, place),
        None => Problem { file: Some(name.to_owned()), ..Problem::invalid(message) },
    };
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

fn at(problem: Problem, name: &str, place: Location) -> Problem {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    problem.at(name, number(place.line()), number(place.column()))
}

/// What is wrong, and what to do about it.
fn words(error: &serde_saphyr::Error) -> (String, Option<String>) {
    use serde_saphyr::Error;
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown key {field:?}"), Some(known(field, expected)))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("{variant:?} is not known here"), Some(known(variant, expected)))
        }
        Error::SerdeMissingField { field, .. } => (format!("{field:?} is missing"), Some(missing(field).into())),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("{key:?} is there twice"), Some("keep one".into()))
        }
        other => plain(&other.to_string()),
    }
}

/// What a key that must be there is for.
fn missing(field: &str) -> &'static str {
    match field {
        "journey" => "the journey's name, for example `journey: checkout`",
        "within" => "the time from the first step to the last, for example `within: 24h`",
        "steps" => "from first to last, for example `steps: [{ name: paid, event: order placed }]`",
        "event" => "the name of the event that fills the step, as it is sent",
        "name" => "what people call the step",
        _ => "`trunkline init --schema journey` shows every key",
    }
}

/// The library's sentence without its place, which is told apart.
fn plain(text: &str) -> (String, Option<String>) {
    let text = match text.rfind(" at line ") {
        Some(place) => &text[..place],
        None => text,
    };
    match text.split_once(" | ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn known(wrong: &str, expected: &[&str]) -> String {
    let nearest = expected.iter().min_by_key(|name| strsim::damerau_levenshtein(wrong, name));
    match nearest.filter(|name| strsim::damerau_levenshtein(wrong, name) <= TYPO_DISTANCE_MAX) {
        Some(name) => format!("did you mean {name:?}?"),
        None => format!("known here: {}", expected.join(", ")),
    }
}

#[cfg(test)]
mod tests;
