//! Recorded histories: a change that was acknowledged is seen by every later evaluation, and nobody sees an older revision
//! after a newer one, over restarts of either side.
//!
//! The checker knows one order: that of a counter which every step takes a number from when it begins and when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use flags::Stage;
use storage::Db;

use crate::support::{Edge, ONE, by, clock, context, flags, post, push, shares};

const WRITES: u64 = 40;
const ATTEMPTS_MAX: u64 = 100 * WRITES;
const WRITERS: u64 = 3;
const READERS: usize = 4;

/// A write that was acknowledged, or a read: the revision, and when it began and ended.
#[derive(Debug, Clone, Copy)]
struct Step {
    began: u64,
    ended: u64,
    revision: u64,
}

/// What is wrong with a history, if anything is: whoever begins after something ended sees at least as much.
fn check(writes: &[Step], readers: &[Vec<Step>]) -> Result<(), String> {
    let mut reads: Vec<Step> = readers.iter().flatten().copied().collect();
    let mut known: Vec<Step> = reads.iter().chain(writes).copied().collect();
    reads.sort_unstable_by_key(|step| step.began);
    known.sort_unstable_by_key(|step| step.ended);
    let mut known = known.into_iter().peekable();
    let mut newest: Option<Step> = None;
    for read in reads {
        while let Some(step) = known.next_if(|step| step.ended < read.began) {
            newest = newest.filter(|newest| newest.revision >= step.revision).or(Some(step));
        }
        if let Some(newest) = newest.filter(|newest| newest.revision > read.revision) {
            return Err(format!("{read:?} began after {newest:?} had ended, and sees less"));
        }
    }
    Ok(())
}

/// One number for each beginning and end.
#[derive(Debug, Default)]
struct Order(AtomicU64);

impl Order {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

async fn read(edge: &Edge) -> u64 {
    let (_, answer) = post(&edge.router(), "/ofrep/v1/evaluate/flags", "server", context("ann")).await;
    answer["metadata"]["version"].as_str().unwrap().parse().unwrap()
}

async fn write(db: Db, edge: Arc<Edge>, order: Arc<Order>, writer: u64) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    // As many as are acknowledged: on a busy machine the edge is away for longer.
    for n in 0..ATTEMPTS_MAX {
        if steps.len() as u64 == WRITES {
            break;
        }
        // A control plane of its own each time: nothing but the store is left of the one before.
        let flags = flags(&db, &edge).await;
        let began = order.next();
        let share = f64::from(u32::try_from((n * WRITERS + writer) % 100).unwrap()) / 100.0;
        if let Ok(written) = flags.ramp("new-checkout", &shares(share), &by()).await {
            steps.push(Step { began, ended: order.next(), revision: written.revision });
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    steps
}

/// Writers, readers and somebody who kills the edge; `lies` is the known-bad edge that acknowledges before it has anything.
async fn history(lies: bool) -> Result<(), String> {
    let test = storage::testing::sqlite().await;
    let edge = Edge::new(&clock());
    push(&flags(&test.db, &edge).await, "c1", ONE, Stage::Live).await;
    edge.lies.store(lies, Ordering::SeqCst);
    let (order, over) = (Arc::new(Order::default()), Arc::new(AtomicBool::new(false)));
    let writers = (0..WRITERS)
        .map(|writer| tokio::spawn(write(test.db.clone(), Arc::clone(&edge), Arc::clone(&order), writer)))
        .collect::<Vec<_>>();
    let readers = (0..READERS)
        .map(|_| {
            let (edge, order, over) = (Arc::clone(&edge), Arc::clone(&order), Arc::clone(&over));
            tokio::spawn(async move {
                let mut steps = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    let began = order.next();
                    let revision = read(&edge).await;
                    steps.push(Step { began, ended: order.next(), revision });
                    tokio::task::yield_now().await;
                }
                steps
            })
        })
        .collect::<Vec<_>>();
    let killer = tokio::spawn({
        let (edge, over) = (Arc::clone(&edge), Arc::clone(&over));
        async move {
            while !over.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(7)).await;
                edge.away.store(true, Ordering::SeqCst);
                edge.restart();
                tokio::time::sleep(Duration::from_millis(2)).await;
                edge.away.store(false, Ordering::SeqCst);
            }
        }
    });
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    over.store(true, Ordering::SeqCst);
    killer.await.unwrap();
    let mut reads = Vec::new();
    for reader in readers {
        reads.push(reader.await.unwrap());
    }
    assert!(acknowledged.len() as u64 > WRITES, "only {} writes were acknowledged", acknowledged.len());
    assert!(reads.iter().map(Vec::len).sum::<usize>() > 100, "hardly anybody read");
    check(&acknowledged, &reads)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_is_seen_by_all_later_evaluations() {
    assert_eq!(history(false).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edge_that_acknowledges_too_early_is_caught() {
    let caught = history(true).await;
    assert!(caught.is_err(), "the checker cannot fail");
}

#[test]
fn the_checker_knows_both_mistakes() {
    let step = |began, ended, revision| Step { began, ended, revision };
    assert!(check(&[step(0, 1, 5)], &[vec![step(2, 3, 4)]]).is_err(), "an acknowledged write is missed");
    assert!(check(&[], &[vec![step(0, 1, 5), step(2, 3, 4)]]).is_err(), "a reader goes back");
    assert!(check(&[step(0, 3, 5)], &[vec![step(1, 2, 4), step(4, 5, 5)]]).is_ok());
}
