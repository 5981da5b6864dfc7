//! A fault on demand, for the test that must catch it: the deployer acts first and records afterwards. Never in a release build.

use std::time::Duration;

/// Long enough for a kill to fall in between.
const LINGERS: Duration = Duration::from_millis(800);

pub(super) fn acts_before_recording() -> bool {
    cfg!(debug_assertions) && std::env::var("TRUNKLINE_KNOWN_BAD").is_ok_and(|fault| fault == "act-before-recording")
}

pub(super) async fn linger() {
    tokio::time::sleep(LINGERS).await;
}
