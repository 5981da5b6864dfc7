//! The port to foreign files: whoever reads lockfiles and advisories does it here, or in a process of its own.

use std::fmt::Debug;
use std::path::Path;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;

use crate::model::Inventory;
use crate::offline::{self, Entry, Feed, Installed};

/// What a feed says, in order. Blocks while it is asked for the next.
pub type Entries = Box<dyn Iterator<Item = Result<Entry, Problem>> + Send>;

/// Reads what others have written.
pub trait Reader: Debug + Send + Sync {
    /// A lockfile that cannot be read is a problem; a folder without any is an empty inventory.
    fn inventory<'a>(&'a self, folder: &'a Path, installed: Installed) -> BoxFuture<'a, Result<Inventory, Problem>>;

    /// All of a feed. One that cannot be read to its end is a problem, and nothing of it is given. The feed's file has a folder
    /// for itself.
    fn advisories<'a>(&'a self, feed: &'a Feed) -> BoxFuture<'a, Result<Entries, Problem>>;
}

/// In this process: for whoever runs with no more rights than the files' author.
#[derive(Debug, Clone, Copy)]
pub struct Here;

impl Reader for Here {
    fn inventory<'a>(&'a self, folder: &'a Path, installed: Installed) -> BoxFuture<'a, Result<Inventory, Problem>> {
        let folder = folder.to_owned();
        let read = tokio::task::spawn_blocking(move || offline::contents(&folder, installed));
        async move { read.await.map_err(|error| Problem::internal(error.to_string()))? }.boxed()
    }

    fn advisories<'a>(&'a self, feed: &'a Feed) -> BoxFuture<'a, Result<Entries, Problem>> {
        let feed = feed.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut all = Vec::new();
            offline::entries(&feed, &mut |entry| {
                all.push(Ok(entry));
                Ok(())
            })?;
            Ok::<Entries, Problem>(Box::new(all.into_iter()))
        });
        async move { read.await.map_err(|error| Problem::internal(error.to_string()))? }.boxed()
    }
}
