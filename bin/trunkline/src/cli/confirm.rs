//! Asking before something that customers will notice: on a terminal only; a script is taken at its word.

use std::io::{IsTerminal as _, Write as _};

use kernel::Problem;

use super::client::Client;
use crate::out;

/// Whether somebody is there to be asked and has not said yes already.
pub(super) fn asks(client: &Client, yes: bool) -> bool {
    !yes && !client.is_json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Says what will happen and asks. Anything but yes changes nothing.
pub(super) fn confirm(client: &Client, yes: bool, what: &str, question: &str) -> anyhow::Result<()> {
    if !asks(client, yes) {
        return Ok(());
    }
    out::talk(what);
    let _ = write!(anstream::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Problem::conflict("nothing was changed").hint("--yes does it without asking").into())
}
