//! The sample product's own tests, in a copy: its folder is embedded in the demo and stays as it is.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::junit;
use super::tally::{Count, Tally};
use crate::{process, workspace};

const SHOP: &str = "examples/shop";

pub(super) fn run(tally: &mut Tally) {
    tally.add_result("the sample product", shop());
}

fn shop() -> Result<Count> {
    let copy = tempfile::tempdir().context("no temporary folder")?;
    for file in workspace::files()? {
        if let Ok(name) = file.strip_prefix(SHOP) {
            copy_file(&workspace::root().join(&file), &copy.path().join(name))?;
        }
    }
    process::output(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(copy.path()))?;
    let succeeded = process::succeeds(Command::new("npm").arg("test").current_dir(copy.path()))?;
    let report = junit::read(&copy.path().join("reports/unit.xml")).map(|report| report.count);
    Ok(Count::believing(report, succeeded))
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display())).map(drop)
}
