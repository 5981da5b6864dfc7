//! Segment's tracking API: `/v1/batch`, and one message at `/v1/track`, `identify`, `page`, `screen`, `group`, `alias`.
//! RudderStack's SDKs speak it too.
//!
//! What is not a `track` gets the name that PostHog has for the same thing, so that a journey sees one name whichever SDK sent it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{self, Broken, Parts};
use super::time::{self, Told};
use super::{Batch, Item, Properties, Refusal, Sent, Sighting, rules_of_properties};

/// A message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(rename = "messageId")]
    id: Option<&'a RawValue>,
    anonymous_id: Option<&'a RawValue>,
    user_id: Option<&'a RawValue>,
    previous_id: Option<&'a RawValue>,
    group_id: Option<&'a RawValue>,
    event: Option<&'a RawValue>,
    name: Option<&'a RawValue>,
    category: Option<&'a RawValue>,
    properties: Option<&'a RawValue>,
    traits: Option<&'a RawValue>,
    context: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    original_timestamp: Option<&'a RawValue>,
    sent_at: Option<&'a RawValue>,
}

/// Cuts a body. `kind` is what the path says of a single message.
pub(crate) fn parse<'a>(body: &'a [u8], kind: Option<&'static str>, most: usize) -> Result<Batch<'a>, Refusal> {
    let broken =
        |broken: Broken| Refusal::new("invalid_json", format!("the body is no JSON that holds messages: {broken}"));
    let mut batch = Batch::default();
    let mut sent_ms = None;
    let mut messages = None;
    let mut parts = Parts::object(body).map_err(broken)?;
    while let Some(member) = parts.member().map_err(broken)? {
        let text = || std::str::from_utf8(member.value).ok().and_then(|value| json::text(value).ok().flatten());
        match member.key {
            b"writeKey" => batch.token = text(),
            b"sentAt" => sent_ms = text().and_then(|text| time::parse(&text)),
            b"batch" => messages = Some(member.value),
            _ => {}
        }
    }
    match (messages, kind) {
        (_, Some(kind)) => batch.items.push(item(body, Some(kind), sent_ms)),
        (Some(messages), None) => {
            let mut parts = Parts::array(messages).map_err(broken)?;
            while let Some(message) = parts.element().map_err(broken)? {
                if batch.items.len() == most {
                    return Err(super::too_many(most));
                }
                batch.items.push(item(message, None, sent_ms));
            }
        }
        (None, None) => {
            return Err(Refusal::new("missing_batch", "the body has no `batch`; send an array of messages"));
        }
    }
    Ok(batch)
}

fn item<'a>(raw: &'a [u8], kind: Option<&'static str>, sent_ms: Option<i64>) -> Item<'a> {
    let message: Result<Message<'a>, Refusal> = super::object(raw);
    let what = message.and_then(|message| sent(&message, kind, sent_ms)).map(|sent| Sighting::Event(Box::new(sent)));
    Item { raw, key: None, what }
}

fn sent<'a>(message: &Message<'a>, kind: Option<&'static str>, sent_ms: Option<i64>) -> Result<Sent<'a>, Refusal> {
    let text = |name: &str, value: Option<&'a RawValue>| {
        json::field(name, value.map(RawValue::get)).map(|text| text.filter(|text| !text.trim().is_empty()))
    };
    let kind = match kind {
        Some(kind) => Cow::Borrowed(kind),
        None => text("type", message.kind)?.unwrap_or_default(),
    };
    let name = name(&kind, text("event", message.event)?)?;
    let user = text("userId", message.user_id)?;
    let anonymous = text("anonymousId", message.anonymous_id)?;
    let alias =
        if kind == "alias" { text("previousId", message.previous_id)? } else { user.as_ref().and(anonymous.clone()) };
    let at_ms = time::field("timestamp", message.timestamp.or(message.original_timestamp).map(RawValue::get))?;
    let sent_ms = time::field("sentAt", message.sent_at.map(RawValue::get))?.or(sent_ms);
    Ok(Sent {
        id: text("messageId", message.id)?,
        name,
        distinct_id: user.or(anonymous),
        time: Told { at_ms, sent_ms, ago_ms: None },
        properties: properties(message, &kind)?,
        alias,
        exposure: None,
    })
}

fn name<'a>(kind: &str, event: Option<Cow<'a, str>>) -> Result<Cow<'a, str>, Refusal> {
    Ok(match kind {
        "track" => event.unwrap_or_default(),
        "identify" => "$identify".into(),
        "page" => "$pageview".into(),
        "screen" => "$screen".into(),
        "group" => "$groupidentify".into(),
        "alias" => "$create_alias".into(),
        _ => {
            let kind: String = kind.chars().take(40).collect();
            let reason = format!("`{kind}` is no type of message; send track, identify, page, screen, group or alias");
            return Err(Refusal::new("unknown_type", reason));
        }
    })
}

