//! Forgetting a person: gone from answers at once, then from every file.
//!
//! The wish is stored as person keys, so that the wish itself does not keep the id. Files of the log go when they have become
//! segments without the person; segments that have the person are written anew. Ids of events stay: they are random, and
//! keep a sender's late repetition out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answers::Deletion;
use super::identity::Trust;
use super::key::{ByPerson, PersonKey, PersonSet};
use super::maintain;
use super::state::{Shared, blocking};
use super::stored::{Content, PERSON, RECEIVED, Stored};
use super::{Error, store};
use crate::record::Record;

/// How long a caller waits for the files.
const WAITS: Duration = Duration::from_secs(10);

/// Ids of persons in a record.
pub(super) fn mentioned(record: &Record) -> impl Iterator<Item = &str> {
    let ids: [Option<&str>; 3] = match record {
        Record::Event(event) => [Some(&event.distinct_id), None, None],
        Record::Identity(identity) => [Some(&identity.from), Some(&identity.into), identity.witness.as_deref()],
        Record::Exposure(exposure) => [Some(&exposure.unit), exposure.witness.as_deref(), None],
        Record::Served(served) => [Some(&served.person), None, None],
        Record::Unlink(unlink) => [Some(&unlink.from), Some(&unlink.into), None],
        Record::Forget(forget) => [Some(&forget.person), None, None],
        Record::Rejected(_) => [None; 3],
    };
    ids.into_iter().flatten()
}

/// When a record was taken.
pub(super) fn instant(record: &Record) -> i64 {
    match record {
        Record::Event(event) => event.received_ms,
        Record::Identity(identity) => identity.at_ms,
        Record::Exposure(exposure) => exposure.at_ms,
        Record::Served(served) => served.at_ms,
        Record::Unlink(unlink) => unlink.at_ms,
        Record::Forget(forget) => forget.at_ms,
        Record::Rejected(rejected) => rejected.at_ms,
    }
}

