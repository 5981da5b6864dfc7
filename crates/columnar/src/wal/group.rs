//! The form of a group: header, lengths of its records, records.
//!
//! Header, little-endian: `TLg1`, number of records, bytes of the content (each `u32`), four zero bytes, and SipHash-1-3
//! (`u64`, key 0) of all before it and the content. An old reader stops at a group whose first bytes it does not know.

use std::hash::Hasher as _;
use std::ops::Range;

use bytes::Bytes;
use siphasher::sip::SipHasher13;

const MAGIC: [u8; 4] = *b"TLg1";
const SUMMED_BYTES: usize = 16;
pub(super) const HEADER_BYTES: usize = 24;
/// No group is larger; a header that says so is not one.
pub(super) const CONTENT_BYTES_MAX: usize = 1 << 30;

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A whole group of this many bytes with its records' ranges.
    Whole {
        bytes: usize,
        records: Vec<Range<usize>>,
    },
    /// The beginning of a group that would need this many bytes.
    Cut {
        bytes: usize,
    },
    Nothing,
}

/// Appends a group to `out`.
pub(super) fn encode(records: &[Bytes], out: &mut Vec<u8>) {
    let data: usize = records.iter().map(Bytes::len).sum();
    let content = 4 * records.len() + data;
    assert!(content <= CONTENT_BYTES_MAX, "the writer's queue is smaller than the largest group");
    out.reserve(HEADER_BYTES + content);
    let begin = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&short(records.len()));
    out.extend_from_slice(&short(content));
    out.extend_from_slice(&[0; 12]);
    for record in records {
        out.extend_from_slice(&short(record.len()));
    }
    for record in records {
        out.extend_from_slice(record);
    }
    let sum = checksum(&out[begin..]);
    out[begin + SUMMED_BYTES..begin + HEADER_BYTES].copy_from_slice(&sum.to_le_bytes());
}

fn short(n: usize) -> [u8; 4] {
    u32::try_from(n).expect("a group is below a gigabyte").to_le_bytes()
}

/// Of a group with its header.
fn checksum(group: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(&group[..SUMMED_BYTES]);
    hasher.write(&group[HEADER_BYTES..]);
    hasher.finish()
}

fn number(bytes: &[u8], at: usize) -> usize {
    let four = bytes[at..at + 4].try_into().expect("four bytes");
    usize::try_from(u32::from_le_bytes(four)).expect("a machine has 32 bits or more")
}

/// Reads what `bytes` begin with.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    if bytes.len() < HEADER_BYTES || bytes[..4] != MAGIC {
        return Parsed::Nothing;
    }
    let (count, content) = (number(bytes, 4), number(bytes, 8));
    if content > CONTENT_BYTES_MAX || content / 4 < count {
        return Parsed::Nothing;
    }
    let whole = HEADER_BYTES + content;
    if bytes.len() < whole {
        return Parsed::Cut { bytes: whole };
    }
    let sum = u64::from_le_bytes(bytes[SUMMED_BYTES..HEADER_BYTES].try_into().expect("eight bytes"));
    if checksum(&bytes[..whole]) != sum {
        return Parsed::Nothing;
    }
    records(&bytes[..whole], count).map_or(Parsed::Nothing, |records| Parsed::Whole { bytes: whole, records })
}

/// The records' ranges, if they fill the group.
fn records(group: &[u8], count: usize) -> Option<Vec<Range<usize>>> {
    let mut begin = HEADER_BYTES + 4 * count;
    let mut records = Vec::with_capacity(count);
    for i in 0..count {
        let end = begin.checked_add(number(group, HEADER_BYTES + 4 * i))?;
        records.push(begin..end);
        begin = end;
    }
    (begin == group.len()).then_some(records)
}

/// Where the next whole group begins, behind the first byte.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    while let Some(step) = bytes.get(at..)?.windows(MAGIC.len()).position(|four| four == MAGIC) {
        at += step;
        if matches!(parse(&bytes[at..]), Parsed::Whole { .. }) {
            return Some(at);
        }
        at += 1;
    }
    None
}
