//! Pure: definitions and the one evaluator. No I/O, no clock.
