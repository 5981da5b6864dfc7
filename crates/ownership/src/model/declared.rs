//! What `flags/*`, `journeys/*` and `experiments/*` say of owners. What else is wrong with such a file, its own context tells.

use std::collections::BTreeMap;

use kernel::Problem;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::yaml::{Document, Entries};
use super::{Place, Word};

/// A flag, as far as its owner matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    pub key: String,
    pub owner: Option<String>,
    pub is_lasting: bool,
    pub expires: Option<String>,
    pub journey: Option<String>,
    pub place: Place,
}

/// A journey, as far as its owner matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    pub name: String,
    pub domain: Option<Word>,
    /// Those that fill its steps.
    pub events: Vec<Word>,
    pub place: Place,
}

/// An experiment, as far as its owner matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    pub name: String,
    pub owner: Option<Word>,
    pub place: Place,
}

type Metadata = BTreeMap<String, Value>;

#[derive(Deserialize)]
struct FlagFile {
    #[serde(default)]
    flags: Entries<FlagShape>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct FlagShape {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct JourneyShape {
    journey: Spanned<String>,
    #[serde(default)]
    domain: Option<Spanned<String>>,
    #[serde(default)]
    steps: Vec<StepShape>,
}

#[derive(Deserialize)]
struct ExperimentShape {
    experiment: Spanned<String>,
    #[serde(default)]
    owner: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct StepShape {
    event: Spanned<String>,
}

/// The flags of `file`.
pub(crate) fn flags(text: &str, file: &str) -> Result<Vec<Flag>, Problem> {
    let read: FlagFile = Document::whole(text, file)?.read(|_| "`trunkline evaluate` says what a flag needs")?;
    let flag = |(key, shape): (Spanned<String>, FlagShape)| {
        let find = |name: &str| shape.metadata.get(name).or_else(|| read.metadata.get(name));
        let text = |name: &str| find(name).and_then(Value::as_str).map(str::to_owned);
        let key = Word::after(0, key);
        Flag {
            // A kill switch and a permission live as long as the product.
            is_lasting: matches!(text("kind").as_deref(), Some("operations" | "permission")),
            owner: text("owner"),
            expires: text("expires"),
            journey: text("journey"),
            place: Place { file: file.into(), line: key.line },
            key: key.text,
        }
    };
    Ok(read.flags.0.into_iter().map(flag).collect())
}

/// The journey of `file`.
pub(crate) fn journey(text: &str, file: &str) -> Result<Journey, Problem> {
    let read: JourneyShape =
        Document::whole(text, file)?.read(|_| "`trunkline init --schema journey` shows every key")?;
    let name = Word::after(0, read.journey);
    Ok(Journey {
        domain: read.domain.map(|domain| Word::after(0, domain)),
        events: read.steps.into_iter().map(|step| Word::after(0, step.event)).collect(),
        place: Place { file: file.into(), line: name.line },
        name: name.text,
    })
}

/// The experiment of `file`.
pub(crate) fn experiment(text: &str, file: &str) -> Result<Experiment, Problem> {
    let read: ExperimentShape =
        Document::whole(text, file)?.read(|_| "docs/reference/experiments.md shows every key")?;
    let name = Word::after(0, read.experiment);
    Ok(Experiment {
        owner: read.owner.map(|owner| Word::after(0, owner)),
        place: Place { file: file.into(), line: name.line },
        name: name.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_has_its_own_metadata_before_its_files() {
        let text = "metadata: { owner: sales, kind: release }\nflags:\n  a:\n    state: ENABLED\n    metadata: { owner: billing, expires: 2027-01-31 }\n  b: { metadata: { kind: operations } }\n";
        let flags = flags(text, "flags/a.yaml").unwrap();
        assert_eq!(flags[0].owner.as_deref(), Some("billing"));
        assert_eq!(flags[0].expires.as_deref(), Some("2027-01-31"));
        assert_eq!((flags[1].owner.as_deref(), flags[1].is_lasting, flags[1].place.line), (Some("sales"), true, 6));
    }

    #[test]
    fn an_experiment_has_an_owner() {
        let read = experiment("experiment: gift-wrap\nowner: sales\nflag: gift-wrap\n", "experiments/a.yaml").unwrap();
        let owner = read.owner.unwrap();
        assert_eq!((read.name.as_str(), owner.text.as_str(), owner.line), ("gift-wrap", "sales", 2));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let problem = journey("journey: a\nsteps: [{ name: paid }]", "journeys/a.yaml").unwrap_err();
        assert!(problem.told().starts_with("journeys/a.yaml:2:"), "{}", problem.told());
    }
}
