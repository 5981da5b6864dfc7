//! What each reader finds, and where it says that something is wrong.
