//! For how long what was sent is kept.

use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// For how long things are kept. What is older goes within the month after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// By when they happened.
    pub events: Duration,
    /// What was sent and not taken, by when it came; as long as events if nothing is said.
    pub rejections: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { events: 400 * DAY, rejections: None }
    }
}

/// What is kept began at these instants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Oldest {
    pub(super) event_ms: i64,
    pub(super) rejection_ms: i64,
}

impl Retention {
    /// In days.
    pub fn days(events: u32, rejections: Option<u32>) -> Self {
        Self { events: events * DAY, rejections: rejections.map(|days| days * DAY) }
    }

    pub(super) fn oldest(&self, now_ms: i64) -> Oldest {
        let before = |span: Duration| now_ms.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
        Oldest { event_ms: before(self.events), rejection_ms: before(self.rejections.unwrap_or(self.events)) }
    }
}
