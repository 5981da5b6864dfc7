//! The shapes of the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Kind;

/// Where messages are sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = NotificationTarget)]
pub struct TargetView {
    pub id: String,
    pub url: String,
    /// `null`: what all domains own, and what nobody is known to own.
    pub domain: Option<String>,
    /// Empty: all kinds.
    pub events: Vec<Kind>,
    /// The machine itself and private networks may be sent to.
    pub allow_private: bool,
    pub created: String,
    pub created_by: String,
    /// Messages that are still to be sent to it.
    pub waiting: u64,
    /// Messages that it never took, of those that are in the log.
    pub given_up: u64,
    /// The newest attempt; `null` before the first.
    pub last: Option<AttemptView>,
}

/// A new target, with what its messages are signed with: it is shown once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = NotificationTargetMade)]
pub struct TargetMade {
    #[serde(flatten)]
    pub target: TargetView,
    /// A secret of Standard Webhooks: `whsec_` and base64.
    pub secret: String,
}

/// Something that was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Notification)]
pub struct NotificationView {
    /// The event's id, and the header `webhook-id`.
    pub id: String,
    pub kind: Kind,
    /// The event's type, for example `dev.cdevents.service.rolledback.0.3.0`.
    pub event_type: String,
    /// The flag's key, the service, the experiment, the advisory.
    pub subject: String,
    pub sentence: String,
    pub at: String,
    /// `null`: not known who owns the subject.
    pub domain: Option<String>,
    pub team: Option<String>,
    /// Empty: no target asked for it, and nobody was told.
    pub deliveries: Vec<DeliveryView>,
}

/// A message on its way to one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = NotificationDelivery)]
pub struct DeliveryView {
    pub target: String,
    pub url: String,
    pub state: DeliveryState,
    pub attempts: Vec<AttemptView>,
    /// When it is sent again; `null` unless it waits.
    pub next_attempt: Option<String>,
    /// Why it waits or was given up.
    pub why: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationDeliveryState)]
pub enum DeliveryState {
    Waiting,
    Sending,
    Sent,
    GivenUp,
}

impl DeliveryState {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        match text {
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "given_up" => Self::GivenUp,
            _ => Self::Waiting,
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = NotificationAttempt)]
pub struct AttemptView {
    /// From 1; the event says it in its attribute `attempt`.
    pub number: u64,
    pub begun: String,
    /// Until what came of it was known; `null` while it is not.
    pub seconds: Option<f64>,
    /// Of the answer; `null` if none came.
    pub status: Option<u16>,
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub answer: Option<String>,
}
