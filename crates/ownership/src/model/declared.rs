//! What `flags/*`, `journeys/*` and `experiments/*` say of owners. What else is wrong with such a file, its own context tells.

use std::collections::BTreeMap;

use kernel::Problem;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::yaml::{Document, Entries};
use super::{Place, ThingKind, Word};

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

/// An experiment or a survey, as far as its owner matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub name: String,
    pub owner: Option<Word>,
    pub place: Place,
}

/// Whatever a file declares, and whose it says that it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared<'a> {
    pub(crate) kind: ThingKind,
    pub(crate) name: &'a str,
    pub(crate) owner: Option<&'a str>,
    /// Where it says so; where it is declared if it does not.
    pub(crate) line: u32,
    pub(crate) place: &'a Place,
}

impl Flag {
    pub(crate) fn declared(&self) -> Declared<'_> {
        let (owner, line) = (self.owner.as_deref(), self.place.line);
        Declared { kind: ThingKind::Flag, name: &self.key, owner, line, place: &self.place }
    }
}

impl Journey {
    pub(crate) fn declared(&self) -> Declared<'_> {
        said_by(ThingKind::Journey, &self.name, self.domain.as_ref(), &self.place)
    }
}

impl Owned {
    pub(crate) fn declared(&self, kind: ThingKind) -> Declared<'_> {
        said_by(kind, &self.name, self.owner.as_ref(), &self.place)
    }
}

fn said_by<'a>(kind: ThingKind, name: &'a str, owner: Option<&'a Word>, place: &'a Place) -> Declared<'a> {
    let line = owner.map_or(place.line, |owner| owner.line);
    Declared { kind, name, owner: owner.map(|owner| owner.text.as_str()), line, place }
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
struct SurveyShape {
    survey: Spanned<String>,
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
pub(crate) fn experiment(text: &str, file: &str) -> Result<Owned, Problem> {
    let read: ExperimentShape =
        Document::whole(text, file)?.read(|_| "docs/reference/experiments.md shows every key")?;
    Ok(owned(read.experiment, read.owner, file))
}

/// The survey of `file`.
pub(crate) fn survey(text: &str, file: &str) -> Result<Owned, Problem> {
    let read: SurveyShape =
        Document::whole(text, file)?.read(|_| "`trunkline init --schema survey` shows every key")?;
    Ok(owned(read.survey, read.owner, file))
}

fn owned(name: Spanned<String>, owner: Option<Spanned<String>>, file: &str) -> Owned {
    let name = Word::after(0, name);
    Owned {
        owner: owner.map(|owner| Word::after(0, owner)),
        place: Place { file: file.into(), line: name.line },
        name: name.text,
    }
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
    fn an_experiment_and_a_survey_have_an_owner() {
        let experiment = experiment("experiment: gift-wrap\nowner: sales\nflag: gift-wrap\n", "experiments/a.yaml");
        let survey = survey("survey: gift-wrap\nowner: sales\nends: 2027-01-31\n", "surveys/a.yaml");
        for read in [experiment.unwrap(), survey.unwrap()] {
            let owner = read.owner.unwrap();
            assert_eq!((read.name.as_str(), owner.text.as_str(), owner.line), ("gift-wrap", "sales", 2));
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let problem = journey("journey: a\nsteps: [{ name: paid }]", "journeys/a.yaml").unwrap_err();
        assert!(problem.told().starts_with("journeys/a.yaml:2:"), "{}", problem.told());
    }
}
