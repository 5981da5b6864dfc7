//! From the log to segments, and from many segments to few.
//!
//! Always in this order: the files of the new segment are written and synced; one transaction changes the list of live
//! segments and how much of the log is in them; memory follows; only then are files removed. Wherever it ends, the next
//! start finds either the old list with the old files or the new list with the new ones, and removes what is in no list.

use std::sync::Arc;
use std::time::Duration;

use columnar::wal::Reader;
use tokio_util::sync::CancellationToken;

use super::part::Part;
use super::retention::Oldest;
use super::state::{LOGS, Shared, blocking};
use super::store::{self, SegmentRow};
use super::stored::{self, Content, Stored, TIME, columns_of};
use super::{Error, forget};

/// Looked at without being woken, too.
const EVERY: Duration = Duration::from_millis(500);
/// So many segments of one level become one of the next.
const MERGED_AT_ONCE: usize = 4;
/// A segment does not grow beyond it: a merge takes some hundred bytes of memory a row.
const MERGED_ROWS_MAX: usize = 512 << 10;
/// A segment is written anew for what is too old in it when some of it is older by this.
const RETENTION_SLACK_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Until `shutdown`.
pub(super) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    loop {
        match work(&shared).await {
            Ok(()) => {}
            Err(Error::Stopped(_)) => return,
            Err(error) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "segments cannot be made");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = shared.wake.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

pub(super) async fn work(shared: &Arc<Shared>) -> Result<(), Error> {
    while convert(shared).await? {}
    forget::finish(shared).await?;
    while merge(shared).await? {}
    Ok(())
}

/// Turns the oldest part that is complete into a segment; whether there was one.
async fn convert(shared: &Arc<Shared>) -> Result<bool, Error> {
    for log in 0..LOGS.len() {
        let (file, content) = {
            let state = shared.read();
            let read_to = state.places[log].file;
            let complete = state.parts.iter().filter(|part| part.log == log && part.file < read_to);
            match complete.min_by_key(|part| part.file) {
                Some(part) => (part.file, content_of(part)),
                // Files without anything new in them.
                None if state.stored[log] + 1 < read_to => (read_to - 1, Content::default()),
                None => continue,
            }
        };
        store_part(shared, log, file, content).await?;
        return Ok(true);
    }
    Ok(false)
}

fn content_of(part: &Part) -> Content {
    let ids = part.rows.iter().map(|row| row.event.id.into_bytes()).collect();
    Content { columns: columns_of(&part.rows), ids, others: part.others.clone() }
}

async fn store_part(shared: &Arc<Shared>, log: usize, file: u64, content: Content) -> Result<(), Error> {
    let is_empty = content.ids.is_empty() && content.others.is_empty();
    let new = if is_empty { None } else { Some(write(shared, content, 0).await?) };
    shared.stops.step("the list of segments changes")?;
    let mut tx = shared.options.db.begin().await?;
    if let Some(new) = &new {
        store::add_segment(&mut tx, new.row).await?;
    }
    store::set_place(&mut tx, LOGS[log], file).await?;
    tx.commit().await?;
    shared.stops.step("memory follows")?;
    let gone = {
        let mut state = shared.write();
        let at = state.parts.iter().position(|part| part.log == log && part.file == file);
        let gone = at.map(|at| state.parts.remove(at));
        if new.is_some() {
            state.swap(&[], new);
        }
        for row in gone.iter().flat_map(|part| &part.rows) {
            state.tail_ids.remove(row.event.id.as_bytes());
        }
        state.stored[log] = file;
        gone
    };
    drop(gone);
    shared.stops.step("the log files are removed")?;
    let folder = shared.log(log);
    blocking(move || Ok(Reader::open(&folder).remove_to(file)?)).await
}

/// Writes a segment; it is not live yet.
pub(super) async fn write(shared: &Arc<Shared>, mut content: Content, level: u64) -> Result<Arc<Stored>, Error> {
    shared.stops.step("a segment is written")?;
    let shared = Arc::clone(shared);
    blocking(move || {
        let (folder, id) = (shared.segments(), shared.read().next_segment());
        content.sort(|_| true);
        let row = content.write(&folder, id, level)?;
        shared.stops.step("a segment is opened")?;
        Ok(Arc::new(Stored::open(&folder, row)?))
    })
    .await
}

/// Puts a segment in the place of others, durably; their files are gone afterwards.
pub(super) async fn replace(shared: &Arc<Shared>, gone: &[u64], new: Option<Arc<Stored>>) -> Result<(), Error> {
    shared.stops.step("segments are replaced")?;
    let mut tx = shared.options.db.begin().await?;
    for id in gone {
        store::remove_segment(&mut tx, *id).await?;
    }
    if let Some(new) = &new {
        store::add_segment(&mut tx, new.row).await?;
    }
    tx.commit().await?;
    shared.stops.step("memory follows a replacement")?;
    let id = new.as_ref().map(|new| new.row.id);
    shared.write().swap(gone, new);
    shared.cache().rename(gone, id);
    shared.stops.step("files of replaced segments are removed")?;
    let (folder, gone) = (shared.segments(), gone.to_vec());
    blocking(move || {
        gone.iter().try_for_each(|id| stored::remove(&folder, *id))?;
        Ok(columnar::segment::sync_folder(&folder)?)
    })
    .await
}

/// Merges some segments of one level, or takes old rows out of one; whether there was something to do.
async fn merge(shared: &Arc<Shared>) -> Result<bool, Error> {
    let oldest = shared.options.retention.oldest(shared.now_ms());
    let candidates: Vec<Candidate> = shared.read().segments.iter().map(|segment| Candidate::of(segment)).collect();
    let Some((ids, level)) = choose(&candidates, oldest) else { return Ok(false) };
    let ours = Arc::clone(shared);
    let chosen = ids.clone();
    let (content, is_whole) = blocking(move || {
        let segments: Vec<_> =
            ours.read().segments.iter().filter(|segment| chosen.contains(&segment.row.id)).cloned().collect();
        let mut all = Content::default();
        for segment in segments {
            all.append(segment.content()?);
        }
        let young: Vec<bool> = all.ints(TIME).iter().map(|time| *time >= oldest.event_ms).collect();
        all.sort(|i| young[i]);
        all.others.retain(|bytes| stored::rejected_at(bytes).is_none_or(|at_ms| at_ms >= oldest.rejection_ms));
        Ok((all, young.iter().all(|is_young| *is_young)))
    })
    .await?;
    let new = write(shared, content, level).await?;
    replace(shared, &ids, Some(new)).await?;
    if !is_whole {
        let mut state = shared.write();
        state.takeouts += 1;
        state.changes.add_everybody();
    }
    Ok(true)
}

/// What a segment is chosen by.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    row: SegmentRow,
    events: usize,
    oldest_rejection_ms: Option<i64>,
}

