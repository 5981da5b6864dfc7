//! What OFREP clients send, read within bounds.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::limits::CONTEXT_BYTES_MAX;
use crate::model::{Context, ContextError};

/// OFREP's request: a context, and whatever else a later release of the protocol adds.
#[derive(Debug, Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    context: Option<&'a RawValue>,
}

/// The same for who needs no more than the context.
#[derive(Debug, Deserialize)]
struct Plain {
    context: Context,
}

/// A request that was understood.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) context: Context,
    /// The context's bytes, as they were sent.
    pub(super) raw: &'a [u8],
    /// Empty is nobody in particular: what is split falls to the default, and there is no exposure.
    pub(super) unit: String,
}

/// OFREP's error code and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) code: &'static str,
    pub(super) details: String,
}

fn bad(code: &'static str, details: impl Into<String>) -> Bad {
    Bad { code, details: details.into() }
}

/// The context of an OFREP body and its targeting key, in one pass; what is wrong with a body that is, [`question`] says.
pub(super) fn plain(body: &[u8]) -> Option<(Context, String)> {
    if body.len() > CONTEXT_BYTES_MAX || body.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let Plain { context } = serde_json::from_slice(body).ok()?;
    let unit = context.targeting_key()?.to_owned();
    Some((context, unit))
}

/// Reads an OFREP body.
pub(super) fn question(body: &[u8]) -> Result<Question<'_>, Bad> {
    // A list would be read as a struct's fields in order.
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    if !is_object {
        return Err(bad("PARSE_ERROR", "the body is not a JSON object with a context"));
    }
    let request: Request<'_> = serde_json::from_slice(body)
        .map_err(|error| bad("PARSE_ERROR", format!("the body is not a JSON object with a context: {error}")))?;
    let Some(raw) = request.context else {
        return Err(bad("INVALID_CONTEXT", "the body has no context"));
    };
    let context = Context::from_slice(raw.get().as_bytes()).map_err(|error| {
        let code = if error == ContextError::NotJson { "PARSE_ERROR" } else { "INVALID_CONTEXT" };
        bad(code, error.to_string())
    })?;
    let unit = match context.get("targetingKey") {
        Some(serde_json::Value::String(unit)) => unit.clone(),
        Some(serde_json::Value::Null) | None => {
            return Err(bad("TARGETING_KEY_MISSING", "the context has no targetingKey"));
        }
        Some(_) => return Err(bad("INVALID_CONTEXT", "targetingKey is not a text")),
    };
    Ok(Question { context, raw: raw.get().as_bytes(), unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &[u8]) -> &'static str {
        question(body).unwrap_err().code
    }

    #[test]
    fn each_mistake_has_its_code() {
        assert_eq!(code(b""), "PARSE_ERROR");
        assert_eq!(code(b"[{}]"), "PARSE_ERROR");
        assert_eq!(code(b"{}"), "INVALID_CONTEXT");
        assert_eq!(code(br#"{"context":null}"#), "INVALID_CONTEXT");
        assert_eq!(code(br#"{"context":[]}"#), "INVALID_CONTEXT");
        assert_eq!(code(br#"{"context":{}}"#), "TARGETING_KEY_MISSING");
        assert_eq!(code(br#"{"context":{"targetingKey":null}}"#), "TARGETING_KEY_MISSING");
        assert_eq!(code(br#"{"context":{"targetingKey":7}}"#), "INVALID_CONTEXT");
        assert_eq!(code(br#"{"context":{"targetingKey":"x","n":NaN}}"#), "PARSE_ERROR");
        assert_eq!(code(b"{\"context\":{\"targetingKey\":\"\xff\"}}"), "PARSE_ERROR");
    }

    #[test]
    fn a_targeting_key_may_be_empty_as_the_protocol_has_it() {
        assert_eq!(question(br#"{"context":{"targetingKey":""}}"#).unwrap().unit, "");
    }

    #[test]
    fn deep_json_is_refused() {
        let deep = format!(r#"{{"context":{{"targetingKey":"x","a":{}1{}}}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(code(deep.as_bytes()), "PARSE_ERROR");
    }
}
