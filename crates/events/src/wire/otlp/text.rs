//! A value of an attribute as JSON text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::message::{AnyValue, Value};
use crate::wire::Refusal;

/// Writes the value, or refuses what JSON or our bounds do not hold.
pub(super) fn write(value: Option<&Value>, out: &mut String, depth_left: usize) -> Result<(), Refusal> {
    match value {
        None => out.push_str("null"),
        Some(Value::String(text)) => push(out, text),
        Some(Value::Bool(is)) => out.push_str(if *is { "true" } else { "false" }),
        Some(Value::Int(number)) => out.push_str(&number.to_string()),
        Some(Value::Double(number)) => out.push_str(&finite(*number)?.to_string()),
        Some(Value::Bytes(bytes)) => push(out, &STANDARD.encode(bytes)),
        Some(Value::Array(array)) => {
            let depth_left = deeper(depth_left)?;
            bracketed(out, '[', ']', &array.values, |value, out| write(inner(Some(value)), out, depth_left))?;
        }
        Some(Value::Object(list)) => {
            let depth_left = deeper(depth_left)?;
            bracketed(out, '{', '}', &list.values, |member, out| {
                push(out, &member.key);
                out.push(':');
                write(inner(member.value.as_ref()), out, depth_left)
            })?;
        }
    }
    Ok(())
}

fn inner(value: Option<&AnyValue>) -> Option<&Value> {
    value.and_then(|value| value.value.as_ref())
}

fn bracketed<T>(
    out: &mut String,
    open: char,
    close: char,
    parts: &[T],
    mut each: impl FnMut(&T, &mut String) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    out.push(open);
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        each(part, out)?;
    }
    out.push(close);
    Ok(())
}

fn push(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).expect("a text is written to memory"));
}

fn finite(number: f64) -> Result<serde_json::Number, Refusal> {
    serde_json::Number::from_f64(number).ok_or_else(|| {
        Refusal::new(
            "number_out_of_range",
            "an attribute is not a number that JSON can hold (NaN or infinite); leave it out",
        )
    })
}

fn deeper(depth_left: usize) -> Result<usize, Refusal> {
    depth_left
        .checked_sub(1)
        .ok_or_else(|| Refusal::new("too_deep", "attributes are nested more than 64 deep; send them flatter"))
}
