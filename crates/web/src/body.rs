//! JSON bodies, read with errors that say where.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use kernel::{Kind, Problem};
use serde::de::DeserializeOwned;

use crate::Error;

/// A JSON object. An empty body counts as `{}`, so that a wish without details needs none.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let kind = if rejection.status().as_u16() == 413 { Kind::TooLarge } else { Kind::InvalidInput };
            Problem::new(kind, format!("the body cannot be read: {rejection}"))
        })?;
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        Ok(Self(parse(text)?))
    }
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    // A list would be read as the fields in their order.
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid("a list is no object")
            .at("body", 1, 1)
            .hint("api/openapi.json describes every body"));
    }
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (number(error.line()), number(error.column()));
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Problem::invalid(message).at("body", line, column).hint("api/openapi.json describes every body")
    })
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Wish {
        reason: String,
    }

    #[test]
    fn a_list_is_not_taken_for_an_object() {
        assert!(parse::<Wish>(br#"{"reason": "a test"}"#).is_ok());
        assert!(parse::<Wish>(br#" ["a test"]"#).unwrap_err().message.contains("list"));
    }

    #[test]
    fn the_place_of_a_mistake_is_said() {
        let problem = parse::<Wish>(b"{\n  \"reasn\": 1 }").unwrap_err();
        assert_eq!((problem.line, problem.kind), (Some(2), Kind::InvalidInput));
        assert!(problem.message.contains("reasn"), "{problem}");
        assert!(!problem.message.contains("line"), "{problem}");
    }
}
