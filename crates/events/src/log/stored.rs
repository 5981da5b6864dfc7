//! Events in segments: which columns there are, how rows become columns and columns rows.
//!
//! A segment is three files of one number: `.parquet` with the events, `.ids` with every event id that was taken (also of
//! events that were forgotten since), `.facts` with the other records. An old reader of a newer segment ignores columns that
//! it does not know, since columns are only added at the end.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use columnar::ids::{self, Id, IdSet};
use columnar::segment::{self, Column, Kind, Segment, Text, Values};

use super::Error;
use super::key::PersonSet;
use super::part::{Row, UNVOUCHED};
use super::store::SegmentRow;
use crate::record::{Aside, Event, Record, Source};

pub(super) const EVENT: usize = 0;
pub(super) const PERSON: usize = 1;
pub(super) const DISTINCT_ID: usize = 2;
pub(super) const TIME: usize = 3;
pub(super) const RECEIVED: usize = 4;
pub(super) const SEQUENCE: usize = 5;
pub(super) const ID: usize = 6;
pub(super) const PROPERTIES: usize = 7;
pub(super) const RELEASE: usize = 8;
const DEPLOYMENT: usize = 9;
pub(super) const VOUCH: usize = 10;
pub(super) const ASIDE: usize = 11;
pub(super) const SOURCE: usize = 12;
const TOKEN: usize = 13;
pub(super) const WITNESS: usize = 14;

const COLUMNS: [Column; 15] = [
    Column { name: "event", kind: Kind::Word },
    Column { name: "person", kind: Kind::Int },
    Column { name: "distinct_id", kind: Kind::Word },
    Column { name: "time_ms", kind: Kind::Int },
    Column { name: "received_ms", kind: Kind::Int },
    Column { name: "sequence", kind: Kind::Int },
    Column { name: "id", kind: Kind::Id },
    Column { name: "properties", kind: Kind::Text },
    Column { name: "release", kind: Kind::Word },
    Column { name: "deployment", kind: Kind::Int },
    Column { name: "vouch", kind: Kind::Int },
    Column { name: "aside", kind: Kind::Int },
    Column { name: "source", kind: Kind::Word },
    Column { name: "token", kind: Kind::Word },
    Column { name: "witness", kind: Kind::Word },
];

/// What becomes of a part, or of several segments.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// In any order.
    pub(super) columns: Vec<Values>,
    pub(super) ids: Vec<Id>,
    pub(super) others: Vec<Bytes>,
}

/// A live segment.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) row: SegmentRow,
    pub(super) events: Segment,
    pub(super) ids: IdSet,
    /// When the oldest came that was not taken, if any is told of here.
    pub(super) oldest_rejection_ms: Option<i64>,
    folder: PathBuf,
    probes: OnceLock<Vec<Probe>>,
}

/// An event of a probe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    pub(super) person: u64,
    pub(super) time_ms: i64,
    pub(super) received_ms: i64,
}

/// When it came, if the record tells of something that was not taken.
pub(super) fn rejected_at(bytes: &[u8]) -> Option<i64> {
    // Most records are others, and reading them whole takes long.
    if !bytes.windows(REJECTED.len()).take(8).any(|word| word == REJECTED) {
        return None;
    }
    match Record::decode(bytes) {
        Ok(Record::Rejected(rejected)) => Some(rejected.at_ms),
        _ => None,
    }
}

/// How the kind of such a record is written, near its beginning.
const REJECTED: &[u8] = br#""rejected""#;

fn path(folder: &Path, id: u64, extension: &str) -> PathBuf {
    folder.join(format!("{id:012}.{extension}"))
}

const EXTENSIONS: [&str; 3] = ["parquet", "ids", "facts"];

impl Stored {
    pub(super) fn open(folder: &Path, row: SegmentRow) -> Result<Self, Error> {
        let events = Segment::open(&path(folder, row.id, "parquet"))?;
        let ids = IdSet::open(&path(folder, row.id, "ids"))?;
        let others = read_others(&path(folder, row.id, "facts"))?;
        let oldest_rejection_ms = others.iter().filter_map(|bytes| rejected_at(bytes)).min();
        Ok(Self { row, events, ids, oldest_rejection_ms, folder: folder.to_owned(), probes: OnceLock::new() })
    }

