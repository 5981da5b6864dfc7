//! A fault on demand, for the tests that must catch it: acknowledge first, sync afterwards. Never in a release build.

/// When an append is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acknowledge {
    AfterSync,
    BeforeSync,
}

pub(super) fn acknowledge() -> Acknowledge {
    let is_wanted = cfg!(debug_assertions)
        && std::env::var("TRUNKLINE_KNOWN_BAD").is_ok_and(|fault| fault == "acknowledge-before-sync");
    if is_wanted { Acknowledge::BeforeSync } else { Acknowledge::AfterSync }
}
