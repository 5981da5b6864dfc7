//! Why a whole request was not taken.

use kernel::Kind;

use crate::wire::{Refusal, inflate};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    /// A word for counting.
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
    pub(super) retry_after_seconds: Option<u32>,
}

impl Failure {
    fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), hint: None, retry_after_seconds: None }
    }

    /// With the hint, in one line.
    pub(super) fn told(&self) -> String {
        self.hint.map_or_else(|| self.message.clone(), |hint| format!("{}; {hint}", self.message))
    }

    /// The body could not be made plain.
    pub(super) fn is_about_encoding(&self) -> bool {
        matches!(self.code, "too_large" | "decompression_bomb" | "corrupt_encoding" | "unknown_encoding")
    }

    pub(super) fn invalid(code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..Self::new(Kind::InvalidInput, code, message) }
    }

    pub(super) fn no_token() -> Self {
        let hint = "make one with `trunkline token create --role client`; it is the project key of PostHog's SDKs, the write key of \
                    Segment's, and a bearer token for OpenTelemetry";
        Self { hint: Some(hint), ..Self::new(Kind::Unauthenticated, "missing_token", "the request has no token") }
    }

    pub(super) fn wrong_token() -> Self {
        let hint = "it was revoked, belongs to another installation, or was cut off; `trunkline token list` shows those in force";
        Self { hint: Some(hint), ..Self::new(Kind::Unauthenticated, "wrong_token", "the token is not in force") }
    }

    pub(super) fn too_many(retry_after_seconds: u32) -> Self {
        let failure = Self::new(Kind::TooManyRequests, "quota", "more events were sent than the quota allows");
        Self {
            hint: Some("send them again later, or raise the quota"),
            retry_after_seconds: Some(retry_after_seconds),
            ..failure
        }
    }

    pub(super) fn too_large(bytes: usize) -> Self {
        let message = format!("the body is larger than {bytes} bytes");
        Self { hint: Some("send the events in several requests"), ..Self::new(Kind::TooLarge, "too_large", message) }
    }

    pub(super) fn unavailable(code: &'static str, message: &'static str, seconds: u32) -> Self {
        let hint = Some("nothing was taken; send it again later");
        Self { hint, retry_after_seconds: Some(seconds), ..Self::new(Kind::Unavailable, code, message) }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let kind = if refusal.code == "too_many_events" { Kind::TooLarge } else { Kind::InvalidInput };
        Self::new(kind, refusal.code, refusal.reason)
    }
}

impl From<inflate::Error> for Failure {
    fn from(error: inflate::Error) -> Self {
        let (kind, code) = match error {
            inflate::Error::TooLarge { .. } => (Kind::TooLarge, "too_large"),
            inflate::Error::Bomb { .. } => (Kind::TooLarge, "decompression_bomb"),
            inflate::Error::Corrupt { .. } => (Kind::InvalidInput, "corrupt_encoding"),
            inflate::Error::Unknown { .. } => (Kind::InvalidInput, "unknown_encoding"),
        };
        let hint = "send gzip, deflate, zstd, br or no encoding, and at most 20 MB";
        Self { hint: Some(hint), ..Self::new(kind, code, error.to_string()) }
    }
}

impl From<columnar::wal::Error> for Failure {
    fn from(error: columnar::wal::Error) -> Self {
        use columnar::wal::Error;
        match error {
            Error::Busy => Self::unavailable("busy", "the log has too much to write", 1),
            Error::DiskFull => Self::unavailable("disk_full", "the disk is full", 10),
            Error::Closed { .. } | Error::File { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "events cannot be written");
                Self::unavailable("log_failed", "the log cannot be written", 10)
            }
        }
    }
}
