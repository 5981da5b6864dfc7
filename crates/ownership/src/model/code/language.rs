//! Which language a file is in, as far as its comments, strings and imports go.

/// Languages whose source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// JavaScript and TypeScript.
    Script,
    Python,
    Rust,
    Go,
    /// Java, Kotlin, C#, Scala, Swift, Dart.
    Braces,
    Php,
    Ruby,
}

impl Language {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension {
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => Self::Script,
            "py" => Self::Python,
            "rs" => Self::Rust,
            "go" => Self::Go,
            "java" | "kt" | "kts" | "cs" | "scala" | "swift" | "dart" => Self::Braces,
            "php" => Self::Php,
            "rb" => Self::Ruby,
            _ => return None,
        })
    }

    /// Whether a comment to the end of the line begins here.
    pub(super) fn is_line_comment(self, rest: &str) -> bool {
        match self {
            Self::Python | Self::Ruby => rest.starts_with('#'),
            Self::Php => rest.starts_with('#') || rest.starts_with("//"),
            Self::Script | Self::Rust | Self::Go | Self::Braces => rest.starts_with("//"),
        }
    }

    pub(super) fn has_block_comments(self) -> bool {
        !matches!(self, Self::Python | Self::Ruby)
    }

    pub(super) fn has_triple_quotes(self) -> bool {
        matches!(self, Self::Python | Self::Braces)
    }

    /// Whether a string in plain quotes may go on in the next line.
    pub(super) fn has_long_strings(self) -> bool {
        matches!(self, Self::Rust | Self::Php | Self::Ruby)
    }
}
