//! YAML files, bounded, with the place of what is wrong.

use std::fmt;
use std::marker::PhantomData;

use kernel::Problem;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

/// Longest file that is read.
const BYTES_MAX: usize = 1 << 20;
const DEPTH_MAX: usize = 64;

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    /// Lines of the file before it.
    pub(crate) lines_before: u32,
}

impl<'a> Document<'a> {
    /// All documents of a file, each by itself: a mistake in one leaves the others readable.
    pub(crate) fn all(text: &'a str, file: &'a str) -> Result<Vec<Self>, Problem> {
        let whole = Self::whole(text, file)?;
        let mut documents = Vec::new();
        let (mut begin, mut lines_before, mut at) = (0, 0, 0);
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            if line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) {
                documents.push(Self { text: &text[begin..at], lines_before, ..whole });
                (begin, lines_before) = (at + "---".len(), number - 1);
            }
            at += line.len();
        }
        documents.push(Self { text: &text[begin..], lines_before, ..whole });
        documents
            .retain(|document| document.text.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')));
        Ok(documents)
    }

    /// The file as one document.
    pub(crate) fn whole(text: &'a str, file: &'a str) -> Result<Self, Problem> {
        if text.len() <= BYTES_MAX {
            return Ok(Self { file, text, lines_before: 0 });
        }
        let problem = Problem::invalid("the file has more than 1 MiB").hint("split it; files are read one by one");
        Err(Problem { file: Some(file.to_owned()), ..problem })
    }

    /// Reads it. `missing` says what a key that must be there is for.
    pub(crate) fn read<T: DeserializeOwned>(&self, missing: impl Fn(&str) -> &'static str) -> Result<T, Problem> {
        let mut options = serde_saphyr::Options::default();
        if let Some(budget) = &mut options.budget {
            budget.max_depth = DEPTH_MAX;
        }
        serde_saphyr::from_str_with_options(self.text, options).map_err(|error| {
            let problem = misread::problem(&error, self.file, |key| Some(missing(key).to_owned()));
            let line = problem.line.map(|line| line + self.lines_before);
            Problem { line, ..problem }
        })
    }
}

/// The entries of a mapping in their order, with the places of their keys.
#[derive(Debug)]
pub(crate) struct Entries<V>(pub(crate) Vec<(Spanned<String>, V)>);

impl<V> Default for Entries<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<V> {
    type Value = Entries<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys with values")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut from: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
