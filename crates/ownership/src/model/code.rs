//! What source code says, told by its tokens: comments and strings are never taken for code.

mod imports;
mod language;
mod resolve;
mod token;

use super::Word;
pub(crate) use imports::{Import, imports};
pub(crate) use language::Language;
pub(crate) use resolve::resolve;
pub(crate) use token::{HOLE, Placed, Token, tokens};

/// The call that sends an event, in PostHog's libraries.
const CAPTURE: &str = "capture";
/// As far as one call is read.
const CALL_TOKENS_MAX: usize = 200;

/// The events that `capture("…")` and `capture({event: "…"})` name. What is put together at run time is not known.
pub(crate) fn events(tokens: &[Placed]) -> Vec<Word> {
    let mut events = Vec::new();
    for (at, window) in tokens.windows(2).enumerate() {
        if window[0].is_word(CAPTURE) && window[1].is_mark('(') {
            events.extend(event(&tokens[at + 2..]));
        }
    }
    events
}

fn event(arguments: &[Placed]) -> Option<Word> {
    let mut depth = 0_u32;
    for (at, placed) in arguments.iter().take(CALL_TOKENS_MAX).enumerate() {
        match &placed.token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth = depth.checked_sub(1)?,
            Token::Text(name) if at == 0 => return named(name, placed.line),
            Token::Word(key) if key == "event" && depth <= 1 => {
                let is_value = arguments.get(at + 1).is_some_and(|mark| mark.is_mark(':') || mark.is_mark('='));
                if let Some(Placed { token: Token::Text(name), line }) = arguments.get(at + 2).filter(|_| is_value) {
                    return named(name, *line);
                }
            }
            _ => {}
        }
    }
    None
}

fn named(name: &str, line: u32) -> Option<Word> {
    let is_known = !name.is_empty() && !name.contains(HOLE);
    is_known.then(|| Word { text: name.to_owned(), line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, language: Language) -> Vec<(String, u32)> {
        events(&tokens(text, language)).into_iter().map(|word| (word.text, word.line)).collect()
    }

    #[test]
    fn events_are_found_where_they_are_sent() {
        let text = "// capture('no')\nposthog.capture('order placed', { a: 1 })\nlog(\"capture('no')\")\n\
                    client.capture({\n  distinctId: id({event: 'no'}),\n  event: \"paid\" })\ncapture(name)\ncapture(`x ${y}`)";
        assert_eq!(found(text, Language::Script), [("order placed".into(), 2), ("paid".into(), 6)]);
        let text = "posthog.capture(distinct_id=user.id, event='paid')  # capture('no')\n";
        assert_eq!(found(text, Language::Python), [("paid".into(), 1)]);
    }
}
