//! What a killed control plane left lying about.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::git::remove_folder;
use crate::verify::Error;

/// Removes the folders of runs and applications, temporary files and unfinished artifacts. Only for the start, while
/// nothing of this data folder runs: everything in those folders belongs to something that is over. Blocking.
pub fn sweep(data: &Path) -> Result<(), Error> {
    let work = data.join("work");
    let mut leftovers = children(&work.join("runs"))?;
    leftovers.extend(children(&work.join("applies"))?);
    leftovers.extend(children(&work.join("reverts"))?);
    for cache in children(&work.join("cache"))? {
        leftovers.extend(children(&cache.join("tmp"))?);
    }
    let is_unfinished =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".new-"));
    leftovers.extend(children(&data.join("artifacts"))?.into_iter().filter(is_unfinished));
    for path in leftovers {
        remove_folder(&path).map_err(Error::io("remove", &path))?;
    }
    Ok(())
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(Error::io("read", folder))?,
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(Error::io("read", folder))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_goes_and_the_rest_stays() {
        let data = tempfile::tempdir().unwrap();
        let gone = ["work/runs/1/unit", "work/applies/a", "work/cache/shop/tmp/t1", "artifacts/.new-1"];
        let kept = ["work/cache/shop/npm", "artifacts/abc", "services/shop/data"];
        for folder in gone.iter().chain(&kept) {
            fs::create_dir_all(data.path().join(folder)).unwrap();
        }
        sweep(data.path()).unwrap();
        assert!(gone.iter().all(|folder| !data.path().join(folder).exists()));
        assert!(kept.iter().all(|folder| data.path().join(folder).exists()));
        sweep(&data.path().join("nothing/there")).unwrap();
    }
}
