//! The answers in a survey's event, whoever sent it.
//!
//! posthog-js sends them three times: under `$survey_questions`, by the question's id (`$survey_response_<id>`), and by its place
//! (`$survey_response`, `$survey_response_1`). Others send one of these.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::survey::{Kind, Question, Survey};
use super::words::{TEXT_CHARS_MAX, cut};

const RESPONSE: &str = "$survey_response";
/// An event with more is read up to here.
const ANSWERS_MAX: usize = 50;

/// What was said to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedbackAnswer)]
pub struct Answer {
    /// The question's id, if it is known.
    pub id: Option<String>,
    /// What was asked.
    pub question: String,
    pub answer: Value,
}

/// A number, words, or what was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = FeedbackAnswerValue)]
pub enum Value {
    Number(f64),
    Words(String),
    Chosen(Vec<String>),
}

/// A rating.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedbackScore)]
pub struct Score {
    pub value: f64,
    /// The highest value that could be given, if it is known.
    pub of: Option<u8>,
}

impl Value {
    /// As it is read.
    pub fn words(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Words(words) => words.clone(),
            Self::Chosen(chosen) => chosen.join(", "),
        }
    }

    fn of(json: &Json, kind: Option<Kind>) -> Option<Self> {
        let value = match json {
            Json::Number(number) => Self::Number(number.as_f64()?),
            Json::String(text) => match (kind, text.trim().parse::<f64>()) {
                (Some(Kind::Rating), Ok(number)) if number.is_finite() => Self::Number(number),
                _ => Self::Words(cut(text.trim(), TEXT_CHARS_MAX)),
            },
            Json::Bool(value) => Self::Words(value.to_string()),
            Json::Array(all) => {
                let texts = all.iter().take(ANSWERS_MAX).filter_map(Json::as_str);
                Self::Chosen(texts.map(|text| cut(text.trim(), TEXT_CHARS_MAX)).collect())
            }
            Json::Null | Json::Object(_) => return None,
        };
        let says_nothing = match &value {
            Self::Number(_) => false,
            Self::Words(words) => words.is_empty(),
            Self::Chosen(chosen) => chosen.is_empty(),
        };
        (!says_nothing).then_some(value)
    }
}

/// All answers; `survey` is what was asked, if that is known.
pub(crate) fn answers(properties: &Map<String, Json>, survey: Option<&Survey>) -> Vec<Answer> {
    let listed = listed(properties, survey);
    if !listed.is_empty() {
        return listed;
    }
    let mut answers: Vec<(usize, Answer)> = Vec::new();
    for (key, json) in properties.iter().filter(|(key, _)| key.starts_with(RESPONSE)) {
        let name = key[RESPONSE.len()..].trim_start_matches('_');
        let (at, question) = asked(name, survey);
        let Some(answer) = Value::of(json, question.map(|question| question.kind)) else { continue };
        let id = question.map(|question| question.id.clone());
        let is_there = |(_, known): &(usize, Answer)| id.is_some() && known.id == id;
        if answers.len() < ANSWERS_MAX && !answers.iter().any(is_there) {
            let words = question.map_or_else(|| cut(name, 200), |question| question.ask.clone());
            answers.push((at, Answer { id, question: words, answer }));
        }
    }
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The question of a property's name, by its id or its place; and its place, the last if it is not known.
fn asked<'a>(name: &str, survey: Option<&'a Survey>) -> (usize, Option<&'a Question>) {
    let questions = survey.map_or(&[][..], |survey| &survey.questions);
    let by_id = questions.iter().position(|question| question.id == name);
    let place = if name.is_empty() { Some(0) } else { name.parse().ok() };
    let at = by_id.or(place.filter(|place| *place < questions.len()));
    (at.or(place).unwrap_or(usize::MAX), at.map(|at| &questions[at]))
}

fn listed(properties: &Map<String, Json>, survey: Option<&Survey>) -> Vec<Answer> {
    let all = properties.get("$survey_questions").and_then(Json::as_array);
    let answer = |one: &Json| {
        let id = one.get("id").and_then(Json::as_str);
        let question =
            survey.and_then(|survey| survey.questions.iter().find(|question| Some(question.id.as_str()) == id));
        let words = one.get("question").and_then(Json::as_str).map(|words| cut(words, 300));
        Some(Answer {
            id: id.map(|id| cut(id, 200)),
            question: words.or_else(|| question.map(|question| question.ask.clone())).unwrap_or_default(),
            answer: Value::of(one.get("response")?, question.map(|question| question.kind))?,
        })
    };
    all.into_iter().flatten().take(ANSWERS_MAX).filter_map(answer).collect()
}

/// The first rating.
pub(crate) fn score(answers: &[Answer], survey: Option<&Survey>) -> Option<Score> {
    answers.iter().find_map(|answer| {
        let Value::Number(value) = answer.answer else { return None };
        let question = survey.and_then(|survey| survey.questions.iter().find(|q| Some(&q.id) == answer.id.as_ref()));
        Some(Score { value, of: question.filter(|question| question.kind == Kind::Rating).map(Question::scale) })
    })
}

/// The customer's own words; without any, what they chose or how they rated.
pub(crate) fn words(answers: &[Answer]) -> String {
    let open: Vec<&str> = answers
        .iter()
        .filter_map(|answer| if let Value::Words(words) = &answer.answer { Some(words.as_str()) } else { None })
        .collect();
    if open.is_empty() {
        return answers.iter().map(|answer| answer.answer.words()).collect::<Vec<_>>().join(" · ");
    }
    open.join("\n")
}
