//! JSON text cut into its parts without building it: by matching brackets, in one loop, whatever the depth.
//!
//! Cutting is lenient on purpose. A `NaN` or a broken string in one event must not cost the others of the batch; each part is
//! read strictly by serde afterwards.

use std::borrow::Cow;

use super::Refusal;

/// Where and why text cannot be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{why} (at byte {offset})")]
pub(crate) struct Broken {
    pub(crate) offset: usize,
    pub(crate) why: &'static str,
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    /// Between its quotes; escapes are left as they are.
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    /// From the key's quote to the end of the value.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Goes through the parts of an object or array.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    text: &'a [u8],
    at: usize,
    close: u8,
    state: State,
    /// The deepest nesting met so far; the object itself is 1.
    pub(crate) deepest: usize,
    /// A number that no reader can hold was met.
    pub(crate) unreadable_number: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Later,
    Over,
}

impl<'a> Parts<'a> {
    /// The parts of the object in `text`.
    pub(crate) fn object(text: &'a [u8]) -> Result<Self, Broken> {
        Self::open(text, b'{', b'}', "an object was expected")
    }

    /// The parts of the array in `text`.
    pub(crate) fn array(text: &'a [u8]) -> Result<Self, Broken> {
        Self::open(text, b'[', b']', "an array was expected")
    }

    fn open(text: &'a [u8], open: u8, close: u8, why: &'static str) -> Result<Self, Broken> {
        let mut parts = Self { text, at: 0, close, state: State::First, deepest: 1, unreadable_number: false };
        parts.skip_space();
        if parts.peek() != Some(open) {
            return Err(parts.broken(why));
        }
        parts.at += 1;
        Ok(parts)
    }

    /// The next member of an object.
    pub(crate) fn member(&mut self) -> Result<Option<Member<'a>>, Broken> {
        if !self.go_on()? {
            return Ok(None);
        }
        let from = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.broken("a name in quotes was expected"));
        }
        let quoted = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.broken("a colon was expected"));
        }
        self.at += 1;
        self.skip_space();
        let value = self.value()?;
        Ok(Some(Member { key: &quoted[1..quoted.len() - 1], value, from, to: self.at }))
    }

    /// The next element of an array.
    pub(crate) fn element(&mut self) -> Result<Option<&'a [u8]>, Broken> {
        if self.go_on()? { self.value().map(Some) } else { Ok(None) }
    }

    /// To the beginning of the next part, if there is one. Nothing may follow the last.
    fn go_on(&mut self) -> Result<bool, Broken> {
        self.skip_space();
        if self.state == State::Over {
            return Ok(false);
        }
        if self.peek() == Some(self.close) {
            self.at += 1;
            self.state = State::Over;
            self.skip_space();
            return if self.at == self.text.len() { Ok(false) } else { Err(self.broken("something follows the end")) };
        }
        if self.state == State::Later {
            if self.peek() != Some(b',') {
                return Err(self.broken("a comma or the end was expected"));
            }
            self.at += 1;
            self.skip_space();
        }
        self.state = State::Later;
        Ok(true)
    }

    fn value(&mut self) -> Result<&'a [u8], Broken> {
        let from = self.at;
        match self.peek() {
            Some(b'"') => self.string(),
            Some(open @ (b'{' | b'[')) => self.nested(open),
            Some(_) => {
                self.scalar();
                if from == self.at { Err(self.broken("a value was expected")) } else { Ok(&self.text[from..self.at]) }
            }
            None => Err(self.broken("the text ends too early")),
        }
    }

    /// From an opening bracket to the one that closes it.
    fn nested(&mut self, open: u8) -> Result<&'a [u8], Broken> {
        let from = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.deepest = self.deepest.max(depth + 1);
                }
                b'}' | b']' => depth -= 1,
                b'-' | b'0'..=b'9' => {
                    self.scalar();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                let expected = if open == b'{' { b'}' } else { b']' };
                let closed = byte == expected;
                return if closed { Ok(&self.text[from..self.at]) } else { Err(self.broken("brackets do not match")) };
            }
        }
        Err(self.broken("the text ends too early"))
    }

    /// From a quote to the one that ends it.
    fn string(&mut self) -> Result<&'a [u8], Broken> {
        let from = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return Ok(&self.text[from..self.at]),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        self.at = self.text.len();
        Err(self.broken("the text ends inside a string"))
    }

    fn scalar(&mut self) {
        let from = self.at;
        while self.peek().is_some_and(|byte| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.unreadable_number |= is_unreadable(&self.text[from..self.at]);
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn broken(&self, why: &'static str) -> Broken {
        Broken { offset: self.at, why }
    }
}

/// `1e999` is JSON, but no number that a reader can hold. Short numbers without an exponent need no look.
fn is_unreadable(token: &[u8]) -> bool {
    const CHARS_SAFE: usize = 300;
    if token.len() < CHARS_SAFE && !token.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        return false;
    }
    std::str::from_utf8(token).ok().and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_infinite)
}

/// A text or number as text; nothing for `null`.
pub(crate) fn text(value: &str) -> Result<Option<Cow<'_, str>>, serde_json::Error> {
    match value.as_bytes() {
        b"null" => Ok(None),
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Ok(Some(Cow::Borrowed(&value[1..value.len() - 1]))),
        [b'-' | b'0'..=b'9', ..] => Ok(Some(Cow::Borrowed(value))),
        _ => serde_json::from_str(value).map(Cow::Owned).map(Some),
    }
}

/// As [`text`], for a field of that name.
pub(crate) fn field<'a>(name: &str, value: Option<&'a str>) -> Result<Option<Cow<'a, str>>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    text(value)
        .map_err(|_| Refusal::new("invalid_field", format!("{name} is neither a text nor a number; send it as a text")))
}

/// Halves of surrogate pairs without their other half, which browsers send after cutting a text inside an emoji, are no text
/// that can be stored: they become U+FFFD, in place.
pub(crate) fn mend_surrogates(text: &mut [u8]) {
    let mut at = 0;
    while at + 6 <= text.len() {
        if text[at] != b'\\' {
            at += 1;
            continue;
        }
        match surrogate(&text[at..]) {
            Some(Half::High) if matches!(surrogate(&text[at + 6..]), Some(Half::Low)) => at += 12,
            Some(_) => {
                text[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            None => at += 2,
        }
    }
}

/// Whether [`mend_surrogates`] may have something to do.
pub(crate) fn may_have_surrogates(text: &[u8]) -> bool {
    text.contains(&b'\\') && text.windows(3).any(|window| matches!(window, [b'\\', b'u', b'd' | b'D']))
}

enum Half {
    High,
    Low,
}

fn surrogate(text: &[u8]) -> Option<Half> {
    match text {
        [b'\\', b'u', b'd' | b'D', half, c, d, ..] if c.is_ascii_hexdigit() && d.is_ascii_hexdigit() => match half {
            b'8' | b'9' | b'a' | b'A' | b'b' | b'B' => Some(Half::High),
            b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
