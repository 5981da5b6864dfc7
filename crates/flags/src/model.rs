//! Pure: definitions, compiled rules, evaluation. No I/O, no clock.