    /// What probes did. Few rows are theirs, so they are looked for once.
    pub(super) fn probes(&self) -> Result<&[Probe], Error> {
        if let Some(probes) = self.probes.get() {
            return Ok(probes);
        }
        let ints = |column| self.events.ints(column, 0..self.events.rows());
        let asides = ints(ASIDE)?;
        let is_probe = |aside: &i64| aside_of(*aside) == Some(Aside::Synthetic);
        let mut found = Vec::new();
        if asides.iter().any(is_probe) {
            let (persons, times, received) = (ints(PERSON)?, ints(TIME)?, ints(RECEIVED)?);
            let probes = (0..asides.len()).filter(|i| is_probe(&asides[*i]));
            found.extend(probes.map(|i| Probe {
                person: persons[i].cast_unsigned(),
                time_ms: times[i],
                received_ms: received[i],
            }));
        }
        Ok(self.probes.get_or_init(|| found))
    }

    /// The records that are no events.
    pub(super) fn others(&self) -> Result<Vec<Bytes>, Error> {
        read_others(&path(&self.folder, self.row.id, "facts"))
    }

    /// All of it, without the rows of `left_out` that came up to an instant.
    pub(super) fn content(&self) -> Result<Content, Error> {
        let all = 0..self.events.rows();
        let columns = COLUMNS.iter().enumerate().map(|(i, column)| {
            Ok(match column.kind {
                Kind::Int => Values::Ints(self.events.ints(i, all.clone())?),
                Kind::Word | Kind::Text => Values::Texts(self.events.texts(i, all.clone())?),
                Kind::Id => Values::Ids(self.events.ids(i, all.clone())?),
            })
        });
        let columns = columns.collect::<Result<_, Error>>()?;
        Ok(Content { columns, ids: self.ids.all()?, others: self.others()? })
    }

    /// Some rows, as they were.
    pub(super) fn rows(&self, range: Range<usize>) -> Result<Vec<Row>, Error> {
        let ints = |column| self.events.ints(column, range.clone());
        let texts = |column| self.events.texts(column, range.clone());
        let (persons, times, received, sequences) = (ints(PERSON)?, ints(TIME)?, ints(RECEIVED)?, ints(SEQUENCE)?);
        let (deployments, vouches, asides) = (ints(DEPLOYMENT)?, ints(VOUCH)?, ints(ASIDE)?);
        let (names, distinct, properties) = (texts(EVENT)?, texts(DISTINCT_ID)?, texts(PROPERTIES)?);
        let (releases, sources, tokens, witnesses) = (texts(RELEASE)?, texts(SOURCE)?, texts(TOKEN)?, texts(WITNESS)?);
        let ids = self.events.ids(ID, range.clone())?;
        let damaged = |why: &str| Error::Damaged { path: self.events.path().to_owned(), why: why.to_owned() };
        let word = |text: &Text| Some(text.as_str().to_owned()).filter(|text| !text.is_empty());
        let row = |i: usize| {
            let properties = serde_json::from_slice(&properties[i]).map_err(|e| damaged(&e.to_string()))?;
            let source = word_source(sources[i].as_str()).ok_or_else(|| damaged("a source is not known"))?;
            let event = Event {
                id: uuid::Uuid::from_bytes(ids[i]),
                name: names[i].as_str().to_owned(),
                distinct_id: distinct[i].as_str().to_owned(),
                time_ms: times[i],
                received_ms: received[i],
                properties,
                source,
                token: word(&tokens[i]),
                role: None,
                deployment: Some(deployments[i].cast_unsigned()).filter(|number| *number > 0),
                witness: word(&witnesses[i]),
                aside: aside_of(asides[i]),
            };
            Ok(Row {
                person: persons[i].cast_unsigned(),
                sequence: sequences[i].cast_unsigned(),
                release: releases[i].as_str().to_owned(),
                vouch: vouches[i].cast_unsigned(),
                event,
            })
        };
        (0..range.len()).map(row).collect()
    }

    /// Rows of these persons, of any event.
    pub(super) fn of_persons(&self, keys: &PersonSet) -> Result<Vec<Row>, Error> {
        let persons = self.events.ints(PERSON, 0..self.events.rows())?;
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(step) = persons[from..].iter().position(|key| keys.contains(&key.cast_unsigned())) {
            from += step;
            let run = persons[from..].iter().take_while(|key| keys.contains(&key.cast_unsigned())).count();
            found.extend(self.rows(from..from + run)?);
            from += run;
        }
        Ok(found)
    }
}

