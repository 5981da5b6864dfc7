//! Surveys with what became of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use events::{Properties, Releases, Select, Who};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::Feedback;
use crate::Error;
use crate::model::{ANSWERED, DISMISSED, Kind, SENT, SHOWN, Said, Survey, Value};
use crate::store::Stored;

/// Different answers to one question that are counted apart; the rest is counted together.
const VALUES_MAX: usize = 30;

/// Whether anybody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SurveyState {
    Asked,
    /// Its last day is over.
    Ended,
    /// Trunk does not declare it any more.
    Retired,
}

/// Persons, exact; ids of one person count once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SurveyFigures {
    pub shown: u64,
    pub answered: u64,
    /// They closed it, and never answered.
    pub dismissed: u64,
}

/// A survey in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SurveyRow {
    pub survey: String,
    pub state: SurveyState,
    /// The domain or team.
    pub owner: String,
    /// What is asked, one after the other.
    pub questions: Vec<String>,
    pub url: Option<String>,
    pub flag: Option<String>,
    pub variant: Option<String>,
    pub journey: Option<String>,
    /// After the last step, unless this says which.
    pub step: Option<String>,
    /// Of visitors.
    pub share: f64,
    /// The last day of asking.
    pub ends: String,
    pub since: String,
    pub file: String,
    pub commit: String,
    pub figures: SurveyFigures,
}

/// What was answered to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SurveyQuestionResult)]
pub struct QuestionResult {
    pub id: String,
    pub ask: String,
    pub kind: Kind,
    pub answers: u64,
    /// Of a rating.
    pub mean: Option<f64>,
    pub scale: Option<u8>,
    /// How often each value was given, of ratings and choices.
    pub counts: BTreeMap<String, u64>,
}

/// One survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SurveyView {
    #[serde(flatten)]
    pub row: SurveyRow,
    pub results: Vec<QuestionResult>,
    /// There are more answers than are looked at in one go.
    pub older_unread: bool,
}

pub(super) type Counted = HashMap<String, SurveyFigures>;

impl Feedback {
    /// Of every survey that any event names.
    pub(super) async fn counted(&self) -> Result<Counted, Error> {
        let names = [SHOWN].into_iter().chain(ANSWERED).map(str::to_owned).collect();
        let select = Select {
            names,
            from_ms: 0,
            to_ms: i64::MAX,
            properties: Properties::Wanted,
            releases: Releases::Left,
            who: Who::Everyone,
        };
        let rows = self.0.options.events.rows(select).await?;
        let mut persons: HashMap<(String, String), HashSet<u64>> = HashMap::new();
        for list in &rows.lists {
            for (person, properties) in list.persons.iter().zip(&list.properties) {
                let survey = serde_json::from_str::<Json>(properties.get()).ok();
                let survey = survey.as_ref().and_then(|fields| fields.get("$survey_id")).and_then(Json::as_str);
                if let Some(survey) = survey {
                    persons.entry((survey.to_owned(), list.name.clone())).or_default().insert(*person);
                }
            }
        }
        let none = HashSet::new();
        let surveys: HashSet<&String> = persons.keys().map(|(survey, _)| survey).collect();
        let figures = surveys.into_iter().map(|survey| {
            let of = |name: &str| persons.get(&(survey.clone(), name.to_owned())).unwrap_or(&none);
            let (shown, sent, closed) = (of(SHOWN), of(SENT), of(DISMISSED));
            let dismissed = closed.difference(sent).count() as u64;
            (survey.clone(), SurveyFigures { shown: shown.len() as u64, answered: sent.len() as u64, dismissed })
        });
        Ok(figures.collect())
    }
}

impl SurveyRow {
    pub(super) fn of(stored: &Stored, counted: &Counted, now_ms: i64) -> Self {
        let survey = &stored.survey;
        let shown = survey.shown.clone();
        Self {
            survey: survey.survey.clone(),
            state: match stored.retired {
                Some(_) => SurveyState::Retired,
                None if survey.over_ms() <= now_ms => SurveyState::Ended,
                None => SurveyState::Asked,
            },
            owner: survey.owner.clone(),
            questions: survey.questions.iter().map(|question| question.ask.clone()).collect(),
            url: shown.url,
            flag: shown.flag,
            variant: shown.variant,
            journey: shown.journey,
            step: shown.step,
            share: survey.share,
            ends: survey.ends.to_string(),
            since: stored.declared.to_string(),
            file: stored.file.clone(),
            commit: stored.commit.clone(),
            figures: counted.get(&survey.survey).copied().unwrap_or_default(),
        }
    }
}

pub(super) fn results(survey: &Survey, all: &[&Said]) -> Vec<QuestionResult> {
    let result = |question: &crate::model::Question| {
        let answers = || {
            let all = all.iter().flat_map(|said| &said.answers);
            all.filter(|answer| answer.id.as_ref() == Some(&question.id)).map(|answer| &answer.answer)
        };
        let mut counts = BTreeMap::new();
        if question.kind != Kind::Open {
            for value in answers() {
                count(&mut counts, value);
            }
        }
        let numbers: Vec<f64> = answers()
            .filter_map(|value| if let Value::Number(number) = value { Some(*number) } else { None })
            .filter(|_| question.kind == Kind::Rating)
            .collect();
        QuestionResult {
            id: question.id.clone(),
            ask: question.ask.clone(),
            kind: question.kind,
            answers: answers().count() as u64,
            mean: mean(&numbers),
            scale: (question.kind == Kind::Rating).then(|| question.scale()),
            counts,
        }
    };
    survey.questions.iter().map(result).collect()
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 answers")]
fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn count(counts: &mut BTreeMap<String, u64>, value: &Value) {
    let words = match value {
        Value::Chosen(chosen) => chosen.clone(),
        value => vec![value.words()],
    };
    for word in words {
        let is_new = !counts.contains_key(&word);
        let word = if is_new && counts.len() >= VALUES_MAX { "others".to_owned() } else { word };
        *counts.entry(word).or_default() += 1;
    }
}
