//! Reads the logs as they grow: whatever is acknowledged is in answers moments later.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use columnar::wal::{Batch, Reader};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::part::Part;
use super::state::{LOGS, Shared, State, blocking};
use super::stored::Stored;
use crate::record::{Record, Unreadable};

/// How often the logs are looked at.
const EVERY: Duration = Duration::from_millis(20);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(1);
const READ_BYTES: usize = 4 << 20;

/// Until `shutdown`.
pub(super) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    loop {
        let ours = Arc::clone(&shared);
        let pause = match blocking(move || read_all(&ours)).await {
            Ok(()) => EVERY,
            Err(Error::Stopped(_)) => return,
            Err(error) => {
                tracing::error!(%error, "the event log cannot be read");
                AGAIN
            }
        };
        shared.loaded.send_if_modified(|loaded| !std::mem::replace(loaded, true));
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// All that is there now.
fn read_all(shared: &Shared) -> Result<(), Error> {
    for log in 0..LOGS.len() {
        let mut reader = Reader::open(&shared.log(log));
        loop {
            if shared.stops.has_stopped() {
                return Err(Error::Stopped("reading"));
            }
            let place = shared.read().places[log];
            let batch = reader.read(place, READ_BYTES)?;
            let is_last = batch.records.is_empty();
            take(shared, log, &batch)?;
            if is_last {
                break;
            }
        }
    }
    Ok(())
}

fn take(shared: &Shared, log: usize, batch: &Batch) -> Result<(), Error> {
    let (seen, mut state) = loop {
        let (generation, segments) = {
            let state = shared.read();
            (state.generation, state.segments.clone())
        };
        let seen = look(&batch.records, &segments)?;
        let state = shared.write();
        // What went from the tail into a segment meanwhile was looked for in neither.
        if state.generation == generation {
            break (seen, state);
        }
    };
    let is_next_file = state.places[log].file < batch.next.file;
    state.places[log] = batch.next;
    for damage in &batch.damaged {
        tracing::error!(?damage, log = LOGS[log], "a part of the event log is damaged; the file is kept aside");
        state.facts.unreadable += 1;
    }
    if !seen.is_empty() {
        let known = state.parts.iter().position(|part| (part.log, part.file) == (log, batch.next.file));
        let mut part = known.map_or_else(|| Part::new(log, batch.next.file), |at| state.parts.remove(at));
        for (bytes, record, is_double) in seen {
            match record {
                Ok(_) if is_double => {}
                Ok(record) => add(&mut state, &mut part, bytes, record),
                Err(unreadable) => {
                    tracing::warn!(error = %unreadable, "a record of the event log is kept aside");
                    state.facts.unreadable += 1;
                    part.others.push(bytes.clone());
                }
            }
        }
        state.parts.push(part);
    }
    state.settle();
    drop(state);
    if is_next_file {
        shared.wake.notify_one();
    }
    Ok(())
}

/// A record as it came, what it says, and whether a segment has it.
type Looked<'a> = (&'a Bytes, Result<Record, Unreadable>, bool);

fn look<'a>(records: &'a [Bytes], segments: &[Arc<Stored>]) -> Result<Vec<Looked<'a>>, Error> {
    let look = |bytes: &'a Bytes| {
        let record = Record::decode(bytes);
        let is_double = match &record {
            Ok(Record::Event(event)) => is_stored(segments, event.id.as_bytes())?,
            _ => false,
        };
        Ok((bytes, record, is_double))
    };
    records.iter().map(look).collect()
}

fn is_stored(segments: &[Arc<Stored>], id: &[u8; 16]) -> Result<bool, Error> {
    for segment in segments {
        if segment.ids.contains(id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn add(state: &mut State, part: &mut Part, bytes: &Bytes, record: Record) {
    let key = state.key();
    let (left, touched) = state.forgotten.left_of(record, &key);
    let is_as_it_came = touched.is_empty();
    part.forgotten.extend(touched);
    let Some(record) = left else { return };
    match record {
        Record::Event(event) => {
            if !state.tail_ids.insert(event.id.into_bytes()) {
                return;
            }
            let person = key.of(&event.distinct_id);
            state.changes.add(person);
            state.note_name(person, &event.distinct_id);
            if event.witness.as_ref() == Some(&event.distinct_id) {
                state.facts.witness(person);
            }
            part.add(&key, event, &state.forgotten);
        }
        other => {
            state.add_fact(&other);
            part.others.push(if is_as_it_came { bytes.clone() } else { other.encode() });
        }
    }
}
