//! Removes secrets from a stream of bytes.
//!
//! Invariants: what comes out depends on the bytes alone and not on how they were cut into chunks; a secret never comes out in part;
//! a character of UTF-8 never comes out in part (except at the very end, if the input ends so).

/// Shorter texts are not redacted: they stand in ordinary output by chance, and replacing them would tell more than it hides.
pub const SECRET_BYTES_MIN: usize = 4;

/// Lines of a text with several lines are redacted one by one only from this length on: `}` or `EOF` are nobody's secret.
const LINE_BYTES_MIN: usize = 8;

const MASK: &[u8] = b"***";

/// Holds back what may be the beginning of a secret until more arrives.
pub(crate) struct Redactor {
    secrets: Vec<Vec<u8>>,
    /// Bytes with which some secret begins.
    starts: [bool; 256],
    held: Vec<u8>,
    /// How many of the held bytes belong to a secret whose mask is already written.
    covered: usize,
}

impl Redactor {
    pub(crate) fn new(texts: &[String]) -> Self {
        let mut secrets: Vec<Vec<u8>> = Vec::new();
        for text in texts {
            let lines = text.lines().map(str::trim).filter(|line| line.len() >= LINE_BYTES_MIN);
            secrets.extend(lines.chain([text.as_str(), text.trim()]).map(|part| part.as_bytes().to_vec()));
        }
        secrets.retain(|secret| secret.len() >= SECRET_BYTES_MIN);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        let mut starts = [false; 256];
        for first in secrets.iter().filter_map(|secret| secret.first()) {
            starts[usize::from(*first)] = true;
        }
        Self { secrets, starts, held: Vec::new(), covered: 0 }
    }

    /// Takes the next bytes and appends to `out` what is safe to show.
    pub(crate) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(chunk);
        self.release(out, false);
    }

    /// The input is over: what was held back comes out.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.release(out, true);
    }

    fn release(&mut self, out: &mut Vec<u8>, is_end: bool) {
        let bytes = std::mem::take(&mut self.held);
        let limit = if is_end { bytes.len() } else { whole_characters(&bytes) };
        let (mut at, mut covered_to) = (0, self.covered);
        while at < limit {
            if at >= covered_to {
                let plain = self.plain_bytes(&bytes[at..limit]);
                out.extend_from_slice(&bytes[at..at + plain]);
                at += plain;
                if at == limit {
                    break;
                }
            }
            let rest = &bytes[at..];
            if !is_end && self.may_begin(rest) {
                break;
            }
            if let Some(secret) = self.secrets.iter().find(|secret| rest.starts_with(secret)) {
                if at >= covered_to {
                    out.extend_from_slice(MASK);
                }
                covered_to = covered_to.max(at + secret.len());
            }
            if at >= covered_to {
                out.push(bytes[at]);
            }
            at += 1;
        }
        self.covered = covered_to.saturating_sub(at);
        self.held = bytes[at..].to_vec();
    }

    /// How many bytes there are before the first that could begin a secret.
    fn plain_bytes(&self, bytes: &[u8]) -> usize {
        if self.secrets.is_empty() {
            return bytes.len();
        }
        bytes.iter().position(|byte| self.starts[usize::from(*byte)]).unwrap_or(bytes.len())
    }

    /// Whether `rest` could become a secret with more bytes.
    fn may_begin(&self, rest: &[u8]) -> bool {
        self.secrets.iter().any(|secret| secret.len() > rest.len() && secret.starts_with(rest))
    }
}

/// The length of `bytes` without a character at the end that is not complete yet. Bytes that are not UTF-8 count as complete.
pub(crate) fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let wanted = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => return bytes.len(),
        };
        return if wanted > back { bytes.len() - back } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to cut `input` in two, and byte by byte, must give `expected`.
    fn check(secrets: &[&str], input: &str, expected: &str) {
        let secrets: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        let bytes = input.as_bytes();
        let cuts = (0..=bytes.len()).map(|at| vec![&bytes[..at], &bytes[at..]]);
        for chunks in cuts.chain([bytes.chunks(1).collect()]) {
            let mut redactor = Redactor::new(&secrets);
            let mut out = Vec::new();
            for chunk in &chunks {
                redactor.push(chunk, &mut out);
                assert!(std::str::from_utf8(&out).is_ok(), "a character came out in part: {chunks:?}");
            }
            redactor.finish(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "chunks {chunks:?}");
        }
    }

    #[test]
    fn secrets_disappear_wherever_the_chunks_are_cut() {
        check(&["hunter2"], "the password is hunter2, hunter2!\nhunter", "the password is ***, ***!\nhunter");
    }

    #[test]
    fn the_longest_secret_wins_and_overlapping_ones_leave_nothing() {
        check(&["abcd", "abcdef"], "abcde abcdef", "***e ***");
        check(&["abcd", "cdef"], "xabcdefx", "x***x");
        check(&["aaaa"], "aaaaaaa", "***");
    }

    #[test]
    fn characters_stay_whole() {
        check(&["pässwörd"], "ä pässwörd ö 🦀 päss", "ä *** ö 🦀 päss");
        check(&[], "ä 🦀 €", "ä 🦀 €");
    }

    #[test]
    fn short_texts_are_left_alone_and_lines_of_a_key_count_one_by_one() {
        check(&["abc", ""], "abc", "abc");
        check(&["-----BEGIN-----\nMIIEvQIBADAN\n}\n"], "key MIIEvQIBADAN }", "key *** }");
    }

    #[test]
    fn bytes_that_are_not_text_pass() {
        let mut redactor = Redactor::new(&[]);
        let mut out = Vec::new();
        redactor.push(&[0xFF, 0x80, 0x80, 0x80, 0x80], &mut out);
        redactor.push(&[0xF0], &mut out);
        redactor.finish(&mut out);
        assert_eq!(out, [0xFF, 0x80, 0x80, 0x80, 0x80, 0xF0]);
    }
}
