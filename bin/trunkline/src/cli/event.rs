//! `trunkline event`: events of customers.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use columnar::rows;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::Client;
use crate::out;

/// So much is sent at once.
const PART_BYTES: usize = 1 << 20;
/// A longer line is no event; the server says so.
const LINE_BYTES_MAX: u64 = (1 << 20) + 2;
const REJECTED_LISTED: usize = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Take events of a file, one JSON document a line: {"uuid"?, "event", "distinct_id", "timestamp", "properties"}; or Parquet
    /// with these columns
    Import {
        /// NDJSON or Parquet; `-` for NDJSON from standard input
        file: PathBuf,
    },
}

/// What became of the lines.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    read: u64,
    accepted: u64,
    duplicate: u64,
    rejected: Vec<Rejected>,
    rejected_count: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Rejected {
    line: u64,
    reason: String,
}

pub(super) fn run(verb: &Verb, client: &Client) -> anyhow::Result<()> {
    let Verb::Import { file } = verb;
    take(file, "/api/v1/events/import", client)
}

/// Sends a file, line by line, to where it belongs, and tells what became of it.
pub(super) fn take(file: &Path, to: &str, client: &Client) -> anyhow::Result<()> {
    let report = import(file, to, client)?;
    if client.is_json {
        return out::json(&report);
    }
    let (read, accepted, duplicate) = (report.read, report.accepted, report.duplicate);
    let mark = out::mark(if report.rejected_count == 0 { "good" } else { "warn" });
    out::line(format_args!(
        "{mark} {read} read, {accepted} accepted, {duplicate} there already, {} rejected",
        report.rejected_count
    ));
    for rejected in report.rejected.iter().take(20) {
        out::line(format_args!("  line {}: {}", rejected.line, rejected.reason));
    }
    Ok(())
}

fn import(path: &Path, to: &str, client: &Client) -> anyhow::Result<Report> {
    let (mut report, mut part, mut first, mut next) = (Report::default(), Vec::new(), 1, 1);
    for line in lines(path)? {
        part.extend(line?);
        next += 1;
        if part.len() >= PART_BYTES {
            send(client, to, &part, first, &mut report)?;
            part.clear();
            first = next;
        }
    }
    send(client, to, &part, first, &mut report)?;
    Ok(report)
}

type Lines = Box<dyn Iterator<Item = anyhow::Result<Vec<u8>>>>;

/// The lines of NDJSON; of Parquet, which its first bytes tell, the rows as such lines.
fn lines(path: &Path) -> anyhow::Result<Lines> {
    if path == Path::new("-") {
        return Ok(texts(std::io::stdin()));
    }
    let hint = "one JSON document a line, or Parquet; it may be sent again, nothing counts twice";
    let unreadable = |error| Problem::invalid(format!("cannot read {}: {error}", path.display())).hint(hint);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut magic = Vec::new();
    file.by_ref().take(rows::MAGIC.len() as u64).read_to_end(&mut magic).map_err(unreadable)?;
    if magic == rows::MAGIC {
        return Ok(Box::new(rows::read(path)?.map(|row| Ok(line(row?)?))));
    }
    Ok(texts(Cursor::new(magic).chain(file)))
}

fn texts(input: impl Read + 'static) -> Lines {
    let mut input = BufReader::new(input);
    Box::new(std::iter::from_fn(move || {
        let mut line = Vec::new();
        let read = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        (!matches!(read, Ok(0))).then(|| read.map(|_| line).context("the file cannot be read"))
    }))
}

/// A row as a line. Properties are a struct, or JSON as text, which is most of what others write.
fn line(mut row: Map<String, Value>) -> serde_json::Result<Vec<u8>> {
    if let Some(properties) = row.get_mut("properties")
        && let Some(parsed) = properties.as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        *properties = parsed;
    }
    let mut line = serde_json::to_vec(&row)?;
    line.push(b'\n');
    Ok(line)
}

/// Sends some lines, of which the first has this number in the file.
fn send(client: &Client, to: &str, part: &[u8], first: u64, report: &mut Report) -> anyhow::Result<()> {
    if part.is_empty() {
        return Ok(());
    }
    let answer: Report = client.post_bytes(to, part)?;
    report.read += answer.read;
    report.accepted += answer.accepted;
    report.duplicate += answer.duplicate;
    report.rejected_count += answer.rejected_count;
    let room = REJECTED_LISTED.saturating_sub(report.rejected.len());
    let placed = answer.rejected.into_iter().take(room);
    report.rejected.extend(placed.map(|rejected| Rejected { line: rejected.line + first - 1, ..rejected }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use columnar::segment::{Column, Kind, Text, Values, write};

    use super::*;

    const LINES: &str = r#"{"event":"seen","distinct_id":"d1","timestamp":"2026-11-24T17:00:00Z","properties":{"a":1}}
{"event":"paid","distinct_id":"d2","timestamp":"2026-11-24T17:00:01Z","properties":{}}
"#;

    fn column(name: &'static str, values: [&'static str; 2]) -> (Column, Values) {
        (Column { name, kind: Kind::Text }, Values::Texts(values.map(Text::from).into()))
    }

    #[test]
    fn a_row_of_parquet_is_the_line_of_the_same_event() {
        let folder = tempfile::tempdir().unwrap();
        let (columnar, plain) = (folder.path().join("one"), folder.path().join("other"));
        let (columns, values): (Vec<_>, Vec<_>) = [
            column("event", ["seen", "paid"]),
            column("distinct_id", ["d1", "d2"]),
            column("timestamp", ["2026-11-24T17:00:00Z", "2026-11-24T17:00:01Z"]),
            column("properties", [r#"{"a":1}"#, "{}"]),
        ]
        .into_iter()
        .unzip();
        write(&columnar, &columns, &values, &[]).unwrap();
        std::fs::write(&plain, LINES).unwrap();
        for path in [columnar, plain] {
            let read: Vec<u8> = lines(&path).unwrap().flat_map(Result::unwrap).collect();
            assert_eq!(String::from_utf8(read).unwrap(), LINES);
        }
    }
}