/// Columns of rows of a part.
pub(super) fn columns_of(rows: &[Row]) -> Vec<Values> {
    let ints = |value: fn(&Row) -> i64| Values::Ints(rows.iter().map(value).collect());
    let texts = |value: fn(&Row) -> &str| {
        Values::Texts(rows.iter().map(|row| Text::from(Bytes::copy_from_slice(value(row).as_bytes()))).collect())
    };
    vec![
        texts(|row| &row.event.name),
        ints(|row| row.person.cast_signed()),
        texts(|row| &row.event.distinct_id),
        ints(|row| row.event.time_ms),
        ints(|row| row.event.received_ms),
        ints(|row| row.sequence.cast_signed()),
        Values::Ids(rows.iter().map(|row| row.event.id.into_bytes()).collect()),
        texts(|row| row.event.properties.get()),
        texts(|row| &row.release),
        ints(|row| row.event.deployment.unwrap_or(0).cast_signed()),
        ints(|row| row.vouch.cast_signed()),
        ints(|row| aside_number(row.event.aside)),
        texts(|row| source_word(row.event.source)),
        texts(|row| row.event.token.as_deref().unwrap_or_default()),
        texts(|row| row.event.witness.as_deref().unwrap_or_default()),
    ]
}

fn aside_number(aside: Option<Aside>) -> i64 {
    match aside {
        None => 0,
        Some(Aside::Synthetic) => 1,
        Some(Aside::Bot) => 2,
    }
}

fn aside_of(number: i64) -> Option<Aside> {
    match number {
        0 => None,
        2 => Some(Aside::Bot),
        _ => Some(Aside::Synthetic),
    }
}

const SOURCES: [(Source, &str); 7] = [
    (Source::PosthogV0, "posthog_v0"),
    (Source::PosthogV1, "posthog_v1"),
    (Source::Segment, "segment"),
    (Source::Otlp, "otlp"),
    (Source::Import, "import"),
    (Source::Edge, "edge"),
    (Source::Ofrep, "ofrep"),
];

/// The word of a source, in files and filters.
pub(super) fn source_word(source: Source) -> &'static str {
    SOURCES.iter().find(|(known, _)| *known == source).map_or("", |(_, word)| word)
}

fn word_source(word: &str) -> Option<Source> {
    SOURCES.iter().find(|(_, known)| *known == word).map(|(source, _)| *source)
}

impl Content {
    pub(super) fn ints(&self, column: usize) -> &[i64] {
        match self.columns.get(column) {
            Some(Values::Ints(values)) => values,
            _ => &[],
        }
    }

    fn texts(&self, column: usize) -> &[Text] {
        match self.columns.get(column) {
            Some(Values::Texts(values)) => values,
            _ => &[],
        }
    }

    /// Takes out whose cookie came with a row where `gone` (of id and arrival) gives that person's key.
    pub(super) fn forget_witnesses(&mut self, gone: impl Fn(&str, i64) -> Option<u64>) {
        let rows = self.texts(WITNESS).iter().zip(self.ints(RECEIVED)).enumerate();
        let known = rows.filter(|(_, (witness, _))| !witness.is_empty());
        let found: Vec<(usize, u64)> =
            known.filter_map(|(i, (witness, at))| Some((i, gone(witness.as_str(), *at)?))).collect();
        for (i, key) in found {
            if let Values::Texts(witnesses) = &mut self.columns[WITNESS] {
                witnesses[i] = Text::from(Bytes::new());
            }
            if let Values::Ints(vouches) = &mut self.columns[VOUCH]
                && vouches[i].cast_unsigned() == key
            {
                vouches[i] = UNVOUCHED.cast_signed();
            }
        }
    }

