//! Gates that other contexts keep: each judges a change before it may ship.

mod ownership;
mod security;

pub use ownership::{PrinciplesGate, principles_judgement};
pub use security::{VulnerabilityGate, unreadable, vulnerabilities_judgement};
