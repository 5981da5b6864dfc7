//! What must be on the machine before anything is built.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

const NODE: u32 = 20;

/// Something that is missing: its name, and what to do.
type Missing = (&'static str, String);

/// Looks at once for all that a build needs.
///
/// # Errors
/// With everything that is missing and how to get it.
pub(crate) fn check() -> Result<()> {
    let missing: Vec<Missing> = [node(), npm(), git(), compiler()].into_iter().flatten().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = missing.iter().map(|(name, what)| format!("  {name:<5} {what}")).collect();
    bail!("this machine lacks what Trunkline is built with\n{}", lines.join("\n"))
}

fn node() -> Option<Missing> {
    let how = format!("Node.js {NODE} or later: https://nodejs.org, or your system's package `nodejs`");
    match version("node") {
        None => Some(("node", format!("not found. hint: install {how}"))),
        Some(version) if major(&version) < NODE => Some(("node", format!("{version} is too old. hint: install {how}"))),
        Some(_) => None,
    }
}

fn npm() -> Option<Missing> {
    version("npm")
        .is_none()
        .then(|| ("npm", "not found. hint: it comes with Node.js; on Debian, `apt-get install npm`".to_owned()))
}

fn git() -> Option<Missing> {
    version("git")
        .is_none()
        .then(|| ("git", "not found. hint: https://git-scm.com, on Debian `apt-get install git`".to_owned()))
}

fn compiler() -> Option<Missing> {
    let has = process::found("cc").is_some();
    (!has).then(|| {
        ("cc", "no C compiler, for SQLite and TLS. hint: on Debian, `apt-get install gcc libc6-dev`".to_owned())
    })
}

fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// 20 of `v20.11.1`; 0 where it is not a version.
fn major(version: &str) -> u32 {
    let digits = version.trim_start_matches('v').split('.').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_of_node() {
        assert_eq!(["v20.11.1", "v8.0.0", "22.1.0", "what"].map(major), [20, 8, 22, 0]);
    }
}
