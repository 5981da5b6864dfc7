//! Ownership at the level of its facade.
