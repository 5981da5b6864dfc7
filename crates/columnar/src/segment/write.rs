//! Writes a segment.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::{Column, Error, INDEX, Kind, Range, Values};

/// Small enough to write one from memory, large enough that the footer stays small.
const GROUP_ROWS: usize = 128 << 10;
/// A page is the least that is unpacked.
const PAGE_ROWS: usize = 8 << 10;

/// Writes rows to a new file and syncs it; the name is durable after [`super::sync_folder`]. The columns of `values` are in
/// the order of `columns` and of one length.
pub fn write(path: &Path, columns: &[Column], values: &[Values], index: &[Range]) -> Result<(), Error> {
    let rows = values.first().map_or(0, Values::len);
    assert!(values.len() == columns.len() && values.iter().all(|v| v.len() == rows), "columns of one length");
    let file = File::create_new(path).map_err(Error::file("create", path))?;
    let failed = Error::parquet("write", path);
    let mut writer =
        SerializedFileWriter::new(&file, schema(columns).map_err(&failed)?, Arc::new(properties(columns, index)))
            .map_err(&failed)?;
    for from in (0..rows).step_by(GROUP_ROWS) {
        let to = (from + GROUP_ROWS).min(rows);
        let mut group = writer.next_row_group().map_err(&failed)?;
        for values in values {
            let mut column = group.next_column().map_err(&failed)?.expect("one for each of the schema's");
            write_column(&mut column, values, from, to).map_err(&failed)?;
            column.close().map_err(&failed)?;
        }
        group.close().map_err(&failed)?;
    }
    writer.close().map_err(&failed)?;
    file.sync_all().map_err(Error::file("sync", path))
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Ids(values) => values.len(),
        }
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|column| {
        let (physical, bytes) = match column.kind {
            Kind::Int => (Physical::INT64, -1),
            Kind::Word | Kind::Text => (Physical::BYTE_ARRAY, -1),
            Kind::Id => (Physical::FIXED_LEN_BYTE_ARRAY, 16),
        };
        let field = Type::primitive_type_builder(column.name, physical).with_length(bytes);
        field.with_repetition(Repetition::REQUIRED).build().map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?))
}

fn properties(columns: &[Column], index: &[Range]) -> WriterProperties {
    let index = serde_json::to_string(index).expect("ranges are plain values");
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(false)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_key_value_metadata(Some(vec![KeyValue::new(INDEX.to_owned(), index)]));
    for column in columns.iter().filter(|column| column.kind == Kind::Word) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column.name), true);
    }
    properties.build()
}

fn write_column(
    column: &mut SerializedColumnWriter<'_>,
    values: &Values,
    from: usize,
    to: usize,
) -> Result<(), ParquetError> {
    match values {
        Values::Ints(values) => column.typed::<Int64Type>().write_batch(&values[from..to], None, None)?,
        Values::Texts(values) => {
            let values: Vec<ByteArray> = values[from..to].iter().map(|text| text.0.clone()).collect();
            column.typed::<ByteArrayType>().write_batch(&values, None, None)?
        }
        Values::Ids(values) => {
            let values: Vec<FixedLenByteArray> =
                values[from..to].iter().map(|id| FixedLenByteArray::from(id.to_vec())).collect();
            column.typed::<FixedLenByteArrayType>().write_batch(&values, None, None)?
        }
    };
    Ok(())
}
