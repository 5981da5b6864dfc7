//! The same without a server: folders and files in, values out.

mod feed;
mod file;
mod folder;

pub use feed::{advisories, each};
pub use folder::{contents, inventory};
