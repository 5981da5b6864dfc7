//! The verify stage on real repositories with real tools.

mod artifacts;
mod checks;
mod harness;
mod infrastructure;
mod red_green;
