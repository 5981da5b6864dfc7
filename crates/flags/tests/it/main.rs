//! Flags at the level of their two faces, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod change;
mod ofrep;
mod posthog;
mod push;
mod recorded;
mod support;
