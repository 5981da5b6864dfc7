//! Rows of a Parquet file that somebody else wrote, as JSON, one at a time.
//!
//! Times become RFC 3339, whatever their unit; UUIDs their usual text; structs and maps objects. What is no number in JSON (NaN) is null.

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::{LogicalType, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::segment::Error;

/// How the file begins.
pub const MAGIC: [u8; 4] = *b"PAR1";

/// The rows of the file at `path`, in their order. Only what the next rows need is in memory.
pub fn read(path: &Path) -> Result<impl Iterator<Item = Result<Map<String, Value>, Error>> + use<>, Error> {
    let failed = Error::parquet("read", path);
    let file = File::open(path).map_err(Error::file("open", path))?;
    let reader = SerializedFileReader::new(file).map_err(&failed)?;
    let root = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
    let rows = RowIter::from_file_into(Box::new(reader));
    Ok(rows.map(move |row| row.and_then(|row| object(&row, &root)).map_err(&failed)))
}

fn object(row: &Row, group: &TypePtr) -> Result<Map<String, Value>, ParquetError> {
    let fields = row.get_column_iter().zip(group.get_fields());
    fields.map(|((name, field), of)| Ok((name.clone(), value(field, Some(of))?))).collect()
}

/// `of` is the field's type, where it is known: not for what lists and maps hold.
fn value(field: &Field, of: Option<&TypePtr>) -> Result<Value, ParquetError> {
    Ok(match (field, of.and_then(|of| logical(of))) {
        (Field::Null, _) => Value::Null,
        (Field::Long(nanos), Some(LogicalType::Timestamp(kind))) if kind.unit == TimeUnit::NANOS => {
            instant(Timestamp::from_nanosecond((*nanos).into()))?
        }
        (Field::Long(micros), Some(LogicalType::Timestamp(kind))) if kind.unit == TimeUnit::MICROS => {
            instant(Timestamp::from_microsecond(*micros))?
        }
        (Field::TimestampMicros(micros), _) => instant(Timestamp::from_microsecond(*micros))?,
        (Field::Long(millis), Some(LogicalType::Timestamp(_))) | (Field::TimestampMillis(millis), _) => {
            instant(Timestamp::from_millisecond(*millis))?
        }
        (Field::Date(days), _) => day(*days)?,
        (Field::Bytes(bytes), Some(LogicalType::Uuid)) => uuid(bytes.data())?,
        (Field::Bytes(bytes), _) => text(bytes.data())?,
        (Field::Bool(value), _) => Value::from(*value),
        (Field::Byte(n), _) => Value::from(*n),
        (Field::Short(n), _) => Value::from(*n),
        (Field::Int(n), _) => Value::from(*n),
        (Field::Long(n), _) => Value::from(*n),
        (Field::UByte(n), _) => Value::from(*n),
        (Field::UShort(n), _) => Value::from(*n),
        (Field::UInt(n), _) => Value::from(*n),
        (Field::ULong(n), _) => Value::from(*n),
        (Field::Float(n), _) => Value::from(*n),
        (Field::Double(n), _) => Value::from(*n),
        (Field::Str(text), _) => Value::from(text.as_str()),
        (Field::Group(row), _) => group(row, of)?,
        (Field::ListInternal(list), _) => {
            list.elements().iter().map(|field| value(field, None)).collect::<Result<Vec<_>, _>>()?.into()
        }
        (Field::MapInternal(map), _) => map.entries().iter().map(entry).collect::<Result<Map<_, _>, _>>()?.into(),
        // Decimals, times of day and halves: as the file's library writes them.
        (other, _) => Value::from(other.to_string()),
    })
}

fn group(row: &Row, of: Option<&TypePtr>) -> Result<Value, ParquetError> {
    if let Some(of) = of {
        return object(row, of).map(Value::Object);
    }
    let fields = row.get_column_iter().map(|(name, field)| Ok((name.clone(), value(field, None)?)));
    fields.collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

fn entry((key, field): &(Field, Field)) -> Result<(String, Value), ParquetError> {
    let name = match value(key, None)? {
        Value::String(name) => name,
        other => other.to_string(),
    };
    Ok((name, value(field, None)?))
}

fn logical(of: &Type) -> Option<&LogicalType> {
    of.get_basic_info().logical_type_ref()
}

fn instant(time: Result<Timestamp, jiff::Error>) -> Result<Value, ParquetError> {
    time.map(|time| Value::from(time.to_string())).map_err(foreign)
}

fn day(days: i32) -> Result<Value, ParquetError> {
    let day = jiff::Span::new().try_days(days).and_then(|days| Date::constant(1970, 1, 1).checked_add(days));
    day.map(|day| Value::from(day.to_string())).map_err(foreign)
}

fn uuid(bytes: &[u8]) -> Result<Value, ParquetError> {
    Uuid::from_slice(bytes).map(|uuid| Value::from(uuid.to_string())).map_err(foreign)
}

fn text(bytes: &[u8]) -> Result<Value, ParquetError> {
    std::str::from_utf8(bytes).map(Value::from).map_err(foreign)
}

fn foreign(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::basic::Compression;
    use parquet::data_type::{ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
    use parquet::schema::parser::parse_message_type;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "message events {
        required binary event (STRING);
        required int64 millis (TIMESTAMP(MILLIS, true));
        required int64 micros (TIMESTAMP(MICROS, true));
        required int64 nanos (TIMESTAMP(NANOS, true));
        required fixed_len_byte_array(16) uuid (UUID);
        required group properties { required binary country (STRING); optional double total; }
    }";

    fn column<T: DataType>(group: &mut SerializedRowGroupWriter<'_, File>, value: T::T) {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<T>().write_batch(&[value], Some(&[1]), None).unwrap();
        column.close().unwrap();
    }

    fn written(path: &Path) {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let mut writer =
            SerializedFileWriter::new(File::create_new(path).unwrap(), schema, Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        column::<ByteArrayType>(&mut group, "order placed".into());
        column::<Int64Type>(&mut group, 1_795_539_600_500);
        column::<Int64Type>(&mut group, 1_795_539_600_500_000);
        column::<Int64Type>(&mut group, 1_795_539_600_500_000_000);
        column::<FixedLenByteArrayType>(&mut group, parquet::data_type::ByteArray::from(vec![7_u8; 16]).into());
        column::<ByteArrayType>(&mut group, "de".into());
        column::<DoubleType>(&mut group, 9.5);
        group.close().unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn a_row_of_any_writer_is_an_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.parquet");
        written(&path);
        let rows: Vec<_> = read(&path).unwrap().map(Result::unwrap).collect();
        let instant = "2026-11-24T17:00:00.5Z";
        let wanted = json!({
            "event": "order placed", "millis": instant, "micros": instant, "nanos": instant,
            "uuid": "07070707-0707-0707-0707-070707070707", "properties": { "country": "de", "total": 9.5 },
        });
        assert_eq!(rows, [wanted.as_object().unwrap().clone()]);
    }

    #[test]
    fn what_is_no_parquet_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.parquet");
        std::fs::write(&path, b"PAR1 and then nothing").unwrap();
        assert!(read(&path).is_err());
    }
}
