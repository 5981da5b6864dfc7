//! The message: CloudEvents 1.0 in structured mode, its data a CDEvent, of CDEvents' own types where there is one.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Kind;

/// The content type of a CloudEvent in structured mode.
pub const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";
/// The version of CDEvents that the data follows.
const CDEVENTS: &str = "0.5.0";

impl Kind {
    /// Its type, and the type of its subject.
    pub const fn event(self) -> (&'static str, &'static str) {
        match self {
            Self::Verdict => ("dev.cdeventsx.trunkline-experiment.decided.0.1.0", "trunkline-experiment"),
            Self::Rollback => ("dev.cdevents.service.rolledback.0.3.0", "service"),
            Self::Finding => ("dev.cdeventsx.trunkline-finding.opened.0.1.0", "trunkline-finding"),
            Self::FlagExpiring => ("dev.cdeventsx.trunkline-flag.expiring.0.1.0", "trunkline-flag"),
            Self::RampHeld => ("dev.cdeventsx.trunkline-ramp.held.0.1.0", "trunkline-ramp"),
            Self::RampTurnedBack => ("dev.cdeventsx.trunkline-ramp.turnedback.0.1.0", "trunkline-ramp"),
            Self::DeploymentHeld => ("dev.cdeventsx.trunkline-deployment.held.0.1.0", "service"),
            Self::GuardUnheeded => ("dev.cdeventsx.trunkline-guard.unheeded.0.1.0", "service"),
            Self::Test => ("dev.cdeventsx.trunkline-target.tested.0.1.0", "trunkline-target"),
        }
    }
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    pub(crate) content: Value,
    pub(crate) sentence: String,
    pub(crate) at: Timestamp,
    pub(crate) domain: Option<String>,
    pub(crate) team: Option<String>,
}

/// The body of one attempt. All attempts of a message differ in `attempt` alone; a receiver that has seen its `id` has seen it.
pub(crate) fn body(message: &Message, source: &str, attempt: u64) -> String {
    let (kind, subject_kind) = message.kind.event();
    let mut event = json!({
        "specversion": "1.0",
        "id": message.id,
        "source": source,
        "type": kind,
        "subject": message.subject,
        "time": message.at.to_string(),
        "datacontenttype": "application/json",
        "attempt": attempt,
        "data": {
            "context": {
                "specversion": CDEVENTS,
                "id": message.id,
                "source": source,
                "type": kind,
                "timestamp": message.at.to_string(),
            },
            "subject": {
                "id": message.subject,
                "source": source,
                "type": subject_kind,
                "content": message.content,
            },
            "customData": { "kind": message.kind.text(), "sentence": message.sentence },
            "customDataContentType": "application/json",
        },
    });
    // An attribute that is not known is left out: CloudEvents has no null.
    for (name, value) in [("domain", &message.domain), ("team", &message.team)] {
        if let Some(value) = value {
            event[name] = json!(value);
        }
    }
    event.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            id: "01".into(),
            kind: Kind::Rollback,
            subject: "shop".into(),
            content: json!({ "environment": { "id": "production" } }),
            sentence: "shop went back".into(),
            at: "2026-05-01T10:00:00Z".parse().unwrap(),
            domain: Some("sales".into()),
            team: None,
        }
    }

    #[test]
    fn every_attribute_is_one_of_cloudevents_or_an_extension_of_lower_case_letters() {
        let event: Value = serde_json::from_str(&body(&message(), "/trunkline/shop", 2)).unwrap();
        assert_eq!(
            (&event["specversion"], &event["attempt"], &event["domain"]),
            (&json!("1.0"), &json!(2), &json!("sales"))
        );
        assert_eq!(event["type"], event["data"]["context"]["type"]);
        for (name, value) in event.as_object().unwrap() {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) && name.len() <= 20, "{name}");
            assert!(!value.is_null(), "{name}");
        }
    }

    #[test]
    fn attempts_of_a_message_differ_in_their_number_alone() {
        let mut first: Value = serde_json::from_str(&body(&message(), "/trunkline/shop", 1)).unwrap();
        let second: Value = serde_json::from_str(&body(&message(), "/trunkline/shop", 2)).unwrap();
        assert_ne!(first, second);
        first["attempt"] = json!(2);
        assert_eq!(first, second);
    }
}
