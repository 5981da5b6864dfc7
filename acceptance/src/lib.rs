//! What customer stories share: an installation, a product's repository, load, and waiting with a deadline.
//!
//! Everything here talks to the built binary as a user would: its command line, its addresses, its files.

mod figures;
mod git;
mod http;
mod installation;
mod load;
mod nginx;
pub mod products;
pub mod sdk;
mod streams;
mod wait;

pub use figures::{cpu_seconds, quantile, say};
pub use git::Repository;
pub use http::{Answer, Connection, get};
pub use installation::{Installation, Options, binary};
pub use load::{Load, Report};
pub use nginx::{Nginx, free_port};
pub use sdk::Sdk;
pub use streams::{Streams, StreamsReport};
pub use wait::{until, until_within};

/// Whether what is missing may be skipped: not where everything is required.
///
/// # Panics
/// Where nothing may be skipped.
pub fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "{what} may not be skipped here: {why}");
    say(&format!("skipped: {what}: {why}"));
}

/// The file of a program on the `PATH`.
pub fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let more = ["/usr/sbin", "/usr/local/sbin"].map(std::path::PathBuf::from);
    std::env::split_paths(&path).chain(more).map(|folder| folder.join(name)).find(|file| file.is_file())
}
