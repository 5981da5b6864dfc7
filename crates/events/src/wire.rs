//! The formats of others.
