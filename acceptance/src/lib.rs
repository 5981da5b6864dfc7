//! Outside-in tests of the built binary.