/// The message's properties, with what it says besides under the names that it has there.
fn properties<'a>(message: &Message<'a>, kind: &str) -> Result<Properties<'a>, Refusal> {
    let mut properties = match message.properties {
        Some(object) => checked(object)?,
        None => Properties::default(),
    };
    let traits = if kind == "identify" { "$set" } else { "traits" };
    let is_view = matches!(kind, "page" | "screen");
    let more = [
        (traits, message.traits),
        ("name", message.name.filter(|_| is_view)),
        ("category", message.category.filter(|_| is_view)),
        ("groupId", message.group_id.filter(|_| kind == "group")),
        ("context", message.context),
    ];
    for (key, value) in more {
        if let Some(value) = value {
            checked_depth(value)?;
            properties.push_raw(key, value.get());
        }
    }
    if let Some(version) = message.context.and_then(app_version) {
        properties.push_raw("$app_version", version);
    }
    Ok(properties)
}

fn checked(object: &RawValue) -> Result<Properties<'_>, Refusal> {
    let not_an_object = |_| Refusal::new("properties_no_object", "properties are no object; send `{\"name\": value}`");
    let mut parts = Parts::object(object.get().as_bytes()).map_err(not_an_object)?;
    let mut count = 0;
    while parts.member().map_err(not_an_object)?.is_some() {
        count += 1;
    }
    rules_of_properties(count, &parts)?;
    Ok(Properties::of(object.get()))
}

/// Traits and context become one property each.
fn checked_depth(value: &RawValue) -> Result<(), Refusal> {
    let Ok(mut parts) = Parts::object(value.get().as_bytes()) else { return Ok(()) };
    while matches!(parts.member(), Ok(Some(_))) {}
    parts.deepest += 1;
    rules_of_properties(0, &parts)
}

/// `context.app.version`, from which the release of an event is known.
fn app_version(context: &RawValue) -> Option<&str> {
    let find = |object: &'_ str, key: &[u8]| -> Option<(usize, usize)> {
        let mut parts = Parts::object(object.as_bytes()).ok()?;
        while let Some(member) = parts.member().ok()? {
            if member.key == key {
                return Some((member.to - member.value.len(), member.to));
            }
        }
        None
    };
    let (from, to) = find(context.get(), b"app")?;
    let app = &context.get()[from..to];
    let (from, to) = find(app, b"version")?;
    Some(&app[from..to])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one<'a>(body: &'a str, kind: Option<&'static str>) -> Result<Sent<'a>, Refusal> {
        parse(body.as_bytes(), kind, 10).unwrap().items.remove(0).what.map(|what| match what {
            Sighting::Event(sent) => *sent,
            Sighting::Exposure(_) => panic!("Segment sends events only"),
        })
    }

    fn written(sent: &Sent<'_>) -> String {
        let mut out = Vec::new();
        sent.properties.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_message_is_the_same_by_its_path_and_in_a_batch() {
        let message = r#"{"type":"track","event":"seen","userId":"ann","messageId":"m","properties":{"a":1}}"#;
        let batch = format!(r#"{{"batch":[{message}],"writeKey":"t"}}"#);
        assert_eq!(parse(batch.as_bytes(), None, 10).unwrap().token.as_deref(), Some("t"));
        for sent in [one(message, Some("track")).unwrap(), one(&batch, None).unwrap()] {
            assert_eq!(
                (sent.name.as_ref(), sent.distinct_id.as_deref(), sent.id.as_deref()),
                ("seen", Some("ann"), Some("m"))
            );
            assert_eq!(written(&sent), r#"{"a":1}"#);
        }
    }

    #[test]
    fn both_ids_are_one_person_and_the_version_is_known() {
        let sent = one(
            r#"{"type":"track","event":"e","userId":"ann","anonymousId":"v","context":{"app":{"version":"47"}}}"#,
            Some("track"),
        );
        let sent = sent.unwrap();
        assert_eq!((sent.distinct_id.as_deref(), sent.alias.as_deref()), (Some("ann"), Some("v")));
        assert_eq!(written(&sent), r#"{"context":{"app":{"version":"47"}},"$app_version":"47"}"#);
        let anonymous = one(r#"{"event":"e","userId":null,"anonymousId":"v"}"#, Some("track")).unwrap();
        assert_eq!((anonymous.distinct_id.as_deref(), anonymous.alias), (Some("v"), None));
        let alias = one(r#"{"userId":"ann","previousId":"old"}"#, Some("alias")).unwrap();
        assert_eq!((alias.name.as_ref(), alias.alias.as_deref()), ("$create_alias", Some("old")));
    }

    #[test]
    fn a_message_of_no_kind_is_refused() {
        assert_eq!(one(r#"{"batch":[{"userId":"a"}]}"#, None).unwrap_err().code, "unknown_type");
        let deep = format!(r#"{{"event":"e","context":{{"a":{}{}}}}}"#, "[".repeat(100), "]".repeat(100));
        assert_eq!(one(&deep, Some("track")).unwrap_err().code, "too_deep");
    }
}