    /// This and that in one.
    pub(super) fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.others.extend(other.others);
        if self.columns.is_empty() {
            self.columns = other.columns;
            return;
        }
        for (ours, theirs) in self.columns.iter_mut().zip(other.columns) {
            match (ours, theirs) {
                (Values::Ints(ours), Values::Ints(theirs)) => ours.extend(theirs),
                (Values::Texts(ours), Values::Texts(theirs)) => ours.extend(theirs),
                (Values::Ids(ours), Values::Ids(theirs)) => ours.extend(theirs),
                _ => unreachable!("columns of all segments have the same kinds"),
            }
        }
    }

    /// Keeps the rows that `keep` wants, in the order of segments: event, person, time, sequence.
    pub(super) fn sort(&mut self, keep: impl Fn(usize) -> bool) {
        let names = self.texts(EVENT);
        let mut ranks: Vec<&[u8]> = names.iter().map(|name| &**name).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let (persons, times, sequences) = (self.ints(PERSON), self.ints(TIME), self.ints(SEQUENCE));
        let mut last = (usize::MAX, 0);
        let mut order: Vec<(usize, u64, i64, i64, usize)> = Vec::with_capacity(names.len());
        for i in (0..names.len()).filter(|i| keep(*i)) {
            // Rows of a segment come by name: most have the name of the one before.
            if last.0 == usize::MAX || names[last.0] != names[i] {
                last = (i, ranks.binary_search(&&*names[i]).expect("every name has a rank"));
            }
            order.push((last.1, persons[i].cast_unsigned(), times[i], sequences[i], i));
        }
        order.sort_unstable();
        for column in &mut self.columns {
            match column {
                Values::Ints(values) => *values = order.iter().map(|place| values[place.4]).collect(),
                Values::Texts(values) => *values = order.iter().map(|place| values[place.4].clone()).collect(),
                Values::Ids(values) => *values = order.iter().map(|place| values[place.4]).collect(),
            }
        }
        self.ids.sort_unstable();
        self.ids.dedup();
    }

    fn index(&self) -> Vec<segment::Range> {
        let mut index: Vec<segment::Range> = Vec::new();
        for (i, name) in self.texts(EVENT).iter().enumerate() {
            match index.last_mut() {
                Some(range) if range.key == name.as_str() => range.to = i + 1,
                _ => index.push(segment::Range { key: name.as_str().to_owned(), from: i, to: i + 1 }),
            }
        }
        index
    }

    /// Writes and syncs the three files of a segment; sorted before.
    pub(super) fn write(&self, folder: &Path, id: u64, level: u64) -> Result<SegmentRow, Error> {
        // What an earlier attempt left is not live: nobody reads it.
        remove(folder, id)?;
        segment::write(&path(folder, id, "parquet"), &COLUMNS, &self.columns, &self.index())?;
        ids::write(&path(folder, id, "ids"), &self.ids)?;
        write_others(&path(folder, id, "facts"), &self.others)?;
        segment::sync_folder(folder)?;
        let times = self.ints(TIME).iter().copied();
        let (min_ms, max_ms) = (times.clone().min().unwrap_or(i64::MAX), times.max().unwrap_or(i64::MIN));
        Ok(SegmentRow { id, level, min_ms, max_ms })
    }
}

/// Removes the files of a segment that is not live.
pub(super) fn remove(folder: &Path, id: u64) -> Result<(), Error> {
    for extension in EXTENSIONS {
        let path = path(folder, id, extension);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { what: "remove", path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes what no live segment owns.
pub(super) fn remove_orphans(folder: &Path, live: &[SegmentRow]) -> Result<(), Error> {
    let failed = |source| Error::File { what: "list", path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let Some(number) = number
            && !live.iter().any(|row| row.id == number)
        {
            remove(folder, number)?;
        }
    }
    Ok(())
}

/// Length and bytes of each record, packed.
fn write_others(path: &Path, others: &[Bytes]) -> Result<(), Error> {
    let failed = |source| Error::File { what: "write", path: path.to_owned(), source };
    let mut plain = Vec::new();
    for record in others {
        let length = u32::try_from(record.len()).expect("a record of the log is below a gigabyte");
        plain.extend_from_slice(&length.to_le_bytes());
        plain.extend_from_slice(record);
    }
    let packed = zstd::encode_all(plain.as_slice(), 0).map_err(failed)?;
    let mut file = fs::File::create_new(path).map_err(failed)?;
    std::io::Write::write_all(&mut file, &packed).and_then(|()| file.sync_all()).map_err(failed)
}

fn read_others(path: &Path) -> Result<Vec<Bytes>, Error> {
    let failed = |source| Error::File { what: "read", path: path.to_owned(), source };
    let packed = fs::read(path).map_err(failed)?;
    let plain = Bytes::from(zstd::decode_all(packed.as_slice()).map_err(failed)?);
    let (mut others, mut at) = (Vec::new(), 0);
    while at < plain.len() {
        let cut = || Error::Damaged { path: path.to_owned(), why: "a record is cut off".into() };
        let length = plain.get(at..at + 4).and_then(|four| four.try_into().ok()).ok_or_else(cut)?;
        let end = at + 4 + usize::try_from(u32::from_le_bytes(length)).map_err(|_| cut())?;
        if end > plain.len() {
            return Err(cut());
        }
        others.push(plain.slice(at + 4..end));
        at = end;
    }
    Ok(others)
}
