//! Flags for PostHog's clients: posthog-js 1.449 and posthog-node 5.70 were read for the shapes.

mod payload;

use std::collections::BTreeMap;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::rules::{Answer, Asker};
use super::{Serving, door};
use crate::model::{Context, ErrorCode};

/// `POST /flags/?v=2`, `POST /decide`
#[derive(Debug, Deserialize)]
struct Request {
    #[serde(alias = "api_key", alias = "$token")]
    token: Option<String>,
    #[serde(alias = "$distinct_id")]
    distinct_id: Option<Value>,
    #[serde(default)]
    person_properties: Map<String, Value>,
    #[serde(default)]
    groups: Map<String, Value>,
    /// Only these.
    #[serde(default, alias = "flag_keys_to_evaluate")]
    flag_keys: Option<Vec<String>>,
    #[serde(default)]
    disable_flags: bool,
}

/// What PostHog's clients are told of a mistake.
struct Wrong(StatusCode, &'static str, &'static str, String);

impl Wrong {
    fn payload(detail: impl std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, "validation_error", "invalid_payload", detail.to_string())
    }

    fn into_response(self) -> Response {
        let Self(status, kind, code, detail) = self;
        let body = json!({ "type": kind, "code": code, "detail": detail, "attr": null });
        door::json(status, body.to_string().into_bytes())
    }
}

/// All flags of a person. What is read of them is told by `$feature_flag_called`, so this is no exposure.
pub(super) async fn flags(
    State(serving): State<Serving>,
    arrival: Option<Extension<events::Arrival>>,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let witness = arrival.and_then(|Extension(arrival)| arrival.witness);
    let is_second = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "v=2"));
    let answered = match body {
        Ok(body) => answer(&serving, &body, witness.as_deref(), is_second),
        Err(rejection) => Err(Wrong(rejection.status(), "validation_error", "invalid_payload", rejection.to_string())),
    };
    match answered {
        Ok(answer) => door::json(StatusCode::OK, answer.to_string().into_bytes()),
        Err(wrong) => wrong.into_response(),
    }
}

fn answer(serving: &Serving, body: &[u8], witness: Option<&str>, is_second: bool) -> Result<Value, Wrong> {
    let json = payload::unpack(body).map_err(Wrong::payload)?;
    let request: Request = serde_json::from_slice(&json).map_err(Wrong::payload)?;
    let bearer = request.token.as_deref().and_then(|token| serving.0.options.tokens.find(token));
    let bearer = bearer.ok_or_else(|| {
        let detail = "the project key is unknown: `trunkline token create --role client` makes one";
        Wrong(StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key", detail.into())
    })?;
    let unit = match &request.distinct_id {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => {
            let detail = "distinct_id is missing".to_owned();
            return Err(Wrong(StatusCode::BAD_REQUEST, "validation_error", "missing_distinct_id", detail));
        }
    };
    let (rules, now_ms) = (serving.rules(), serving.0.options.clock.now().as_millisecond());
    let mut attributes = request.person_properties;
    attributes.insert("targetingKey".into(), json!(unit));
    attributes.insert("groups".into(), Value::Object(request.groups));
    let context = Context::from_json(Value::Object(attributes)).map_err(Wrong::payload)?;
    let (mut flags, mut failed) = (BTreeMap::new(), false);
    let wanted = |key: &str| request.flag_keys.as_ref().is_none_or(|keys| keys.iter().any(|wanted| wanted == key));
    for key in rules.keys().filter(|key| !request.disable_flags && wanted(key)) {
        match rules.evaluate(key, &unit, &context, door::asker(&bearer), now_ms) {
            Ok(answer) => drop(flags.insert(key, answer)),
            Err(refusal) => failed |= refusal.code != ErrorCode::FlagNotFound,
        }
    }
    let mut answer = if is_second { second(&flags) } else { first(&flags) };
    // The same variant as they are given of the flag itself, whoever may see it: only whether it fits is told.
    let variant = |key: &str| {
        let answer = rules.evaluate(key, &unit, &context, Asker::Server, now_ms).ok()?;
        answer.evaluation.served.map(|served| served.variant.to_owned())
    };
    let visitor = witness.unwrap_or(&unit);
    let surveys = serving.0.surveys.get().filter(|_| !request.disable_flags);
    for (key, is_on) in surveys.map(|surveys| surveys.targeting(visitor, &variant)).unwrap_or_default() {
        if wanted(&key) {
            targeting(&mut answer, key, is_on);
        }
    }
    Ok(finish(answer, failed, now_ms, serving.has_surveys()))
}

/// Whom a survey is for, beside the flags.
fn targeting(answer: &mut Map<String, Value>, key: String, is_on: bool) {
    if let Some(Value::Object(values)) = answer.get_mut("featureFlags") {
        values.insert(key, json!(is_on));
        return;
    }
    if let Some(Value::Object(flags)) = answer.get_mut("flags") {
        let reason = json!({ "code": "survey", "description": "whom a survey is for", "condition_index": null });
        let metadata = json!({ "id": 0, "version": 0, "description": null, "payload": null });
        let detail = json!({ "key": key, "enabled": is_on, "variant": null, "reason": reason, "metadata": metadata });
        flags.insert(key, detail);
    }
}

fn finish(mut answer: Map<String, Value>, failed: bool, now_ms: i64, has_surveys: bool) -> Value {
    answer.insert("errorsWhileComputingFlags".into(), json!(failed));
    answer.insert("requestId".into(), json!(uuid::Uuid::new_v4().to_string()));
    answer.insert("evaluatedAt".into(), json!(now_ms));
    answer.extend(remote(has_surveys));
    Value::Object(answer)
}

/// `flags`, with all that is known of each.
fn second(flags: &BTreeMap<&str, Answer<'_>>) -> Map<String, Value> {
    let detail = |key: &str, answer: &Answer<'_>| {
        let (value, payload) = shown(answer);
        let version = answer.entry.revision;
        json!({
            "key": key,
            "enabled": value != json!(false),
            "variant": value.as_str(),
            "reason": { "code": answer.reason.to_lowercase(), "description": answer.reason, "condition_index": null },
            "metadata": { "id": version, "version": version, "description": null, "payload": payload },
        })
    };
    let flags: Map<String, Value> =
        flags.iter().map(|(key, answer)| ((*key).to_owned(), detail(key, answer))).collect();
    Map::from_iter([("flags".to_owned(), Value::Object(flags))])
}

