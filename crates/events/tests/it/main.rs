//! Events from outside: the facade over real files.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails with it")]

mod capture;
