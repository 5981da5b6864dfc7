//! Who is to be forgotten, until no file has them any more.
//!
//! A stored wish is a person key, which says nothing of a text. The ids themselves are known to the process that was told,
//! and to no later one: that one lets every text go which could name them.

use std::sync::Arc;

use super::{instant, mentioned};
use crate::log::key::{ByPerson, PersonKey};
use crate::record::{Exposure, Identity, Record, Rejected};
use crate::wire::form;

/// An id that is cut off where an excerpt ends is known by so many characters.
const CUT_CHARS_MIN: usize = 4;

#[derive(Debug, Clone, PartialEq)]
struct Wish {
    /// What came until then.
    until_ms: i64,
    /// `None`: told to an earlier process.
    id: Option<Arc<str>>,
}

/// All wishes that are still open.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::log) struct Wishes(ByPerson<Wish>);

impl Wishes {
    /// As they were stored.
    pub(in crate::log) fn stored(wishes: impl IntoIterator<Item = (u64, i64)>) -> Self {
        Self(wishes.into_iter().map(|(key, until_ms)| (key, Wish { until_ms, id: None })).collect())
    }

    pub(super) fn add(&mut self, key: u64, until_ms: i64, id: Option<Arc<str>>) {
        self.0.insert(key, Wish { until_ms, id });
    }

    /// Takes a wish that is done out, unless it was renewed since `then`.
    pub(super) fn end(&mut self, key: u64, then: &Self) {
        if self.0.get(&key) == then.0.get(&key) {
            self.0.remove(&key);
        }
    }

    pub(in crate::log) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, key: u64) -> bool {
        self.0.contains_key(&key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = u64> {
        self.0.keys().copied()
    }

    /// Whether what came at that instant of this person is to vanish.
    pub(in crate::log) fn cover(&self, key: u64, at_ms: i64) -> bool {
        self.0.get(&key).is_some_and(|wish| at_ms <= wish.until_ms)
    }

    /// Whose wishes forbid this record.
    fn against(&self, record: &Record, key: &PersonKey) -> Vec<u64> {
        if let Record::Rejected(rejected) = record {
            return self.against_text(rejected).collect();
        }
        let at_ms = instant(record);
        mentioned(record).map(|id| key.of(id)).filter(|key| self.cover(*key, at_ms)).collect()
    }

    /// What may stay of a record, and whose wishes it touches. What somebody else was shown or was said to be stays, without the
    /// cookie that it came with.
    pub(in crate::log) fn left_of(&self, record: Record, key: &PersonKey) -> (Option<Record>, Vec<u64>) {
        let touched = if self.is_empty() { Vec::new() } else { self.against(&record, key) };
        if touched.is_empty() {
            return (Some(record), touched);
        }
        let at_ms = instant(&record);
        let stays = |id: &str| !self.cover(key.of(id), at_ms);
        let left = match record {
            Record::Exposure(exposure) if stays(&exposure.unit) => {
                Some(Record::Exposure(Exposure { witness: None, ..exposure }))
            }
            Record::Identity(identity) if stays(&identity.from) && stays(&identity.into) => {
                Some(Record::Identity(Identity { witness: None, ..identity }))
            }
            _ => None,
        };
        (left, touched)
    }

    /// Whose wishes forbid the words of what was rejected.
    pub(super) fn against_text(&self, rejected: &Rejected) -> impl Iterator<Item = u64> {
        let names = |id: &Option<Arc<str>>| id.as_deref().is_none_or(|id| shows(rejected, id));
        let wishes = self.0.iter().filter(move |(_, wish)| rejected.at_ms <= wish.until_ms && names(&wish.id));
        wishes.map(|(key, _)| *key)
    }
}

/// Whether the words have the id as it is, as JSON or a form writes it, or the beginning of it where they end.
fn shows(rejected: &Rejected, id: &str) -> bool {
    let json = serde_json::to_string(id).unwrap_or_default();
    let ids = [id, json.trim_matches('"')];
    [&rejected.excerpt, &rejected.reason].into_iter().any(|text| {
        let plain = form::plain(text.as_bytes());
        let texts = [text.as_str().into(), String::from_utf8_lossy(&plain)];
        texts.iter().any(|text| ids.iter().any(|id| text.contains(id) || is_cut(text, id)))
    })
}

fn is_cut(text: &str, id: &str) -> bool {
    let mut ends = id.char_indices().skip(CUT_CHARS_MIN).map(|(end, _)| end);
    ends.any(|end| text.ends_with(&id[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Source;

    fn rejected(excerpt: &str) -> Record {
        let (code, reason) = ("invalid_json".to_owned(), "it ends too early".to_owned());
        Record::Rejected(Rejected {
            at_ms: 10,
            source: Source::PosthogV0,
            code,
            reason,
            excerpt: excerpt.into(),
            token: None,
        })
    }

    #[test]
    fn a_text_is_searched_for_the_id_in_every_form() {
        let key = PersonKey::new([7; 16]);
        let mut wishes = Wishes::default();
        wishes.add(1, 10, Some("ann \"a\"@example.org".into()));
        for shows in [
            r#"{"distinct_id": "ann \"a\"@example.org""#,
            "distinct_id=ann+%22a%22%40example.org&event=seen",
            "distinct_id=ann%20%22a%22%40exam",
            r#"{"event": "seen", "distinct_id": "ann \"a"#,
            "ann \"a\"@example.org",
        ] {
            assert_eq!(wishes.against(&rejected(shows), &key), [1], "{shows}");
        }
        for other in [r#"{"distinct_id": "annabel"}"#, "ann", ""] {
            assert!(wishes.against(&rejected(other), &key).is_empty(), "{other}");
        }
    }

    #[test]
    fn what_came_later_stays() {
        let mut wishes = Wishes::default();
        wishes.add(1, 9, Some("ann-7".into()));
        assert!(wishes.against(&rejected("ann-7"), &PersonKey::new([7; 16])).is_empty());
    }

    #[test]
    fn a_wish_whose_id_is_not_known_any_more_takes_every_text() {
        let wishes = Wishes::stored([(1, 10)]);
        assert_eq!(wishes.against(&rejected("whatever"), &PersonKey::new([7; 16])), [1]);
    }
}
