//! Where requests go: one slot per instance, with its condition, its pool and what it is serving.
//!
//! Invariant: a request enters an instance by counting itself first and reading the condition second; whoever drains sets
//! the condition first and reads the count second. So no request slips into an instance that is seen as empty.

pub(crate) mod pool;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use pool::{Pool, Target};

/// Whether an instance may get requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Condition {
    /// Unknown, ended for good, or draining.
    Closed = 0,
    /// About to come (back): worth waiting for.
    Coming = 1,
    /// Runs but is not well: only if there is nothing better.
    Unwell = 2,
    Healthy = 3,
}

impl Condition {
    const fn of(code: u8) -> Self {
        match code {
            1 => Self::Coming,
            2 => Self::Unwell,
            3 => Self::Healthy,
            _ => Self::Closed,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Upstream {
    id: String,
    condition: AtomicU8,
    pool: ArcSwapOption<Pool>,
    in_flight: AtomicU64,
    emptied: Notify,
    /// Rung when a connection was refused: the supervisor should look.
    pub(crate) trouble: Notify,
}

/// Why a request may not enter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    Full,
}

impl Upstream {
    fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            condition: AtomicU8::new(Condition::Closed as u8),
            pool: ArcSwapOption::empty(),
            in_flight: AtomicU64::new(0),
            emptied: Notify::new(),
            trouble: Notify::new(),
        }
    }

    /// The control plane's socket: always worth a try, since only connecting tells whether it is there.
    pub(crate) fn abstract_socket(name: String) -> Arc<Self> {
        let upstream = Self::new(&name);
        upstream.set_condition(Condition::Healthy);
        upstream.replace_pool(Some(Arc::new(Pool::new(Target::Abstract(name)))));
        Arc::new(upstream)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn condition(&self) -> Condition {
        Condition::of(self.condition.load(SeqCst))
    }

    pub(crate) fn set_condition(&self, condition: Condition) {
        self.condition.store(condition as u8, SeqCst);
    }

    /// A new process listens at `address`: connections to an older one are of no use.
    pub(crate) fn set_address(&self, address: SocketAddr) {
        if self.address() != Some(address) {
            self.replace_pool(Some(Arc::new(Pool::new(Target::Tcp(address)))));
        }
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.pool.load().as_ref().and_then(|pool| pool.address())
    }

    /// No new requests from now on; idle connections are closed, so that a server waiting for them can end.
    pub(crate) fn close(&self) {
        self.set_condition(Condition::Closed);
        self.replace_pool(None);
    }

    fn replace_pool(&self, pool: Option<Arc<Pool>>) {
        if let Some(old) = self.pool.swap(pool) {
            old.close();
        }
    }

    pub(crate) fn reap(&self) {
        if let Some(pool) = self.pool.load().as_ref() {
            pool.reap();
        }
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(SeqCst)
    }

    /// Returns when nothing is in flight. Only means something once the condition is [`Condition::Closed`].
    pub(crate) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.in_flight() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// Enters with at most `most` others.
    pub(crate) fn enter(self: &Arc<Self>, most: u64) -> Result<InFlight, Refused> {
        let others = self.in_flight.fetch_add(1, SeqCst);
        let inside = InFlight(self.clone());
        if others >= most {
            return Err(Refused::Full);
        }
        match self.condition() {
            Condition::Healthy | Condition::Unwell => Ok(inside),
            Condition::Closed | Condition::Coming => Err(Refused::Closed),
        }
    }
}

/// A request, stream or upgraded connection inside an instance; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Upstream>);

impl InFlight {
    pub(crate) fn upstream(&self) -> &Arc<Upstream> {
        &self.0
    }

    /// The way to the instance; none if it was closed in this very moment.
    pub(crate) fn pool(&self) -> Option<Arc<Pool>> {
        self.0.pool.load_full()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, SeqCst) == 1 {
            self.0.emptied.notify_waiters();
        }
    }
}

/// All slots, by the instance's id. A route may name an instance before it is started.
#[derive(Debug, Default)]
pub(crate) struct Upstreams(Mutex<HashMap<String, Arc<Upstream>>>);

impl Upstreams {
    pub(crate) fn slot(&self, id: &str) -> Arc<Upstream> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(id.to_owned()).or_insert_with(|| Arc::new(Upstream::new(id))).clone()
    }

    /// Closes pooled connections that nobody used for a while, and forgets slots that nobody holds.
    pub(crate) fn reap(&self) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| {
            slot.reap();
            Arc::strong_count(slot) > 1
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn draining_waits_for_everyone_inside_and_lets_nobody_in() {
        let slot = Upstreams::default().slot("shop-1-1");
        assert_eq!(slot.enter(9).unwrap_err(), Refused::Closed);
        slot.set_condition(Condition::Healthy);
        let inside = slot.enter(1).unwrap();
        assert_eq!(slot.enter(1).unwrap_err(), Refused::Full);
        slot.close();
        assert_eq!(slot.enter(9).unwrap_err(), Refused::Closed);
        let waiting = tokio::spawn({
            let slot = slot.clone();
            async move { slot.empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(inside);
        waiting.await.unwrap();
    }
}
