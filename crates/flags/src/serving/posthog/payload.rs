//! The ways in which PostHog's clients pack a body: as it is, with gzip, or as base64 in a form's `data`.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::BODY_BYTES_MAX;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The JSON in a body.
pub(super) fn unpack(body: &[u8]) -> Result<Vec<u8>, String> {
    if body.starts_with(&GZIP) {
        return inflate(body);
    }
    let Some(form) = body.strip_prefix(b"data=") else { return Ok(body.to_vec()) };
    let form = form.split(|byte| *byte == b'&').next().unwrap_or_default();
    STANDARD.decode(plain(form)).map_err(|error| format!("data is not base64: {error}"))
}

fn inflate(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut json = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(body).take(BODY_BYTES_MAX as u64 + 1);
    reader.read_to_end(&mut json).map_err(|error| format!("the gzip is broken: {error}"))?;
    if json.len() > BODY_BYTES_MAX {
        return Err(format!("the body has more than {BODY_BYTES_MAX} bytes once unpacked"));
    }
    Ok(json)
}

/// Without the escapes of a form.
fn plain(form: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(form.len());
    let mut rest = form;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *byte == b'%').and_then(|digits| hex::decode(digits).ok());
        rest = if escaped.is_some() { &after[2..] } else { after };
        plain.extend(escaped.unwrap_or_else(|| vec![*byte]));
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_three_ways_give_the_same() {
        let json = br#"{"token":"t?>","distinct_id":"x"}"#.to_vec();
        let base64 = STANDARD.encode(&json).replace('+', "%2B").replace('=', "%3D");
        assert_eq!(unpack(&json).unwrap(), json);
        assert_eq!(unpack(&gzip(&json)).unwrap(), json);
        assert_eq!(unpack(format!("data={base64}&ver=1").as_bytes()).unwrap(), json);
    }

    #[test]
    fn a_bomb_is_refused() {
        assert!(unpack(&gzip(&vec![b' '; 4 << 20])).unwrap_err().contains("once unpacked"));
    }
}
