//! The same without a server: folders and files in, values out.

mod entries;
mod feed;
mod file;
mod folder;

pub use entries::{Entry, Feed, Line, entries};
pub use feed::{advisories, each};
pub use folder::{Installed, contents, inventory};
