//! What was seen before and while a deployment had customers: its artifact checked, its probes walked, its guards' looks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::{Db, Error, Tx, args};

use crate::guards::GuardAlarm;
use crate::store::{decode, encode};

/// So many are kept of one deployment: one for its artifact, and one for each journey that is probed or guards.
const SHOWN_MAX: u64 = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeploymentStepKind)]
pub enum EvidenceKind {
    /// Its signature and content, before it is started.
    Artifact,
    /// A journey walked in the dark.
    Probe,
    /// A journey of customers on it beside those on the version before.
    Guard,
}

impl EvidenceKind {
    const fn text(self) -> &'static str {
        match self {
            Self::Artifact => "artifact",
            Self::Probe => "probe",
            Self::Guard => "guard",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeploymentStepState)]
pub enum EvidenceState {
    /// Nothing can be said yet.
    Running,
    Passed,
    Failed,
}

/// Stored as JSON: fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) kind: EvidenceKind,
    /// The service or the journey.
    pub(crate) name: String,
    pub(crate) state: EvidenceState,
    pub(crate) at: Timestamp,
    pub(crate) seconds: Option<f64>,
    pub(crate) summary: Option<String>,
    pub(crate) evidence: serde_json::Value,
    pub(crate) log: Option<String>,
    /// What a guard told somebody of.
    #[serde(default)]
    pub(crate) alarm: Option<GuardAlarm>,
}

/// Writes down what is known now of one thing; what was known before of it is replaced.
pub(crate) async fn put(tx: &mut Tx, number: u64, seen: &Seen) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery_evidence (number, kind, name, at, value) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (number, kind, name) DO UPDATE SET at = excluded.at, value = excluded.value",
        args![number, seen.kind.text(), seen.name.as_str(), seen.at, encode(seen)],
    )
    .await?;
    Ok(())
}

/// Oldest first.
pub(crate) async fn of(db: &Db, number: u64) -> Result<Vec<Seen>, Error> {
    let rows = db
        .all(
            "SELECT value FROM delivery_evidence WHERE number = $1 ORDER BY at, kind, name LIMIT $2",
            args![number, SHOWN_MAX],
        )
        .await?;
    rows.iter().map(|row| decode("value", &row.get::<String>("value")?)).collect()
}
