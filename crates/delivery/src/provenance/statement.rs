//! The statement: in-toto Statement v1 with SLSA Provenance v1, about one artifact of one run.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Expected, Refused};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// How a service is built: its command in a clean worktree, then `keep`. Described in docs/reference/provenance.md.
const BUILD_TYPE: &str = "urn:trunkline:build:service:1";

/// How an artifact was made.
#[derive(Debug, Clone)]
pub(crate) struct Made<'a> {
    pub(crate) of: &'a Expected,
    /// The repository's address, without credentials.
    pub(crate) url: &'a str,
    /// `None`: files of the commit were kept as they are.
    pub(crate) command: Option<&'a str>,
    pub(crate) run: &'a str,
    pub(crate) started: Timestamp,
    pub(crate) finished: Timestamp,
    pub(crate) keyid: &'a str,
}

pub(crate) fn statement(made: &Made<'_>) -> Value {
    let of = made.of;
    json!({
        "_type": STATEMENT,
        "subject": [{ "name": of.service, "digest": { "sha256": hex(&of.digest) } }],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "repository": of.repository,
                    "commit": of.commit,
                    "service": of.service,
                    "command": made.command,
                },
                "resolvedDependencies": [{ "uri": source(made.url), "digest": { "gitCommit": of.commit } }],
            },
            "runDetails": {
                "builder": { "id": builder(made.keyid), "version": { "trunkline": env!("CARGO_PKG_VERSION") } },
                "metadata": {
                    "invocationId": made.run,
                    "startedOn": made.started.to_string(),
                    "finishedOn": made.finished.to_string(),
                },
            },
        },
    })
}

/// Whether a statement that we signed is about this artifact.
pub(super) fn is_of(told: &Value, expected: &Expected, keyid: &str) -> Result<(), Refused> {
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing").to_owned();
    let parameter = |name: &str| text(&format!("/predicate/buildDefinition/externalParameters/{name}"));
    let builder = builder(keyid);
    let digest = hex(&expected.digest);
    let rows = [
        ("the statement", text("/_type"), STATEMENT),
        ("the predicate", text("/predicateType"), PREDICATE),
        ("the build", text("/predicate/buildDefinition/buildType"), BUILD_TYPE),
        ("the builder", text("/predicate/runDetails/builder/id"), builder.as_str()),
        ("the digest", text("/subject/0/digest/sha256"), digest),
        ("the service", parameter("service"), expected.service.as_str()),
        ("the repository", parameter("repository"), expected.repository.as_str()),
        ("the commit", parameter("commit"), expected.commit.as_str()),
    ];
    match rows.into_iter().find(|(_, found, expected)| found != expected) {
        Some((what, found, expected)) => Err(Refused::OfAnother { what, found, expected: expected.to_owned() }),
        None => Ok(()),
    }
}

fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

/// One installation is one builder.
fn builder(keyid: &str) -> String {
    format!("urn:trunkline:builder:{keyid}")
}

/// The address of a repository in the form of SPDX download locations.
fn source(url: &str) -> String {
    if url.contains("://") { format!("git+{url}") } else { format!("git+file://{url}") }
}
