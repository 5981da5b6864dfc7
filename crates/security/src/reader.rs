//! The port to foreign folders: whoever reads lockfiles does it here, or in a process of its own.

use std::fmt::Debug;
use std::path::Path;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;

use crate::model::Inventory;
use crate::offline;

/// Reads what a folder holds.
pub trait Reader: Debug + Send + Sync {
    /// A lockfile that cannot be read is a problem; a folder without any is an empty inventory.
    fn inventory<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, Result<Inventory, Problem>>;
}

/// In this process: for whoever runs with no more rights than the files' author.
#[derive(Debug, Clone, Copy)]
pub struct Here;

impl Reader for Here {
    fn inventory<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, Result<Inventory, Problem>> {
        let folder = folder.to_owned();
        let read = tokio::task::spawn_blocking(move || offline::contents(&folder));
        async move { read.await.map_err(|error| Problem::internal(error.to_string()))? }.boxed()
    }
}
