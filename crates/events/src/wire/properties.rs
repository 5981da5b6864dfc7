//! The properties of an event: the text that was sent, perhaps without one member and with some more.

use std::ops::Range;

use serde::Serialize;

/// An object. Written as it was sent, never rebuilt.
#[derive(Debug, Default)]
pub(crate) struct Properties<'a> {
    /// The text of an object, or empty.
    object: &'a str,
    /// Bytes of `object` that hold a member which is left out, without its comma.
    without: Option<Range<usize>>,
    /// Members that come last, with commas between.
    more: Vec<u8>,
}

impl<'a> Properties<'a> {
    /// `object` is the text of a JSON object.
    pub(crate) fn of(object: &'a str) -> Self {
        Self { object, without: None, more: Vec::new() }
    }

    /// Leaves out the member that these bytes of the text hold.
    pub(crate) fn leave_out(&mut self, member: Range<usize>) {
        self.without = Some(member);
    }

    /// Adds a member whose value is JSON text.
    pub(crate) fn push_raw(&mut self, key: &str, value: &str) {
        self.push_key(key);
        self.more.extend_from_slice(value.as_bytes());
    }

    /// Adds a member.
    pub(crate) fn push(&mut self, key: &str, value: &impl Serialize) {
        self.push_key(key);
        serde_json::to_writer(&mut self.more, value).expect("texts and numbers are written to memory");
    }

    fn push_key(&mut self, key: &str) {
        if !self.more.is_empty() {
            self.more.push(b',');
        }
        serde_json::to_writer(&mut self.more, key).expect("a text is written to memory");
        self.more.push(b':');
    }

    /// As one object.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (before, after) = self.halves();
        out.push(b'{');
        let mut is_first = true;
        for part in [before.as_bytes(), after.as_bytes(), &self.more] {
            if !part.is_empty() {
                if !is_first {
                    out.push(b',');
                }
                out.extend_from_slice(part);
                is_first = false;
            }
        }
        out.push(b'}');
    }

    /// What stands before and after the member that is left out, without brackets and outer commas.
    fn halves(&self) -> (&'a str, &'a str) {
        let inner = |text: &'a str| text.trim().trim_matches(',').trim();
        let Some(end) = self.object.rfind('}') else { return ("", "") };
        let start = self.object.find('{').map_or(0, |at| at + 1);
        match &self.without {
            Some(gap) => (inner(&self.object[start..gap.start]), inner(&self.object[gap.end..end])),
            None => (inner(&self.object[start..end]), ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(properties: &Properties<'_>) -> String {
        let mut out = Vec::new();
        properties.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_member_is_left_out_wherever_it_stands_and_others_come_last() {
        for (object, left) in [
            (r#"{"token":"t"}"#, r#"{"z":1}"#),
            (r#"{ "token":"t" , "a":1 }"#, r#"{"a":1,"z":1}"#),
            (r#"{"a":1,"token":"t"}"#, r#"{"a":1,"z":1}"#),
            (r#"{"a":1,"token":"t","b":{"c":","}}"#, r#"{"a":1,"b":{"c":","},"z":1}"#),
        ] {
            let mut properties = Properties::of(object);
            let from = object.find("\"token\"").unwrap();
            properties.leave_out(from..from + r#""token":"t""#.len());
            properties.push("z", &1);
            assert_eq!(written(&properties), left);
        }
    }

    #[test]
    fn nothing_is_an_empty_object() {
        assert_eq!(written(&Properties::default()), "{}");
        assert_eq!(written(&Properties::of("{ }")), "{}");
    }
}