/// Wishes a person forgotten, and waits a while for the files.
pub(super) async fn forget(shared: &Arc<Shared>, id: &str, by: &str) -> Result<Deletion, Error> {
    let keys = {
        let state = shared.read();
        let resolution = state.facts.identities.resolved(Trust::Everything);
        resolution.all(state.key().of(id))
    };
    let at_ms = shared.now_ms();
    store::forget(&shared.options.db, &keys, at_ms, by).await?;
    hide(shared, &keys, at_ms);
    shared.seal_imports().await?;
    let until = tokio::time::Instant::now() + WAITS;
    loop {
        shared.wake.notify_one();
        let done = keys.iter().all(|key| !shared.read().forgotten.contains_key(key));
        if done || tokio::time::Instant::now() > until {
            let ours = Arc::clone(shared);
            let files_left = if done { 0 } else { blocking(move || Ok(files_left(&ours))).await? };
            return Ok(Deletion { hidden: true, done, files_left });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Out of all answers.
fn hide(shared: &Shared, keys: &[u64], at_ms: i64) {
    let set: PersonSet = keys.iter().copied().collect();
    let mut state = shared.write();
    let person_key = state.key();
    // What was rejected may show the person in its excerpt.
    let ids: Vec<Arc<str>> = keys.iter().filter_map(|key| state.name_of(*key).cloned()).collect();
    state.facts.rejected.retain(|rejected| !ids.iter().any(|id| rejected.excerpt.contains(&**id)));
    state.facts.forget(&set);
    for part in &mut state.parts {
        part.forget(&set, at_ms);
        let others = std::mem::take(&mut part.others);
        let (kept, gone) = divide(others, &person_key, &keys.iter().map(|key| (*key, at_ms)).collect(), &ids);
        part.others = kept;
        part.forgotten.extend(gone);
    }
    for names in &mut state.names {
        Arc::make_mut(names).retain(|key, _| !set.contains(key));
    }
    state.forgotten.extend(keys.iter().map(|key| (*key, at_ms)));
    state.generation += 1;
    state.settle();
}

/// Records that stay, and the keys of those that do not.
fn divide(
    others: Vec<Bytes>,
    key: &PersonKey,
    forgotten: &ByPerson<i64>,
    ids: &[Arc<str>],
) -> (Vec<Bytes>, BTreeSet<u64>) {
    let mut gone = BTreeSet::new();
    let kept = others.into_iter().filter(|bytes| {
        let found: Vec<u64> = match Record::decode(bytes) {
            Ok(Record::Rejected(rejected)) => {
                let shows = |id: &&Arc<str>| rejected.excerpt.contains(&***id) || rejected.reason.contains(&***id);
                ids.iter().filter(shows).map(|id| key.of(id)).collect()
            }
            Ok(record) => {
                let is_gone = |key: &u64| forgotten.get(key).is_some_and(|until| instant(&record) <= *until);
                mentioned(&record).map(|id| key.of(id)).filter(is_gone).collect()
            }
            Err(_) => Vec::new(),
        };
        gone.extend(&found);
        found.is_empty()
    });
    (kept.collect(), gone)
}

/// Files that may still have somebody who is to be forgotten.
fn files_left(shared: &Shared) -> u64 {
    let state = shared.read();
    let parts = state.parts.iter().filter(|part| !part.forgotten.is_empty()).count();
    let has = |segment: &&Arc<Stored>| mentions(segment, &state.forgotten, &state.key()).unwrap_or(true);
    let segments = if state.forgotten.is_empty() { 0 } else { state.segments.iter().filter(has).count() };
    (parts + segments) as u64
}

/// Whether a segment has something of theirs.
fn mentions(segment: &Stored, forgotten: &ByPerson<i64>, key: &PersonKey) -> Result<bool, Error> {
    let all = 0..segment.events.rows();
    let (persons, received) = (segment.events.ints(PERSON, all.clone())?, segment.events.ints(RECEIVED, all)?);
    let is_gone = |(person, at): (&i64, &i64)| forgotten.get(&person.cast_unsigned()).is_some_and(|until| at <= until);
    if persons.iter().zip(&received).any(is_gone) {
        return Ok(true);
    }
    Ok(!divide(segment.others()?, key, forgotten, &[]).1.is_empty())
}

/// Writes segments anew without the persons to be forgotten. They are forgotten when no file has them any more.
pub(super) async fn finish(shared: &Arc<Shared>) -> Result<(), Error> {
    let (forgotten, segments, key) = {
        let state = shared.read();
        if state.forgotten.is_empty() {
            return Ok(());
        }
        (state.forgotten.clone(), state.segments.clone(), state.key())
    };
    for segment in segments {
        let (theirs, ours) = (forgotten.clone(), Arc::clone(&segment));
        let content = blocking(move || without(&ours, &theirs, &key)).await?;
        if let Some(content) = content {
            let new = maintain::write(shared, content, segment.row.level).await?;
            maintain::replace(shared, &[segment.row.id], Some(new)).await?;
        }
    }
    let done: Vec<u64> = {
        let state = shared.read();
        let in_log = |key: &u64| state.parts.iter().any(|part| part.forgotten.contains(key));
        forgotten.keys().copied().filter(|key| !in_log(key)).collect()
    };
    store::forgot(&shared.options.db, &done).await?;
    let mut state = shared.write();
    for key in done {
        if state.forgotten.get(&key) == forgotten.get(&key) {
            state.forgotten.remove(&key);
        }
    }
    state.generation += 1;
    Ok(())
}

/// The segment without them; `None` if it has nothing of theirs.
fn without(segment: &Stored, forgotten: &ByPerson<i64>, key: &PersonKey) -> Result<Option<Content>, Error> {
    if !mentions(segment, forgotten, key)? {
        return Ok(None);
    }
    let mut content = segment.content()?;
    let places = content.ints(PERSON).iter().zip(content.ints(RECEIVED));
    let stays: Vec<bool> =
        places.map(|(key, at)| forgotten.get(&key.cast_unsigned()).is_none_or(|until| at > until)).collect();
    content.sort(|i| stays[i]);
    content.others = divide(content.others, key, forgotten, &[]).0;
    Ok(Some(content))
}
