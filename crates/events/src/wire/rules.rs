//! What makes an event one that can be taken. Bounds and the list of ids are those of PostHog, so that what was taken there is
//! taken here.

use std::borrow::Cow;

use super::Refusal;

const NAME_CHARS_MAX: usize = 200;
const ID_CHARS_MAX: usize = 200;

/// What programs send when a variable was empty: all persons without an id would be one. Compared in lower case.
const NO_IDS: [&str; 20] = [
    "0",
    "00000000-0000-0000-0000-000000000000",
    "[object object]",
    "anonymous",
    "anonymous-user",
    "backend",
    "distinct_id",
    "distinctid",
    "email",
    "false",
    "guest",
    "id",
    "nan",
    "none",
    "not_authenticated",
    "null",
    "system",
    "true",
    "undefined",
    "user",
];

/// The name, if it is one.
pub(crate) fn name(name: &str) -> Result<&str, Refusal> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Refusal::new("missing_event_name", "the event has no name; send `event` with a text"));
    }
    if is_longer(name, NAME_CHARS_MAX) {
        let reason =
            format!("the event's name is longer than {NAME_CHARS_MAX} characters; put what varies into properties");
        return Err(Refusal::new("event_name_too_long", reason));
    }
    Ok(name)
}

/// The person's id, if it is one.
pub(crate) fn distinct_id<'a>(id: Option<&'a Cow<'_, str>>) -> Result<&'a str, Refusal> {
    let id = id.map_or("", |id| id.trim());
    if id.is_empty() {
        return Err(Refusal::new("missing_distinct_id", "it does not say whose event it is; send the person's id"));
    }
    if is_longer(id, ID_CHARS_MAX) {
        let reason =
            format!("the person's id is longer than {ID_CHARS_MAX} characters; send a shorter id, or a hash of it");
        return Err(Refusal::new("distinct_id_too_long", reason));
    }
    if is_no_id(id) {
        let reason = format!("`{id}` is no person's id but what an empty variable becomes; leave such events out");
        return Err(Refusal::new("illegal_distinct_id", reason));
    }
    Ok(id)
}

/// Whether it may be another id of a person.
pub(crate) fn is_id(id: &str) -> bool {
    !id.is_empty() && !is_longer(id, ID_CHARS_MAX) && !is_no_id(id)
}

fn is_no_id(id: &str) -> bool {
    const LONGEST: usize = 36;
    id.len() <= LONGEST && NO_IDS.iter().any(|no| no.eq_ignore_ascii_case(id))
}

fn is_longer(text: &str, chars: usize) -> bool {
    text.len() > chars && text.chars().count() > chars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_have_bounds() {
        let code = |result: Result<&str, Refusal>| result.map_err(|refusal| refusal.code).map(str::to_owned);
        assert_eq!(code(name(" product viewed ")), Ok("product viewed".into()));
        assert_eq!(code(name("  ")), Err("missing_event_name"));
        assert_eq!(code(name(&"ä".repeat(200))), Ok("ä".repeat(200)));
        assert_eq!(code(name(&"ä".repeat(201))), Err("event_name_too_long"));
        let id = |text: &str| distinct_id(Some(&Cow::from(text))).map_err(|refusal| refusal.code).map(str::to_owned);
        assert_eq!(id(" ann "), Ok("ann".into()));
        assert_eq!(id(""), Err("missing_distinct_id"));
        assert_eq!(id("[object Object]"), Err("illegal_distinct_id"));
        assert_eq!(id(" UNDEFINED "), Err("illegal_distinct_id"));
        assert_eq!(id(&"x".repeat(201)), Err("distinct_id_too_long"));
    }
}
