//! Access: who may call what. Tokens, console sessions, and one table of routes and roles.
//!
//! Invariants: nothing is served that [`rules::RULES`] does not name; tokens, links and sessions are stored as hashes only;
//! a write that rests on a cookie needs the session's CSRF token and comes from our own pages.

pub mod rules;

mod facade;
mod guard;
mod http;
mod secret;
mod serving;
mod store;

pub use facade::{Access, DeploymentTokens, Error, Issued, NewToken, Session};
pub use guard::{Caller, guard};
pub use http::routes;
pub use rules::{Role, check_coverage};
pub use serving::{Bearer, SNAPSHOT, Tokens};
pub use store::{MIGRATIONS, TokenRow};
