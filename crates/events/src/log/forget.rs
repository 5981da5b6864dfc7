//! Forgetting a person: gone from answers at once, then from every file.
//!
//! The wish is stored as person keys, so that the wish itself does not keep the id. Files of the log go when they have become
//! segments without the person; segments that have the person are written anew. Ids of events stay: they are random, and
//! keep a sender's late repetition out. An event of somebody else that came with the person's cookie stays without that.

mod wishes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answers::Deletion;
use super::identity::Trust;
use super::key::{PersonKey, PersonSet};
use super::maintain;
use super::state::{Shared, blocking};
use super::stored::{Content, PERSON, RECEIVED, Stored, WITNESS};
use super::{Error, store};
use crate::record::Record;

pub(super) use wishes::Wishes;

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
    hide(shared, &keys, id, at_ms);
    shared.seal_imports().await?;
    let until = tokio::time::Instant::now() + WAITS;
    loop {
        shared.wake.notify_one();
        let done = keys.iter().all(|key| !shared.read().forgotten.has(*key));
        if done || tokio::time::Instant::now() > until {
            let ours = Arc::clone(shared);
            let files_left = if done { 0 } else { blocking(move || Ok(files_left(&ours))).await? };
            return Ok(Deletion { hidden: true, done, files_left });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Out of all answers. `id` is how the caller calls them; their other ids have names if anything came of them.
fn hide(shared: &Shared, keys: &[u64], id: &str, at_ms: i64) {
    let set: PersonSet = keys.iter().copied().collect();
    let mut state = shared.write();
    let person_key = state.key();
    let mut new = Wishes::default();
    for key in keys {
        let name = state.name_of(*key).cloned().or_else(|| (person_key.of(id) == *key).then(|| id.into()));
        new.add(*key, at_ms, name.clone());
        state.forgotten.add(*key, at_ms, name);
    }
    state.clean.clear();
    state.facts.rejected.retain(|rejected| new.against_text(rejected).next().is_none());
    state.facts.forget(&set);
    for part in &mut state.parts {
        part.forget(&new, &person_key);
        let (kept, gone) = divide(std::mem::take(&mut part.others), &person_key, &new);
        part.others = kept;
        part.forgotten.extend(gone);
    }
    for names in &mut state.names {
        Arc::make_mut(names).retain(|key, _| !set.contains(key));
    }
    state.generation += 1;
    state.takeouts += 1;
    state.settle();
    // What their cookies vouched for of others is gone too.
    state.changes.add_everybody();
}

/// What stays of records, and the keys of those who are in the rest.
fn divide(others: Vec<Bytes>, key: &PersonKey, wishes: &Wishes) -> (Vec<Bytes>, BTreeSet<u64>) {
    let mut gone = BTreeSet::new();
    let kept = others.into_iter().filter_map(|bytes| {
        let Ok(record) = Record::decode(&bytes) else { return Some(bytes) };
        let (left, touched) = wishes.left_of(record, key);
        gone.extend(&touched);
        if touched.is_empty() { Some(bytes) } else { left.map(|record| record.encode()) }
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
fn mentions(segment: &Stored, wishes: &Wishes, key: &PersonKey) -> Result<bool, Error> {
    let all = 0..segment.events.rows();
    let (persons, received) = (segment.events.ints(PERSON, all.clone())?, segment.events.ints(RECEIVED, all.clone())?);
    let witnesses = segment.events.texts(WITNESS, all)?;
    let is_gone = |i: usize| {
        wishes.cover(persons[i].cast_unsigned(), received[i])
            || (!witnesses[i].is_empty() && wishes.cover(key.of(witnesses[i].as_str()), received[i]))
    };
    if (0..persons.len()).any(is_gone) {
        return Ok(true);
    }
    Ok(!divide(segment.others()?, key, wishes).1.is_empty())
}

/// Writes segments anew without the persons to be forgotten. They are forgotten when no file has them any more.
pub(super) async fn finish(shared: &Arc<Shared>) -> Result<(), Error> {
    let (forgotten, segments, key) = {
        let state = shared.read();
        if state.forgotten.is_empty() {
            return Ok(());
        }
        let unclear = state.segments.iter().filter(|segment| !state.clean.contains(&segment.row.id));
        (state.forgotten.clone(), unclear.cloned().collect::<Vec<_>>(), state.key())
    };
    for segment in segments {
        let (theirs, ours) = (forgotten.clone(), Arc::clone(&segment));
        let Some(content) = blocking(move || without(&ours, &theirs, &key)).await? else {
            let mut state = shared.write();
            if state.forgotten == forgotten {
                state.clean.insert(segment.row.id);
            }
            continue;
        };
        let new = maintain::write(shared, content, segment.row.level).await?;
        maintain::replace(shared, &[segment.row.id], Some(new)).await?;
        // Rows of others are there without their cookies.
        shared.write().takeouts += 1;
    }
    let done: Vec<u64> = {
        let state = shared.read();
        let in_log = |key: &u64| state.parts.iter().any(|part| part.forgotten.contains(key));
        forgotten.keys().filter(|key| !in_log(key)).collect()
    };
    store::forgot(&shared.options.db, &done).await?;
    let mut state = shared.write();
    for key in done {
        state.forgotten.end(key, &forgotten);
    }
    Ok(())
}

/// The segment without them; `None` if it has nothing of theirs.
fn without(segment: &Stored, wishes: &Wishes, key: &PersonKey) -> Result<Option<Content>, Error> {
    if !mentions(segment, wishes, key)? {
        return Ok(None);
    }
    let mut content = segment.content()?;
    content.forget_witnesses(|witness, at| {
        let witness = key.of(witness);
        wishes.cover(witness, at).then_some(witness)
    });
    let places = content.ints(PERSON).iter().zip(content.ints(RECEIVED));
    let stays: Vec<bool> = places.map(|(key, at)| !wishes.cover(key.cast_unsigned(), *at)).collect();
    content.sort(|i| stays[i]);
    content.others = divide(content.others, key, wishes).0;
    Ok(Some(content))
}
