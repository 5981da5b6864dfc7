//! How one entity names another: `[kind:][namespace/]name`, in any case.

use std::fmt;

/// The kinds of Backstage's catalog that say who owns what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Api,
    Component,
    Domain,
    Group,
    Resource,
    System,
    User,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::Api, Self::Component, Self::Domain, Self::Group, Self::Resource, Self::System, Self::User];

    /// As Backstage writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Component => "Component",
            Self::Domain => "Domain",
            Self::Group => "Group",
            Self::Resource => "Resource",
            Self::System => "System",
            Self::User => "User",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text))
    }
}

/// One entity; lower case, because Backstage tells names apart without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
}

impl Reference {
    pub(crate) fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.to_lowercase(), name: name.to_lowercase() }
    }

    /// Reads a reference; what it leaves out is `kind` and `namespace`. None if it cannot be one.
    pub fn read(text: &str, kind: Kind, namespace: &str) -> Option<Self> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (Kind::read(kind)?, rest),
            None => (kind, text),
        };
        let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
        (is_name(name) && is_name(namespace)).then(|| Self::new(kind, namespace, name))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind.name().to_lowercase(), self.namespace, self.name)
    }
}

/// Backstage's rule for names.
pub(super) fn is_name(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let has_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(is_inner) && has_end(text.chars().next()) && has_end(text.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_filled_in() {
        let read = |text| Reference::read(text, Kind::Group, "default").map(|reference| reference.to_string());
        assert_eq!(read("Sales").as_deref(), Some("group:default/sales"));
        assert_eq!(read("user:ann").as_deref(), Some("user:default/ann"));
        assert_eq!(read("group:acme/sales").as_deref(), Some("group:acme/sales"));
        assert_eq!(read("grup:sales"), None);
        assert_eq!(read("-sales"), None);
    }
}
