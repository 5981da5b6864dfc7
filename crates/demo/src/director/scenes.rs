//! One function a scene: what is done, what is waited for, and what must then be so.

mod bad;
mod dark;
mod experiment;
mod feedback;
mod good;
mod security;

use super::watch::Missed;
use super::{Demo, Told};
use crate::Canary;

/// Requests after which something is said of all of them.
const ENOUGH_REQUESTS: u64 = 200;

/// What later scenes know of earlier ones.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// The release that all customers have.
    live: Option<u64>,
    /// The change that brought it.
    newest: String,
    /// What was taken back.
    bad: Option<String>,
    /// What waits behind it.
    innocent: Option<String>,
    /// What the scene now played is about.
    change: String,
}

impl Demo {
    /// Plays the scene called `name`.
    pub(super) async fn scene(&mut self, name: &str, story: &mut Story) -> Told {
        story.change.clear();
        let told = match (name, self.canary) {
            ("first-deployment", _) => self.first_deployment(story).await,
            _ if story.live.is_none() => Err(Missed("not played: the product never went live".into())),
            ("red-green", _) => self.red_green(story).await,
            ("dark-launch", _) => self.dark_launch(story).await,
            ("failing-test", _) => self.failing_test(story).await,
            ("vulnerable-dependency", _) => self.vulnerable_dependency(story).await,
            ("new-advisory", _) => self.new_advisory(story).await,
            ("feedback", _) => self.feedback(story).await,
            ("experiment", _) => self.experiment(story).await,
            ("bad-canary", Canary::Broken) => self.bad_canary(story).await,
            ("bad-canary", Canary::Healthy) => self.healthy_canary(story).await,
            ("roll-forward", Canary::Broken) => self.roll_forward(story).await,
            _ => self.nothing_to_mend(story).await,
        };
        told.unwrap_or_else(|Missed(why)| Told { change: story.change.clone(), actual: why, ok: false })
    }
}
