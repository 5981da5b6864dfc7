//! A survey as posthog-js wants it (1.449.2, `Survey` in `@posthog/core`).
//!
//! Whom a survey is for is one flag of its own, answered beside the others: for keys with this prefix posthog-js tells nobody
//! that it asked (`surveys-renderer.mjs`, `SURVEY_TARGETING_FLAG_PREFIX`), and for a `linked_flag_key` it would tell of an exposure.

use std::collections::BTreeMap;

use journeys::model::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::survey::{Kind, Question, Survey};

/// How keys of the flags begin that say whom a survey is for.
pub const TARGETING: &str = "survey-targeting-";

/// What a customer did in the page just before they are asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Follows {
    pub event: String,
    /// Properties that it must have.
    #[serde(rename = "where", default)]
    pub conditions: BTreeMap<String, Scalar>,
}

/// The key of the flag that says whom a survey is for.
pub fn targeting_key(survey: &str) -> String {
    format!("{TARGETING}{survey}")
}

/// As it stands in `/api/surveys/`. `since` is when it was declared, RFC 3339.
pub fn shape(survey: &Survey, follows: Option<&Follows>, since: &str) -> Value {
    let questions: Vec<Value> =
        survey.questions.iter().enumerate().map(|(at, question)| self::question(at, question)).collect();
    let mut conditions = json!({ "seenSurveyWaitPeriodInDays": survey.wait_days });
    if let Some(url) = &survey.shown.url {
        conditions["url"] = json!(url);
        conditions["urlMatchType"] = json!("icontains");
    }
    if let Some(follows) = follows {
        conditions["events"] = json!({ "repeatedActivation": false, "values": [trigger(follows)] });
    }
    let mut shape = json!({
        "id": survey.survey,
        "name": survey.survey,
        "description": "",
        "type": "popover",
        "questions": questions,
        "conditions": conditions,
        "appearance": {
            "displayThankYouMessage": survey.thanks.is_some(),
            "thankYouMessageHeader": survey.thanks,
            "submitButtonText": "Send",
            "whiteLabel": true,
            "position": "right",
        },
        "start_date": since,
        "end_date": null,
        "schedule": "once",
        "current_iteration": null,
        "current_iteration_start_date": null,
        "enable_partial_responses": false,
    });
    if survey.is_targeted() {
        shape["targeting_flag_key"] = json!(targeting_key(&survey.survey));
    }
    shape
}

fn trigger(follows: &Follows) -> Value {
    let filter = |value: &Scalar| json!({ "values": [text(value)], "operator": "exact" });
    let filters: serde_json::Map<String, Value> =
        follows.conditions.iter().map(|(key, value)| (key.clone(), filter(value))).collect();
    if filters.is_empty() {
        json!({ "name": follows.event })
    } else {
        json!({ "name": follows.event, "propertyFilters": filters })
    }
}

/// posthog-js compares texts.
fn text(value: &Scalar) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}

fn question(at: usize, question: &Question) -> Value {
    let mut shape = json!({
        "id": question.id,
        "question": question.ask,
        "description": "",
        "optional": question.optional,
        "originalQuestionIndex": at,
        "buttonText": "Send",
        "type": match question.kind {
            Kind::Open => "open",
            Kind::Rating => "rating",
            Kind::SingleChoice => "single_choice",
            Kind::MultipleChoice => "multiple_choice",
        },
    });
    match question.kind {
        Kind::Open => {}
        Kind::Rating => {
            let scale = question.scale();
            // It has no numbers for so few.
            shape["display"] = json!(if scale < 5 { "emoji" } else { "number" });
            shape["scale"] = json!(scale);
            shape["lowerBoundLabel"] = json!(question.low.as_deref().unwrap_or_default());
            shape["upperBoundLabel"] = json!(question.high.as_deref().unwrap_or_default());
        }
        Kind::SingleChoice | Kind::MultipleChoice => shape["choices"] = json!(question.choices),
    }
    shape
}
