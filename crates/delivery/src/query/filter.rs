//! `key:value` filters over rows of changes, as the console and the CLI send them.

use crate::view::change::ChangeRow;

/// A parsed query: `state:failed author:ann checkout`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    terms: Vec<(Option<String>, String)>,
}

impl Filter {
    pub(crate) fn parse(query: &str) -> Self {
        let terms = query.split_whitespace().map(|term| match term.split_once(':') {
            Some((key, value)) if !value.is_empty() => (Some(key.to_lowercase()), value.to_lowercase()),
            _ => (None, term.to_lowercase()),
        });
        Self { terms: terms.collect() }
    }

    pub(crate) fn matches(&self, row: &ChangeRow) -> bool {
        self.terms.iter().all(|(key, value)| {
            let field = |text: &str| text.to_lowercase().contains(value.as_str());
            match key.as_deref() {
                None => field(&row.subject) || row.sha.starts_with(value.as_str()),
                Some("state" | "is") => field(&row.state.word),
                Some("author") => field(&row.author),
                Some("repository" | "repo") => field(&row.repository),
                Some("service") => row.deployments.iter().any(|d| field(&d.service)),
                Some("sha" | "commit") => row.sha.starts_with(value.as_str()),
                Some(_) => false,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{State, StateKind};

    fn row() -> ChangeRow {
        ChangeRow {
            sha: "3f9c2ab0".into(),
            short: "3f9c2ab".into(),
            repository: "shop".into(),
            subject: "Ask for the address once".into(),
            author: "Ana Sales".into(),
            at: String::new(),
            state: State { kind: StateKind::Bad, word: "Checks failed".into() },
            why: None,
            run: None,
            deployments: vec![],
            shipped_in: None,
            waits_behind: None,
        }
    }

    #[test]
    fn all_terms_must_match() {
        for yes in ["", "address", "state:failed author:ana", "3f9c2", "sha:3f9c2ab repo:shop"] {
            assert!(Filter::parse(yes).matches(&row()), "{yes}");
        }
        for no in ["state:live", "author:ben address", "colour:red", "service:shop"] {
            assert!(!Filter::parse(no).matches(&row()), "{no}");
        }
    }
}
