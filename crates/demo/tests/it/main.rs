//! The sample product's history keeps what it promises, and the customers see what is true. Needs node, npm and git.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod customers;
mod history;
mod shop;
mod tour;
