//! The digest of an artifact's content.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::verify::artifact::entry::Entry;
use crate::verify::artifact::{Artifact, Error};

const LAYOUT: &[u8] = b"trunkline-artifact-1\n";
const CHUNK_BYTES: usize = 256 << 10;

/// Over `entries`, which are sorted and lie in `folder`.
pub(crate) fn digest(folder: &Path, entries: &[Entry]) -> Result<Artifact, Error> {
    let mut whole = Sha256::new();
    whole.update(LAYOUT);
    let mut bytes = 0;
    for entry in entries {
        let (kind, value): (&[u8], Vec<u8>) = match &entry.link {
            Some(target) => (b"link", target.as_os_str().as_bytes().to_vec()),
            None => (if entry.is_executable { b"exec" } else { b"file" }, file(&folder.join(&entry.path))?),
        };
        // No path and no target contains NUL, so that no two lists of entries read alike.
        for part in [kind, entry.path.as_os_str().as_bytes(), hex::encode(value).as_bytes()] {
            whole.update(part);
            whole.update([0]);
        }
        bytes += entry.bytes;
    }
    Ok(Artifact { digest: format!("sha256:{}", hex::encode(whole.finalize())), files: entries.len() as u64, bytes })
}

fn file(path: &Path) -> Result<Vec<u8>, Error> {
    hash(path).map_err(Error::io("read", path))
}

/// The SHA-256 of a file.
pub(crate) fn hash(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(hasher.finalize().to_vec());
        }
        hasher.update(&chunk[..read]);
    }
}