/// `featureFlags` and `featureFlagPayloads`
fn first(flags: &BTreeMap<&str, Answer<'_>>) -> Map<String, Value> {
    let (mut values, mut payloads) = (Map::new(), Map::new());
    for (key, answer) in flags {
        let (value, payload) = shown(answer);
        values.insert((*key).to_owned(), value);
        if let Some(payload) = payload {
            payloads.insert((*key).to_owned(), json!(payload));
        }
    }
    Map::from_iter([
        ("featureFlags".to_owned(), Value::Object(values)),
        ("featureFlagPayloads".to_owned(), Value::Object(payloads)),
    ])
}

/// A boolean flag is on or off; of every other the variant is the value, and our value is its payload.
fn shown(answer: &Answer<'_>) -> (Value, Option<String>) {
    match answer.evaluation.served.map(|served| (served.value, served.variant)) {
        None => (json!(false), None),
        Some((Value::Bool(value), _)) => (json!(value), None),
        Some((value, variant)) => (json!(variant), Some(value.to_string())),
    }
}

/// What of PostHog's product there is here: events, flags and surveys, nothing recorded.
fn remote(has_surveys: bool) -> Map<String, Value> {
    let remote = [
        ("supportedCompression", json!(["gzip", "gzip-js"])),
        ("analytics", json!({ "endpoint": "/i/v0/e/" })),
        ("isAuthenticated", json!(false)),
        ("toolbarParams", json!({})),
        ("siteApps", json!([])),
        ("sessionRecording", json!(false)),
        ("surveys", json!(has_surveys)),
        ("heatmaps", json!(false)),
        ("autocapture_opt_out", json!(true)),
        ("capturePerformance", json!(false)),
        ("captureDeadClicks", json!(false)),
        ("autocaptureExceptions", json!(false)),
        ("elementsChainAsString", json!(true)),
        ("defaultIdentifiedOnly", json!(true)),
    ];
    remote.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn configuration(serving: &Serving) -> Value {
    let mut configuration = remote(serving.has_surveys());
    configuration.insert("hasFeatureFlags".into(), json!(true));
    Value::Object(configuration)
}

/// What posthog-js asks for at its start. The same for every token, so it tells nobody whether one is in force.
pub(super) async fn config(State(serving): State<Serving>) -> Response {
    door::json(StatusCode::OK, configuration(&serving).to_string().into_bytes())
}

/// The same as a script.
pub(super) async fn config_js(State(serving): State<Serving>, Path(token): Path<String>) -> Response {
    // `<` could end a script element, and JSON leaves it as it is.
    let token = json!(token).to_string().replace('<', "\\u003c");
    let configuration = configuration(&serving);
    let script = format!(
        "(function(){{var all=window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{{}};\
         all[{token}]={{config:{configuration},siteApps:[]}};}})();"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, script).into_response()
}
