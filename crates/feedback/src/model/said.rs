//! From an event to what a customer said.

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::answers::{Answer, Score, answers, score, words};
use super::survey::Survey;
use super::words::{TEXT_CHARS_MAX, cut};

/// Given by the API, a file or the console.
pub const FEEDBACK: &str = "feedback given";
/// posthog-js: the survey was answered.
pub const SENT: &str = "survey sent";
/// posthog-js: it is on the screen.
pub const SHOWN: &str = "survey shown";
/// posthog-js: it was closed; what had been answered by then comes along.
pub const DISMISSED: &str = "survey dismissed";
/// posthog-js: the page was left; as above.
pub const ABANDONED: &str = "survey abandoned";
/// Events that may have words.
pub const NAMES: [&str; 4] = [FEEDBACK, SENT, DISMISSED, ABANDONED];
/// Events that have an answer of the survey if they have any.
pub const ANSWERED: [&str; 3] = [SENT, DISMISSED, ABANDONED];

const LINE_CHARS_MAX: usize = 300;
const URL_CHARS_MAX: usize = 2_000;

/// What somebody said, before it is joined to anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Of the sender, else made from the content: the same at every reading.
    pub id: String,
    pub survey: Option<String>,
    pub channel: Option<String>,
    pub text: String,
    pub answers: Vec<Answer>,
    pub score: Option<Score>,
    /// Every question was gone through.
    pub completed: bool,
    pub url: Option<String>,
    /// The journey that it is about, if that was said.
    pub journey: Option<String>,
    pub tags: Vec<String>,
    /// What several events of one answer share.
    pub(crate) submission: Option<String>,
}

/// `None` if the event has no words. `survey` finds what was asked.
pub fn said<'a>(
    name: &str,
    time_ms: i64,
    properties: &RawValue,
    survey: impl Fn(&str) -> Option<&'a Survey>,
) -> Option<Said> {
    let fields: Map<String, Json> = serde_json::from_str(properties.get()).ok()?;
    let line = |key: &str, most: usize| {
        fields.get(key).and_then(Json::as_str).filter(|text| !text.is_empty()).map(|text| cut(text, most))
    };
    let made = content_id(name, time_ms, properties.get());
    let url = line("$current_url", URL_CHARS_MAX).or_else(|| line("url", URL_CHARS_MAX));
    if name == FEEDBACK {
        let text = line("text", TEXT_CHARS_MAX).filter(|text| !text.trim().is_empty())?;
        let tags = fields.get("tags").and_then(Json::as_array);
        let tags = tags.into_iter().flatten().filter_map(Json::as_str).filter(|tag| super::tag(tag).is_ok());
        return Some(Said {
            id: line("$feedback_id", LINE_CHARS_MAX).and_then(|id| uuid(&id)).unwrap_or(made),
            survey: None,
            channel: line("channel", LINE_CHARS_MAX),
            text,
            answers: Vec::new(),
            score: None,
            completed: true,
            url,
            journey: line("journey", LINE_CHARS_MAX),
            tags: tags.take(20).map(str::to_owned).collect(),
            submission: None,
        });
    }
    let id = line("$survey_id", LINE_CHARS_MAX);
    let known = id.as_deref().and_then(survey);
    let answers = answers(&fields, known);
    if answers.is_empty() {
        return None;
    }
    let submission = line("$survey_submission_id", LINE_CHARS_MAX).and_then(|id| uuid(&id));
    Some(Said {
        id: submission.clone().unwrap_or(made),
        text: words(&answers),
        score: score(&answers, known),
        completed: name == super::SENT && fields.get("$survey_completed") != Some(&Json::Bool(false)),
        journey: known.and_then(|survey| survey.shown.journey.clone()),
        survey: id,
        channel: None,
        answers,
        url,
        tags: Vec::new(),
        submission,
    })
}

fn uuid(text: &str) -> Option<String> {
    Uuid::parse_str(text).ok().map(|uuid| uuid.to_string())
}

/// The same event has the same id at every reading.
pub(crate) fn content_id(name: &str, time_ms: i64, content: &str) -> String {
    let mut hash = Sha256::new();
    for part in [name.as_bytes(), &time_ms.to_le_bytes(), content.as_bytes()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&bytes[..16]);
    uuid::Builder::from_random_bytes(id).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::answers::Value;
    use super::*;

    fn survey() -> Survey {
        let text = "{ survey: after, owner: sales, ends: 2027-03-31, shown: { journey: checkout }, questions: [
            { id: ease, ask: 'How easy?', type: rating }, { id: why, ask: 'Why?', type: open } ] }";
        super::super::parse(text, "surveys/after.yaml").unwrap()
    }

    fn read(name: &str, properties: &str) -> Option<Said> {
        let (survey, properties) = (survey(), RawValue::from_string(properties.to_owned()).unwrap());
        said(name, 7, &properties, |id| Some(&survey).filter(|survey| survey.survey == id))
    }

    #[test]
    fn every_way_of_sending_an_answer_says_the_same() {
        let ways = [
            r#"{"$survey_id":"after","$survey_questions":[{"id":"ease","question":"How easy?","response":4},{"id":"why","question":"Why?","response":"Slow."}]}"#,
            r#"{"$survey_id":"after","$survey_response_ease":"4","$survey_response_why":" Slow. "}"#,
            r#"{"$survey_id":"after","$survey_response_1":"Slow.","$survey_response":4}"#,
            r#"{"$survey_id":"after","$survey_response":4,"$survey_response_ease":4,"$survey_response_1":"Slow.","$survey_response_why":"Slow."}"#,
        ];
        for way in ways {
            let said = read(SENT, way).unwrap();
            assert_eq!((said.text.as_str(), said.score), ("Slow.", Some(Score { value: 4.0, of: Some(5) })), "{way}");
            let ids: Vec<_> = said.answers.iter().filter_map(|answer| answer.id.as_deref()).collect();
            assert_eq!((ids, said.journey.as_deref()), (vec!["ease", "why"], Some("checkout")), "{way}");
            assert!(said.completed);
        }
    }

    #[test]
    fn an_answer_of_a_survey_that_nobody_knows_is_kept() {
        let said = read(SENT, r#"{"$survey_id":"other","$survey_response_a-b":["tea","cups"]}"#).unwrap();
        assert_eq!((said.text.as_str(), said.answers[0].question.as_str()), ("tea, cups", "a-b"));
        assert_eq!(said.answers[0].answer, Value::Chosen(vec!["tea".into(), "cups".into()]));
    }

    #[test]
    fn who_says_nothing_gives_no_feedback() {
        for (name, properties) in [
            (DISMISSED, r#"{"$survey_id":"after","$survey_questions":[{"id":"ease","response":null}]}"#),
            (SENT, r#"{"$survey_id":"after","$survey_response":"  "}"#),
            (FEEDBACK, r#"{"text":" "}"#),
            (FEEDBACK, "{}"),
        ] {
            assert_eq!(read(name, properties), None, "{properties}");
        }
    }

    #[test]
    fn what_was_answered_before_it_was_closed_is_kept_and_said_to_be_a_part() {
        let said = read(DISMISSED, r#"{"$survey_id":"after","$survey_response_ease":2}"#).unwrap();
        assert_eq!((said.completed, said.text.as_str()), (false, "2"));
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let said = read(FEEDBACK, &format!(r#"{{"text":"{}"}}"#, "ä".repeat(9_000))).unwrap();
        assert_eq!(said.text.chars().count(), TEXT_CHARS_MAX + 1);
    }
}
