//! What a user did wrong, or what stands in the way: one value that becomes an RFC 9457 body, a CLI error or an exit code.

use serde::{Deserialize, Serialize};

/// The kinds of problem; each has one HTTP status and one exit code (product.md, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request or file cannot be understood or breaks a rule.
    InvalidInput,
    /// Nobody knows who is asking.
    Unauthenticated,
    /// The asker is known and may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It contradicts what is there now.
    Conflict,
    /// Larger than the stated bound.
    TooLarge,
    /// Too often; try again later.
    TooManyRequests,
    /// It cannot be done now; try again later.
    Unavailable,
    /// Our fault.
    Internal,
}

impl Kind {
    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidInput => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::TooManyRequests => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The exit code of a command that ends with it.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::InvalidInput | Self::TooLarge => 2,
            Self::Unauthenticated | Self::Forbidden => 3,
            Self::NotFound => 4,
            Self::Unavailable | Self::TooManyRequests => 5,
            Self::Conflict => 6,
            Self::Internal => 1,
        }
    }

    /// The short, constant title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid input",
            Self::Unauthenticated => "not signed in",
            Self::Forbidden => "not allowed",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::TooLarge => "too large",
            Self::TooManyRequests => "too many requests",
            Self::Unavailable => "not available now",
            Self::Internal => "internal error",
        }
    }
}

/// An error with its causes, in one line. What a message already ends with is not said again.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// A problem with its place and what to do about it. `Display` is the message alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// Which kind.
    pub kind: Kind,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The file, relative to the repository.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of `kind`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), file: None, line: None, column: None, hint: None }
    }

    /// [`Kind::InvalidInput`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidInput, message)
    }

    /// [`Kind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// [`Kind::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// [`Kind::Unavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    /// [`Kind::Internal`]; the cause belongs in the log, not in the message.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// `file:line:column: what is wrong`, as far as the place is known.
    pub fn placed(&self) -> String {
        match (&self.file, self.line, self.column) {
            (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}: {}", self.message),
            (Some(file), _, _) => format!("{file}: {}", self.message),
            (None, _, _) => self.message.clone(),
        }
    }

    /// All of it in one line.
    pub fn told(&self) -> String {
        let placed = self.placed();
        self.hint.as_ref().map_or(placed.clone(), |hint| format!("{placed}; {hint}"))
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the place in a file.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: u32, column: u32) -> Self {
        self.file = Some(file.into());
        self.line = Some(line);
        self.column = Some(column);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_and_nothing_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("{told}")]
        struct Layer {
            told: &'static str,
            #[source]
            cause: Option<Box<Layer>>,
        }
        let layer = |told, cause: Option<Layer>| Layer { told, cause: cause.map(Box::new) };
        let write = layer("the file was not written: no space", Some(layer("no space", None)));
        let store = layer("the store failed", Some(write));
        assert_eq!(chain(&store), "the store failed: the file was not written: no space");
        assert_eq!(chain(&layer("alone", None)), "alone");
    }
}
