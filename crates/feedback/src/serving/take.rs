//! `POST /api/v1/feedback`: a customer's words become an event, and go the way of every event: quotas, witness, disk.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use kernel::{Kind, Problem};
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{Serving, json_of, problem_of};
use crate::facade::given::{Told, event};

/// Five thousand characters take up to four bytes each, and the rest is short.
const BODY_BYTES_MAX: usize = 48 << 10;
/// What capture reads of a request's head.
const PASSED: [header::HeaderName; 2] = [header::AUTHORIZATION, header::USER_AGENT];

/// What a customer, or the product for them, says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    /// A UUID: what is sent twice under it is kept once.
    #[serde(default)]
    id: Option<String>,
    text: String,
    #[serde(default)]
    person: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    journey: Option<String>,
    #[serde(default)]
    channel: Option<String>,
}

pub(super) async fn take(State(serving): State<Serving>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let arrival = head.extensions.get::<events::Arrival>().cloned().unwrap_or_default();
    let (id, event) = match read(body, &arrival).await {
        Ok(read) => read,
        Err(problem) => return problem_of(&problem),
    };
    let Some(token) = token(&head.headers) else {
        let problem = Problem::new(Kind::Unauthenticated, "a token in force is needed");
        return problem_of(&problem.hint("`Authorization: Bearer TOKEN` or `X-API-Key: TOKEN`"));
    };
    let body = json!({ "api_key": token, "batch": [event] });
    let mut captured = Request::post("/batch").body(Body::from(body.to_string())).expect("a path and a body");
    for name in PASSED {
        if let Some(value) = head.headers.get(&name) {
            captured.headers_mut().insert(name, value.clone());
        }
    }
    captured.extensions_mut().insert(arrival);
    let answered = serving.0.options.capture.router().oneshot(captured).await;
    let answered = answered.unwrap_or_else(|never| match never {});
    if answered.status() == StatusCode::OK { json_of(StatusCode::CREATED, &json!({ "id": id })) } else { answered }
}

/// The id, and the event.
async fn read(body: Body, arrival: &events::Arrival) -> Result<(String, serde_json::Value), Problem> {
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let problem = Problem::new(Kind::TooLarge, format!("the body has more than {} KiB", BODY_BYTES_MAX >> 10));
        problem.hint("at most 5000 characters are kept")
    })?;
    let words: Words = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line().try_into().unwrap_or(1), error.column().try_into().unwrap_or(1));
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Problem::invalid(what)
            .at("body", line, column)
            .hint("{\"text\": \"…\", \"person\"?, \"id\"?, \"url\"?, \"journey\"?, \"channel\"?}")
    })?;
    let id = match words.id {
        Some(id) => Uuid::parse_str(&id).map_err(|_| Problem::invalid(format!("id {id:?} is no UUID")))?.to_string(),
        None => kernel::id::fresh(),
    };
    let told = Told {
        text: words.text,
        // The visitor of the signed cookie, if nobody else is named.
        person: words.person.or_else(|| arrival.witness.clone()),
        url: words.url,
        journey: words.journey,
        channel: words.channel,
        tags: Vec::new(),
    };
    let event = event(&id, &told, None)?;
    Ok((id, event))
}

fn token(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = text("authorization").and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    bearer.or_else(|| text("x-api-key")).map(str::to_owned)
}
