//! The few properties that mean something to capture, found in one pass over the text.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::wire::json::{self, Parts};
use crate::wire::{Given, Properties, Refusal, rules_of_properties};

/// What the properties of an event say of it.
#[derive(Debug, Default)]
pub(super) struct Known<'a> {
    /// Without the token.
    pub(super) properties: Properties<'a>,
    pub(super) token: Option<Cow<'a, str>>,
    pub(super) distinct_id: Option<Cow<'a, str>>,
    /// The anonymous id that `$identify` gives up.
    pub(super) anonymous: Option<Cow<'a, str>>,
    pub(super) alias: Option<Cow<'a, str>>,
    pub(super) ignores_sent_at: bool,
    pub(super) exposure: Option<Given<'a>>,
}

impl<'a> Known<'a> {
    pub(super) fn of(properties: Option<&'a RawValue>) -> Result<Self, Refusal> {
        let Some(object) = properties.map(RawValue::get) else { return Ok(Self::default()) };
        let not_an_object =
            |_| Refusal::new("properties_no_object", "properties are no object; send `{\"name\": value}`");
        let mut known = Self { properties: Properties::of(object), ..Self::default() };
        let mut parts = Parts::object(object.as_bytes()).map_err(not_an_object)?;
        let mut count = 0;
        while let Some(member) = parts.member().map_err(not_an_object)? {
            count += 1;
            let text = || std::str::from_utf8(member.value).ok().and_then(|value| json::text(value).ok().flatten());
            match member.key {
                b"token" => {
                    known.token = text();
                    known.properties.leave_out(member.from..member.to);
                }
                b"distinct_id" => known.distinct_id = text(),
                b"$anon_distinct_id" => known.anonymous = text(),
                b"alias" => known.alias = text(),
                b"$ignore_sent_at" => known.ignores_sent_at = member.value == b"true",
                [b'$', b'f', b'e', ..] => known.flag(member.key, member.value),
                _ => {}
            }
        }
        rules_of_properties(count, &parts)?;
        Ok(known)
    }

    /// A property of `$feature_flag_called`.
    fn flag(&mut self, key: &[u8], value: &'a [u8]) {
        let Ok(value) = std::str::from_utf8(value) else { return };
        let text = match value {
            // A flag without variants: on or off.
            "true" | "false" => Cow::Borrowed(value),
            _ => json::text(value).ok().flatten().unwrap_or_default(),
        };
        let given = self.exposure.get_or_insert_default();
        match key {
            b"$feature_flag" => given.flag = text,
            b"$feature_flag_response" => given.variant = text,
            b"$feature_flag_reason" => given.reason = text.to_ascii_uppercase(),
            b"$feature_flag_version" => given.revision = text.parse().unwrap_or_default(),
            _ => {}
        }
    }
}
