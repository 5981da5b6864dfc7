//! Gates that other contexts keep: each judges a change before it may ship.

mod ownership;

pub use ownership::PrinciplesGate;