impl Candidate {
    fn of(segment: &Stored) -> Self {
        Self { row: segment.row, events: segment.events.rows(), oldest_rejection_ms: segment.oldest_rejection_ms }
    }

    fn is_outdated(&self, oldest: Oldest) -> bool {
        let has_events = self.events > 0 && self.row.min_ms < oldest.event_ms - RETENTION_SLACK_MS;
        has_events || self.oldest_rejection_ms.is_some_and(|at_ms| at_ms < oldest.rejection_ms - RETENTION_SLACK_MS)
    }
}

/// Which segments are merged, and the level of what comes out.
fn choose(candidates: &[Candidate], oldest: Oldest) -> Option<(Vec<u64>, u64)> {
    if let Some(one) = candidates.iter().find(|candidate| candidate.is_outdated(oldest)) {
        return Some((vec![one.row.id], one.row.level));
    }
    let mut levels: Vec<u64> = candidates.iter().map(|candidate| candidate.row.level).collect();
    levels.sort_unstable();
    levels.dedup();
    levels.into_iter().find_map(|level| {
        let mut of_level: Vec<_> = candidates.iter().filter(|candidate| candidate.row.level == level).collect();
        of_level.sort_by_key(|candidate| candidate.events);
        let chosen = of_level.get(..MERGED_AT_ONCE)?;
        let total: usize = chosen.iter().map(|candidate| candidate.events).sum();
        (total <= MERGED_ROWS_MAX).then(|| (chosen.iter().map(|candidate| candidate.row.id).collect(), level + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Oldest = Oldest { event_ms: 0, rejection_ms: 0 };

    fn candidate(id: u64, level: u64, events: usize) -> Candidate {
        Candidate { row: SegmentRow { id, level, min_ms: 0, max_ms: 0 }, events, oldest_rejection_ms: None }
    }

    #[test]
    fn four_of_a_level_become_one_of_the_next() {
        let some = [candidate(1, 1, 10), candidate(2, 0, 10), candidate(3, 0, 20), candidate(4, 0, 5)];
        assert_eq!(choose(&some, ALL), None);
        let some = [&some[..], &[candidate(5, 0, 1)]].concat();
        assert_eq!(choose(&some, ALL), Some((vec![5, 4, 2, 3], 1)));
    }

    #[test]
    fn what_would_be_too_large_stays() {
        let some: Vec<_> = (0..4).map(|id| candidate(id, 3, MERGED_ROWS_MAX / 3)).collect();
        assert_eq!(choose(&some, ALL), None);
    }

    #[test]
    fn old_rows_are_taken_out() {
        let some = [candidate(1, 2, 10)];
        let since = |event_ms| Oldest { event_ms, rejection_ms: 0 };
        assert_eq!(choose(&some, since(RETENTION_SLACK_MS + 1)), Some((vec![1], 2)));
        assert_eq!(choose(&some, since(RETENTION_SLACK_MS)), None);
    }

    #[test]
    fn old_rejections_are_taken_out_of_a_segment_without_events_too() {
        let some = [Candidate { oldest_rejection_ms: Some(0), ..candidate(1, 2, 0) }];
        let since = |rejection_ms| Oldest { event_ms: i64::MAX, rejection_ms };
        assert_eq!(choose(&some, since(RETENTION_SLACK_MS + 1)), Some((vec![1], 2)));
        assert_eq!(choose(&some, since(RETENTION_SLACK_MS)), None);
    }
}
