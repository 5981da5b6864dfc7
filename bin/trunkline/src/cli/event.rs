//! `trunkline event`: events of customers.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use kernel::Problem;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::out;

/// So much is sent at once.
const PART_BYTES: usize = 1 << 20;
/// A longer line is no event; the server says so.
const LINE_BYTES_MAX: u64 = (1 << 20) + 2;
const REJECTED_LISTED: usize = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Take events of a file, one JSON document a line: {"uuid"?, "event", "distinct_id", "timestamp", "properties"}
    Import {
        /// NDJSON; `-` for standard input
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
    let report = import(file, client)?;
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

fn import(path: &Path, client: &Client) -> anyhow::Result<Report> {
    let input: Box<dyn std::io::Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        let hint = "one JSON document a line; it may be sent again, nothing counts twice";
        Box::new(
            File::open(path)
                .map_err(|error| Problem::invalid(format!("cannot read {}: {error}", path.display())).hint(hint))?,
        )
    };
    let mut input = BufReader::new(input);
    let (mut report, mut part, mut first, mut next) = (Report::default(), Vec::new(), 1, 1);
    loop {
        let read =
            input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut part).context("the file cannot be read")?;
        next += u64::from(read > 0);
        if read == 0 || part.len() >= PART_BYTES {
            send(client, &part, first, &mut report)?;
            (first, part) = (next, Vec::new());
        }
        if read == 0 {
            return Ok(report);
        }
    }
}

/// Sends some lines, of which the first has this number in the file.
fn send(client: &Client, part: &[u8], first: u64, report: &mut Report) -> anyhow::Result<()> {
    if part.is_empty() {
        return Ok(());
    }
    let answer: Report = client.post_bytes("/api/v1/events/import", part)?;
    report.read += answer.read;
    report.accepted += answer.accepted;
    report.duplicate += answer.duplicate;
    report.rejected_count += answer.rejected_count;
    let room = REJECTED_LISTED.saturating_sub(report.rejected.len());
    let placed = answer.rejected.into_iter().take(room);
    report.rejected.extend(placed.map(|rejected| Rejected { line: rejected.line + first - 1, ..rejected }));
    Ok(())
}
