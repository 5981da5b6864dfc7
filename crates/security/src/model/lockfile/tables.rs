//! What lockfiles in TOML have alike.

use kernel::Problem;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::model::place::Source;

/// Reads a TOML file; `tool` writes it again if it is broken.
pub(super) fn read<T: DeserializeOwned>(source: Source<'_>, tool: &str) -> Result<T, Problem> {
    toml::from_str(source.text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        source.at(offset, Problem::invalid(message).hint(again(tool)))
    })
}

/// The hint for a file that is not as its tool writes it.
pub(super) fn again(tool: &str) -> String {
    format!("it may be cut off or edited; `{tool}` writes it again")
}

/// The problem at a value, which is `what`.
pub(super) fn wrong<T>(source: Source<'_>, value: &Spanned<T>, what: String, tool: &str) -> Problem {
    source.at(value.span().start, Problem::invalid(what).hint(again(tool)))
}

/// The problem of a file that ends too early.
pub(super) fn cut_off(source: Source<'_>, what: &str, tool: &str) -> Problem {
    source.at(source.text.len(), Problem::invalid(what).hint(again(tool)))
}
