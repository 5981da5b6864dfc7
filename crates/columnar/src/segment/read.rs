//! Reads ranges of a segment's columns.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{ByteArrayType, DataType, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader as _, Length};
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};

use super::{Error, INDEX, Range, Text};

/// An open segment. Any number of threads may read it.
pub struct Segment {
    path: PathBuf,
    reader: SerializedFileReader<Positioned>,
    index: Vec<Range>,
    /// The first row of each row group.
    groups: Vec<usize>,
    rows: usize,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Segment {
    /// Reads the footer; a file that is cut off or foreign is an error.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::file("open", path))?;
        let length = file.metadata().map_err(Error::file("open", path))?.len();
        let options = ReadOptionsBuilder::new().with_page_index().build();
        let positioned = Positioned { file: Arc::new(file), length };
        let reader =
            SerializedFileReader::new_with_options(positioned, options).map_err(Error::parquet("open", path))?;
        let metadata = reader.metadata();
        let entries = metadata.file_metadata().key_value_metadata();
        let text = entries.and_then(|entries| entries.iter().find(|entry| entry.key == INDEX)?.value.as_deref());
        let text = text.ok_or_else(|| Error::damaged(path, "it has no index"))?;
        let index = serde_json::from_str(text).map_err(|error| Error::damaged(path, error.to_string()))?;
        let (mut groups, mut rows) = (Vec::new(), 0);
        for group in metadata.row_groups() {
            groups.push(rows);
            rows += usize::try_from(group.num_rows()).map_err(|_| Error::damaged(path, "a negative count"))?;
        }
        Ok(Self { path: path.to_owned(), reader, index, groups, rows })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Keys and their rows, in the order in which they were given.
    pub fn index(&self) -> &[Range] {
        &self.index
    }

    /// The rows of a key.
    pub fn range(&self, key: &str) -> Option<ops::Range<usize>> {
        self.index.iter().find(|range| range.key == key).map(|range| range.from..range.to)
    }

    /// Values of a column of numbers.
    pub fn ints(&self, column: usize, rows: ops::Range<usize>) -> Result<Vec<i64>, Error> {
        self.values::<Int64Type>(column, rows)
    }

    /// Values of a column of texts; they share the memory of their pages.
    pub fn texts(&self, column: usize, rows: ops::Range<usize>) -> Result<Vec<Text>, Error> {
        let values = self.values::<ByteArrayType>(column, rows)?;
        Ok(values.into_iter().map(Text).collect())
    }

    /// Values of a column of ids.
    pub fn ids(&self, column: usize, rows: ops::Range<usize>) -> Result<Vec<[u8; 16]>, Error> {
        let values = self.values::<FixedLenByteArrayType>(column, rows)?;
        let id = |value: &parquet::data_type::FixedLenByteArray| value.data().try_into();
        values.iter().map(|value| id(value).map_err(|_| Error::damaged(&self.path, "an id is not 16 bytes"))).collect()
    }

    fn values<T: DataType>(&self, column: usize, rows: ops::Range<usize>) -> Result<Vec<T::T>, Error> {
        let failed = Error::parquet("read", &self.path);
        let mut values = Vec::with_capacity(rows.len());
        for (number, first) in self.groups.iter().enumerate() {
            let end = self.groups.get(number + 1).copied().unwrap_or(self.rows);
            let (from, to) = (rows.start.max(*first), rows.end.min(end));
            if from >= to {
                continue;
            }
            let group = self.reader.get_row_group(number).map_err(&failed)?;
            let mut reader = get_typed_column_reader::<T>(group.get_column_reader(column).map_err(&failed)?);
            reader.skip_records(from - first).map_err(&failed)?;
            let (read, _, _) = reader.read_records(to - from, None, None, &mut values).map_err(&failed)?;
            if read != to - from {
                return Err(Error::damaged(&self.path, "a column has too few rows"));
            }
        }
        Ok(values)
    }
}

/// A file that is read at places, so that readers share no position.
pub(super) struct Positioned {
    file: Arc<File>,
    length: u64,
}

pub(super) struct At {
    file: Arc<File>,
    position: u64,
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Positioned {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(At { file: Arc::clone(&self.file), position: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

impl Read for At {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(bytes, self.position)?;
        self.position += n as u64;
        Ok(n)
    }
}
