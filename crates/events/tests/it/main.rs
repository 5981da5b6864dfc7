//! Events from outside: the facade over real files.

mod capture;
