//! What is asked for, and whether something fits.

use jiff::Timestamp;
use kernel::{Cursor, Page, Problem};

use super::join::Found;
use crate::model::Said;

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;
const KEYS: [&str; 10] =
    ["survey", "flag", "variant", "journey", "change", "domain", "release", "tag", "person", "channel"];

/// Which feedback; all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// One piece of it.
    pub id: Option<String>,
    /// Words that all stand in what was said, in lower case.
    pub words: Vec<String>,
    pub survey: Option<String>,
    /// Of persons who had a variant of this flag in force.
    pub flag: Option<String>,
    /// This variant of it.
    pub variant: Option<String>,
    /// Of persons who were in this journey, or about it.
    pub journey: Option<String>,
    /// Whoever asks brings its [`Scope`].
    pub change: Option<String>,
    /// Of what this domain owns.
    pub domain: Option<String>,
    pub release: Option<u64>,
    pub tag: Option<String>,
    /// Any of their ids.
    pub person: Option<String>,
    pub channel: Option<String>,
    pub from: Option<Timestamp>,
    /// Excluded.
    pub to: Option<Timestamp>,
    /// 1 to 200; 50 unless given.
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// What belongs to a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Its flags.
    pub flags: Vec<String>,
    /// Its deployments.
    pub releases: Vec<u64>,
    /// When customers got it first; `None` if none did, and then nothing can be said about it.
    pub from_ms: Option<i64>,
}

impl Query {
    /// Takes words and `key:value` pairs in: what the search field of a list has.
    pub fn search(mut self, text: &str) -> Result<Self, Problem> {
        for word in text.split_whitespace() {
            match word.split_once(':').filter(|(key, value)| KEYS.contains(key) && !value.is_empty()) {
                Some((key, value)) => self.set(key, value)?,
                None => self.words.push(word.to_lowercase()),
            }
        }
        Ok(self)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        let value = value.to_owned();
        match key {
            "survey" => self.survey = Some(value),
            "flag" => self.flag = Some(value),
            "variant" => self.variant = Some(value),
            "journey" => self.journey = Some(value),
            "change" => self.change = Some(value),
            "domain" => self.domain = Some(value),
            "tag" => self.tag = Some(value),
            "person" => self.person = Some(value),
            "channel" => self.channel = Some(value),
            _ => {
                let number = value.parse().map_err(|_| {
                    Problem::invalid(format!("release: {value:?} is no number of a deployment"))
                        .hint("for example release:42")
                })?;
                self.release = Some(number);
            }
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.variant.is_some() && self.flag.is_none() {
            return Err(
                Problem::invalid("a variant of which flag?").hint("flag=KEY&variant=NAME, or flag:KEY variant:NAME")
            );
        }
        Ok(())
    }

    /// Whether what was said fits by itself; flags, journeys and changes are asked for elsewhere.
    pub(super) fn takes(&self, said: &Said, release: Option<u64>, person: Option<&str>) -> bool {
        let is = |wanted: &Option<String>, is: Option<&String>| wanted.is_none() || wanted.as_ref() == is;
        is(&self.id, Some(&said.id))
            && is(&self.survey, said.survey.as_ref())
            && is(&self.channel, said.channel.as_ref())
            && self.release.is_none_or(|wanted| release == Some(wanted))
            && self.tag.as_ref().is_none_or(|tag| said.tags.contains(tag))
            && self.has_words(said, person)
    }

    fn has_words(&self, said: &Said, person: Option<&str>) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut text = said.text.to_lowercase();
        let asked = said.answers.iter().flat_map(|answer| [answer.question.clone(), answer.answer.words()]);
        let others = [&said.survey, &said.channel, &said.url, &said.journey].into_iter().flatten().cloned();
        for part in asked.chain(others).chain(person.map(str::to_owned)).chain(said.tags.iter().cloned()) {
            text.push('\n');
            text.push_str(&part.to_lowercase());
        }
        self.words.iter().all(|word| text.contains(word))
    }

    /// Newest first, from the cursor on.
    pub(super) fn page(&self, mut all: Vec<Found>) -> Result<Page<Found>, Problem> {
        let place = |one: &Found| (one.at_ms, one.said.id.clone());
        all.sort_by_cached_key(|one| std::cmp::Reverse(place(one)));
        if let Some(cursor) = &self.cursor {
            let before: (i64, String) = Cursor::decode(cursor)?;
            all.retain(|one| place(one) < before);
        }
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
        Ok(Page::cut(all, limit, |last| Cursor::encode(&place(last))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_words_and_pairs() {
        let query = Query::default().search("Street flag:gift-wrap variant:on release:42 http://x twice").unwrap();
        assert_eq!(query.words, ["street", "http://x", "twice"]);
        assert_eq!(
            (query.flag.as_deref(), query.variant.as_deref(), query.release),
            (Some("gift-wrap"), Some("on"), Some(42))
        );
        assert!(Query::default().search("release:new").unwrap_err().message.contains("no number"));
        assert!(Query::default().search("variant:on").unwrap().check().is_err());
    }
}
