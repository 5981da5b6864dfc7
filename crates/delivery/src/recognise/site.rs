//! A static site: pages and nothing that runs.

use super::{Folder, Guess, Recognised};

pub(super) fn recognise(files: &Folder) -> Option<Recognised> {
    let folder = [".", "public", "site", "dist", "docs", "www"]
        .into_iter()
        .find(|folder| files.has(&format!("{folder}/index.html")))?;
    let mut found = Recognised::new("a static site");
    let start = format!("python3 -m http.server --bind 127.0.0.1 --directory {folder} $PORT");
    let page = if folder == "." { "index.html".to_owned() } else { format!("{folder}/index.html") };
    found.start = Some(Guess::new(start, format!("{page}; Python serves it")));
    found.keep = vec!["**".into()];
    Some(found)
}
