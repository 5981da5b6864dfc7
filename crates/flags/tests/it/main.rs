//! Flags at the level of their two faces, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod change;
mod gherkin;
mod hold;
mod hostile;
mod jsonlogic;
mod ofrep;
mod posthog;
mod push;
mod recorded;
mod schemas;
mod suites;
mod support;
