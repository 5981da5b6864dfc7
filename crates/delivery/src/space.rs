//! Space on the disk of the data folder. Without it nothing new is begun and no verdict is taken; the product is served on.

use std::path::Path;

/// With less than this, a run or a deployment would break off at an arbitrary place.
const BYTES_MIN: u64 = 32 << 20;

/// What is missing, in words; `None` if there is enough. A folder that cannot be asked counts as large enough.
pub fn shortage(data: &Path) -> Option<String> {
    let stat = rustix::fs::statvfs(data).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    (free < BYTES_MIN).then(|| format!("no space left: {} MiB are free for {}", free >> 20, data.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_no_shortage() {
        assert_eq!(shortage(Path::new("/nowhere/at/all")), None);
    }
}
