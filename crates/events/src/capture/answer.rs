//! Answers, in the shape of each format.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{Kind, Problem};
use serde::Serialize;

use super::failure::Failure;
use super::intake::Outcome;
use crate::record::Source;
use crate::wire::Refusal;
use crate::wire::otlp::{PartialSuccess, Response as OtlpResponse, Status};

/// Refused events that an answer lists at most.
const LISTED_MAX: usize = 100;

/// How a request is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    PosthogV0 {
        answer: Answer,
    },
    PosthogV1,
    /// With the type of a single message, if the path names one.
    Segment {
        kind: Option<&'static str>,
    },
    OtlpJson,
    OtlpProtobuf,
}

/// Whether the sender reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Read,
    /// `navigator.sendBeacon`
    Unread,
}

/// One refused event, as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    index: usize,
    code: &'static str,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Posthog {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Segment {
    success: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct ProblemDocument<'a> {
    #[serde(flatten)]
    problem: web::ProblemBody,
    code: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct PosthogV1Error<'a> {
    error: &'a str,
    error_description: String,
    error_uri: &'static str,
}

impl Format {
    pub(super) const fn source(self) -> Source {
        match self {
            Self::PosthogV0 { .. } => Source::PosthogV0,
            Self::PosthogV1 => Source::PosthogV1,
            Self::Segment { .. } => Source::Segment,
            Self::OtlpJson | Self::OtlpProtobuf => Source::Otlp,
        }
    }

    /// Its word in metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::PosthogV0 { .. } => "posthog_v0",
            Self::PosthogV1 => "posthog_v1",
            Self::Segment { .. } => "segment",
            Self::OtlpJson | Self::OtlpProtobuf => "otlp",
        }
    }

    /// What was taken is durable.
    pub(super) fn taken(self, outcome: &Outcome) -> Response {
        match self {
            Self::PosthogV1 => posthog_v1(outcome),
            Self::OtlpJson => json(StatusCode::OK, &otlp(outcome)),
            Self::OtlpProtobuf => protobuf(StatusCode::OK, &otlp(outcome)),
            _ if outcome.taken == 0 && !outcome.refused.is_empty() => none_taken(outcome),
            Self::PosthogV0 { answer: Answer::Unread } => StatusCode::NO_CONTENT.into_response(),
            Self::PosthogV0 { answer: Answer::Read } => {
                json(StatusCode::OK, &Posthog { status: "Ok", rejected: listed(outcome) })
            }
            Self::Segment { .. } => json(StatusCode::OK, &Segment { success: true, rejected: listed(outcome) }),
        }
    }

    /// Nothing was taken.
    pub(super) fn failed(self, failure: &Failure) -> Response {
        let status = StatusCode::from_u16(failure.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = failure.told();
        let mut response = match self {
            Self::PosthogV0 { .. } | Self::Segment { .. } => problem(failure, Vec::new()),
            Self::PosthogV1 => json(
                status,
                &PosthogV1Error {
                    error: failure.code,
                    error_description: told,
                    error_uri: "https://posthog.com/docs/api",
                },
            ),
            Self::OtlpJson => json(status, &Status { code: grpc(failure.kind), message: told }),
            Self::OtlpProtobuf => protobuf(status, &Status { code: grpc(failure.kind), message: told }),
        };
        if let Some(seconds) = failure.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn none_taken(outcome: &Outcome) -> Response {
    let (_, first) = &outcome.refused[0];
    let failure = Failure::from(first.clone());
    problem(&failure, listed(outcome))
}

fn problem(failure: &Failure, rejected: Vec<Listed>) -> Response {
    let mut problem = Problem::new(failure.kind, failure.message.clone());
    problem.hint = failure.hint.map(ToOwned::to_owned);
    let document = ProblemDocument { problem: (&problem).into(), code: failure.code, rejected };
    let status = StatusCode::from_u16(failure.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, &document);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

fn listed(outcome: &Outcome) -> Vec<Listed> {
    let list = |(index, refusal): &(usize, Refusal)| Listed {
        index: *index,
        code: refusal.code,
        reason: refusal.reason.clone(),
    };
    outcome.refused.iter().take(LISTED_MAX).map(list).collect()
}

/// `{"results": {uuid: {"result": "ok" | "drop", "details"?}}}`
fn posthog_v1(outcome: &Outcome) -> Response {
    #[derive(Serialize)]
    struct Told<'a> {
        result: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct Results<'a> {
        results: BTreeMap<&'a str, Told<'a>>,
    }
    let mut results = BTreeMap::new();
    for key in outcome.keys.iter().flatten() {
        results.insert(key.as_str(), Told { result: "ok", details: None });
    }
    for (n, refusal) in &outcome.refused {
        if let Some(Some(key)) = outcome.keys.get(*n) {
            results.insert(key.as_str(), Told { result: "drop", details: Some(refusal.code) });
        }
    }
    json(StatusCode::OK, &Results { results })
}

fn otlp(outcome: &Outcome) -> OtlpResponse {
    let partial_success = outcome.refused.first().map(|(_, first)| PartialSuccess {
        rejected_log_records: i64::try_from(outcome.refused.len()).unwrap_or(i64::MAX),
        error_message: first.reason.clone(),
    });
    OtlpResponse { partial_success }
}

/// `google.rpc.Code`
const fn grpc(kind: Kind) -> i32 {
    match kind {
        Kind::InvalidInput | Kind::TooLarge => 3,
        Kind::NotFound => 5,
        Kind::Forbidden => 7,
        Kind::TooManyRequests => 8,
        Kind::Conflict => 10,
        Kind::Internal => 13,
        Kind::Unavailable => 14,
        Kind::Unauthenticated => 16,
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("our own shapes are written to memory");
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn protobuf(status: StatusCode, body: &impl prost::Message) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-protobuf")], body.encode_to_vec()).into_response()
}
