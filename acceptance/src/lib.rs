//! What customer stories share: an installation, a product's repository, load, and waiting with a deadline.
//!
//! Everything here talks to the built binary as a user would: its command line, its addresses, its files.

mod git;
mod http;
mod installation;
mod load;
pub mod products;
mod wait;

pub use git::Repository;
pub use http::{Answer, Connection, get};
pub use installation::{Installation, Options, binary};
pub use load::{Load, Report};
pub use wait::{until, until_within};

/// Whether what is missing may be skipped: not where everything is required.
///
/// # Panics
/// Where nothing may be skipped.
pub fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "{what} may not be skipped here: {why}");
    // Tests say what they leave out.
    anyhow::Context::context(std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {what}: {why}\n").as_bytes()), "stderr").ok();
}

/// The file of a program on the `PATH`.
pub fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let more = ["/usr/sbin", "/usr/local/sbin"].map(std::path::PathBuf::from);
    std::env::split_paths(&path).chain(more).map(|folder| folder.join(name)).find(|file| file.is_file())
}
