//! Packages of the system, where we may install them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process;

/// Debian asks this program whether a package may start its server when it is installed.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs a package, if we are root on a Debian.
///
/// # Errors
/// With what to do instead.
pub(crate) fn install(package: &str) -> Result<()> {
    anyhow::ensure!(process::found("apt-get").is_some(), "no apt-get here. hint: install {package} yourself");
    anyhow::ensure!(process::is_root(), "not root. hint: `sudo apt-get install {package}`");
    process::say(format!("installing {package} (apt-get)"));
    let quiet = Quiet::begin();
    let installed = apt(&["install", "-y", "--no-install-recommends", package])
        .or_else(|_| apt(&["update"]).and_then(|()| apt(&["install", "-y", "--no-install-recommends", package])));
    drop(quiet);
    installed
}

fn apt(args: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.args(["-q", "-o", "DPkg::Lock::Timeout=120"]).args(args).env("DEBIAN_FRONTEND", "noninteractive");
    process::output(&mut apt).map(drop)
}

/// While it lives, an installed server is not started.
struct Quiet {
    is_ours: bool,
}

impl Quiet {
    fn begin() -> Self {
        let path = Path::new(POLICY);
        let written = !path.exists() && fs::write(path, "#!/bin/sh\nexit 101\n").is_ok();
        let is_ours = written && fs::set_permissions(path, fs::Permissions::from_mode(0o755)).is_ok();
        Self { is_ours }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if self.is_ours {
            // A policy that stays would only keep servers from starting at installation.
            let _ = fs::remove_file(POLICY);
        }
    }
}
