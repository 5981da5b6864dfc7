//! Errors on the wire: RFC 9457 problem details.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a handler returns.
pub type Result<T> = std::result::Result<T, Error>;

/// A problem on its way out. Made from whatever can become a [`Problem`].
#[derive(Debug)]
pub struct Error(Problem);

impl<E: Into<Problem>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of an error, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// The kind's stable address, for example `/problems/not_found`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
}

impl From<&Problem> for ProblemBody {
    fn from(problem: &Problem) -> Self {
        let name = serde_json::to_value(problem.kind).ok().and_then(|v| v.as_str().map(str::to_owned));
        Self {
            kind: format!("/problems/{}", name.unwrap_or_default()),
            title: problem.kind.title().to_owned(),
            status: problem.kind.status(),
            detail: problem.message.clone(),
            hint: problem.hint.clone(),
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
        }
    }
}

impl ProblemBody {
    /// The problem again, as a client reads it.
    pub fn into_problem(self) -> Problem {
        let name = self.kind.rsplit('/').next().unwrap_or_default();
        let kind = serde_json::from_value(name.into()).unwrap_or(Kind::Internal);
        Problem { kind, message: self.detail, file: self.file, line: self.line, column: self.column, hint: self.hint }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = ProblemBody::from(&self.0);
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (status, text).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(self.0.kind, Kind::Unavailable | Kind::TooManyRequests) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_the_wire() {
        let problem = Problem::conflict("frozen").hint("unfreeze").at("trunkline.yaml", 3, 9);
        let text = serde_json::to_string(&ProblemBody::from(&problem)).unwrap();
        assert!(text.contains(r#""type":"/problems/conflict""#), "{text}");
        let read: ProblemBody = serde_json::from_str(&text).unwrap();
        assert_eq!(read.into_problem(), problem);
    }
}
