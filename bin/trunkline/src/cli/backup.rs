//! `trunkline backup` and `restore`: an installation as one file.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use kernel::Problem;
use serde_json::json;
use storage::{Db, Engine};

use super::client;
use super::options::Common;
use super::runtime::runtime;
use crate::out;

/// What is copied; runs' work and logs are not.
const FOLDERS: [&str; 4] = ["repositories", "artifacts", "infrastructure", "services"];
const FILES: [&str; 3] = ["key", "admin.token", "edge/key"];
const STORE: &str = "trunkline.db";

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write; it must not be there
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A file that `backup` wrote
    file: PathBuf,
}

/// Copies the installation while it runs. The control store is copied as of one moment; the files of services as they
/// are found.
pub(super) fn backup(args: &BackupArgs, common: &Common) -> anyhow::Result<()> {
    let data = client::data_folder(common)?;
    if !data.join("key").exists() {
        return Err(Problem::not_found(format!("there is no installation in {}", data.display()))
            .hint("give --data DIR")
            .into());
    }
    let scratch = tempfile::tempdir_in(&data)?;
    let has_store = copy_store(&data, &scratch.path().join(STORE))?;
    let created = File::options().write(true).create_new(true).mode(0o600).open(&args.file);
    let file = match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let problem = Problem::conflict(format!("{} is there already", args.file.display()));
            return Err(problem.hint("a backup is never written over: give another file").into());
        }
        created => created.with_context(|| format!("cannot make {}", args.file.display()))?,
    };
    let mut archive = tar::Builder::new(BufWriter::new(file));
    archive.follow_symlinks(false);
    if has_store {
        archive.append_path_with_name(scratch.path().join(STORE), STORE)?;
    }
    for name in FILES.iter().filter(|name| data.join(name).exists()) {
        archive.append_path_with_name(data.join(name), name)?;
    }
    for name in FOLDERS.iter().filter(|name| data.join(name).exists()) {
        archive.append_dir_all(name, data.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    archive.into_inner()?.into_inner()?.sync_all()?;
    let bytes = fs::metadata(&args.file)?.len();
    if common.json {
        return out::json(&json!({ "file": args.file, "bytes": bytes, "has_control_store": has_store }));
    }
    out::line(format_args!(
        "{} {} has {} MB; it holds secrets: keep it as safe as the installation",
        out::mark("good"),
        args.file.display(),
        bytes >> 20
    ));
    if !has_store {
        out::talk("The control store is in PostgreSQL: copy it with pg_dump at the same time.");
    }
    out::line(format_args!("Use it: trunkline restore {} --data DIR", args.file.display()));
    Ok(())
}

/// `false` where the store is in PostgreSQL.
fn copy_store(data: &Path, to: &Path) -> anyhow::Result<bool> {
    let store = data.join(STORE);
    if !store.exists() {
        return Ok(false);
    }
    runtime()?.block_on(async {
        let db = Db::open(&format!("sqlite:{}", store.display())).await?;
        assert!(db.engine() == Engine::Sqlite, "a file is SQLite");
        let copied = db.backup(to).await?;
        db.close().await;
        Ok(copied)
    })
}

/// Fills an empty folder. `up` with it continues from there.
pub(super) fn restore(args: &RestoreArgs, common: &Common) -> anyhow::Result<()> {
    let data = common.data.clone().map_or_else(|| client::data_folder(common), Ok)?;
    if fs::read_dir(&data).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Problem::conflict(format!("{} is not empty", data.display()))
            .hint("restore fills a new folder: give another --data DIR")
            .into());
    }
    fs::create_dir_all(&data)?;
    fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    let file = File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let mut archive = tar::Archive::new(BufReader::new(file));
    archive.set_preserve_permissions(true);
    let unpacked = archive.unpack(&data);
    if let Err(error) = unpacked {
        return Err(Problem::invalid(format!("{} is not a whole backup: {error}", args.file.display()))
            .hint(format!("remove {} before you try again", data.display()))
            .into());
    }
    if !data.join("key").exists() {
        return Err(
            Problem::invalid(format!("{} is not a backup of Trunkline: it has no key", args.file.display())).into()
        );
    }
    if common.json {
        return out::json(&json!({ "data": data }));
    }
    out::line(format_args!("{} restored into {}", out::mark("good"), data.display()));
    out::line(format_args!("Next: trunkline up --data {}", data.display()));
    Ok(())
}
