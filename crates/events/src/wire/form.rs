//! Bodies that are not the JSON itself: `data=` of a form or query, and base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The value of a name in `a=1&b=2`.
pub(crate) fn value<'a>(form: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    form.split(|byte| *byte == b'&').find_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        (&pair[..at] == name.as_bytes()).then(|| plain(&pair[at + 1..]))
    })
}

/// The bytes of base64, in either alphabet, with or without padding.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    // A plus sign that was not escaped in a form reads as a space.
    let text: Vec<u8> = text.trim_ascii().iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect();
    if text.is_empty() {
        return None;
    }
    STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text)).ok()
}

/// Without the escapes of a form.
pub(crate) fn plain(escaped: &[u8]) -> Cow<'_, [u8]> {
    if !escaped.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(escaped);
    }
    let mut plain = Vec::with_capacity(escaped.len());
    let mut at = 0;
    while at < escaped.len() {
        let code = escaped.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (escaped[at], code.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 2;
            }
            (b'+', _) => plain.push(b' '),
            (byte, _) => plain.push(byte),
        }
        at += 1;
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_base64_are_read() {
        let form = b"compression=base64&data=eyJhIjoiPz8%2FIn0%3D&ip=1";
        let data = value(form, "data").unwrap();
        assert_eq!(base64(&data).unwrap(), br#"{"a":"???"}"#);
        assert_eq!(base64(b"eyJhIjoiPz8_In0").unwrap(), br#"{"a":"???"}"#);
        assert_eq!(base64(b"eyJhIjoifn5+In0 ").unwrap(), br#"{"a":"~~~"}"#);
        assert_eq!(value(b"data=%7B%22a%22%3A+1%7D", "data").unwrap().as_ref(), br#"{"a": 1}"#);
        assert_eq!(value(b"data=100%", "data").unwrap().as_ref(), b"100%");
        assert!(value(b"xdata=1", "data").is_none());
        assert!(base64(b"{}").is_none());
    }
}
