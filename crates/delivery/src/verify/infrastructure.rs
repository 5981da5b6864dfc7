//! Terraform or OpenTofu.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A saved plan: everything that is needed to apply exactly it, later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `sha256:…` of the saved plan file.
    pub digest: String,
    pub repository: String,
    pub commit: String,
    /// The folder of the configuration in the repository.
    pub dir: String,
    pub level: exec::Level,
    pub create: u64,
    pub change: u64,
    pub destroy: u64,
    /// One line: `1 to create, 2 to change, nothing to destroy`.
    pub summary: String,
    /// As Terraform prints it.
    pub text: String,
}
