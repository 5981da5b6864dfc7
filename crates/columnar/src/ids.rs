//! Sets of 16-byte ids on disk, for exact answers to "was it here before" with little memory: about two bytes an id.
//!
//! File: `TLid1\0\0\0`, number of ids (`u64`, little-endian), the ids in order, SipHash-1-3 (`u64`) of all before it. In memory
//! are a bloom filter and the first id of each block; the rest is read when the filter says "perhaps".

use std::fs::File;
use std::hash::Hasher as _;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use siphasher::sip::SipHasher13;

use crate::segment::Error;

const MAGIC: [u8; 8] = *b"TLid1\0\0\0";
const ID_BYTES: usize = 16;
const BLOCK_IDS: usize = 256;
/// With four probes about one in fifty unknown ids is looked up on disk.
const BLOOM_BITS: usize = 10;
const PROBES: u64 = 4;

/// An id.
pub type Id = [u8; ID_BYTES];

/// A set of ids in a file.
#[derive(Debug)]
pub struct IdSet {
    path: PathBuf,
    file: File,
    count: usize,
    fences: Vec<Id>,
    bloom: Vec<u64>,
}

/// Writes ids, which must be in order, to a new file and syncs it.
pub fn write(path: &Path, ids: &[Id]) -> Result<(), Error> {
    assert!(ids.is_sorted(), "ids are written in order");
    let failed = || Error::file("write", path);
    let file = File::create_new(path).map_err(Error::file("create", path))?;
    let mut out = BufWriter::new(&file);
    let mut hasher = SipHasher13::new();
    let mut put = |bytes: &[u8]| {
        hasher.write(bytes);
        out.write_all(bytes).map_err(failed())
    };
    put(&MAGIC)?;
    put(&(ids.len() as u64).to_le_bytes())?;
    for id in ids {
        put(id)?;
    }
    let sum = hasher.finish();
    out.write_all(&sum.to_le_bytes()).and_then(|()| out.flush()).map_err(failed())?;
    drop(out);
    file.sync_all().map_err(Error::file("sync", path))
}

impl IdSet {
    /// Reads the whole file once.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::file("open", path))?;
        let mut input = BufReader::with_capacity(1 << 20, &file);
        let mut hasher = SipHasher13::new();
        let mut head = [0; 16];
        input.read_exact(&mut head).map_err(Error::file("read", path))?;
        hasher.write(&head);
        let count = u64::from_le_bytes(head[8..].try_into().expect("eight bytes"));
        let length = file.metadata().map_err(Error::file("read", path))?.len();
        if head[..8] != MAGIC || count.checked_mul(16).and_then(|bytes| bytes.checked_add(24)) != Some(length) {
            return Err(Error::damaged(path, "it does not have the form of a set of ids"));
        }
        let count = usize::try_from(count).map_err(|_| Error::damaged(path, "it is too long"))?;
        let mut set = Self {
            path: path.to_owned(),
            file: file.try_clone().map_err(Error::file("open", path))?,
            count,
            fences: Vec::new(),
            bloom: vec![0; (count * BLOOM_BITS).div_ceil(64).max(1)],
        };
        for i in 0..count {
            let mut id = [0; ID_BYTES];
            input.read_exact(&mut id).map_err(Error::file("read", path))?;
            hasher.write(&id);
            set.note(i, id);
        }
        let mut sum = [0; 8];
        input.read_exact(&mut sum).map_err(Error::file("read", path))?;
        if u64::from_le_bytes(sum) != hasher.finish() {
            return Err(Error::damaged(path, "its checksum is wrong"));
        }
        Ok(set)
    }

    fn note(&mut self, i: usize, id: Id) {
        if i.is_multiple_of(BLOCK_IDS) {
            self.fences.push(id);
        }
        let bits = self.bloom.len() as u64 * 64;
        for bit in probes(&id, bits) {
            self.bloom[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// How many ids it has.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All ids, in order.
    pub fn all(&self) -> Result<Vec<Id>, Error> {
        let mut bytes = vec![0; self.count * ID_BYTES];
        self.file.read_exact_at(&mut bytes, 16).map_err(Error::file("read", &self.path))?;
        Ok(bytes.as_chunks::<ID_BYTES>().0.to_vec())
    }

    /// Whether the id is in it: exact.
    pub fn contains(&self, id: &Id) -> Result<bool, Error> {
        let bits = self.bloom.len() as u64 * 64;
        if !probes(id, bits).all(|bit| self.bloom[bit / 64] & (1 << (bit % 64)) != 0) {
            return Ok(false);
        }
        let block = self.fences.partition_point(|fence| fence <= id);
        let Some(block) = block.checked_sub(1) else { return Ok(false) };
        let first = block * BLOCK_IDS;
        let ids = BLOCK_IDS.min(self.count - first);
        let mut bytes = vec![0; ids * ID_BYTES];
        self.file.read_exact_at(&mut bytes, (16 + first * ID_BYTES) as u64).map_err(Error::file("read", &self.path))?;
        let (ids, _) = bytes.as_chunks::<ID_BYTES>();
        Ok(ids.binary_search(id).is_ok())
    }
}

/// Places in a filter of so many bits.
fn probes(id: &Id, bits: u64) -> impl Iterator<Item = usize> {
    let mut hasher = SipHasher13::new();
    hasher.write(id);
    let hash = hasher.finish();
    let step = hash.rotate_left(32) | 1;
    let place = move |i: u64| hash.wrapping_add(i.wrapping_mul(step)) % bits;
    (0..PROBES).map(move |i| usize::try_from(place(i)).expect("a filter fits into memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> Id {
        let mut hasher = SipHasher13::new();
        hasher.write(&n.to_le_bytes());
        let mut id = [0; 16];
        id[..8].copy_from_slice(&hasher.finish().to_be_bytes());
        id[8..].copy_from_slice(&n.to_be_bytes());
        id
    }

    #[test]
    fn exactly_what_was_written_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        for count in [0, 1, 255, 256, 257, 5_000] {
            let path = folder.path().join(count.to_string());
            let mut ids: Vec<Id> = (0..count).map(id).collect();
            ids.sort_unstable();
            write(&path, &ids).unwrap();
            let set = IdSet::open(&path).unwrap();
            assert!((0..count).all(|n| set.contains(&id(n)).unwrap()));
            assert!(!(count..count + 5_000).any(|n| set.contains(&id(n)).unwrap()));
        }
    }

    #[test]
    fn a_changed_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids");
        write(&path, &[id(1)]).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(IdSet::open(&path), Err(Error::Damaged { .. })));
    }
}
