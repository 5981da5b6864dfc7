//! One open connection: how busy it is, and when it must go.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::body::{BoxError, ResponseBody};
use crate::limits::Limits;

/// All open connections of one listener.
#[derive(Debug)]
pub(crate) struct Links {
    born: Instant,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    links: HashMap<u64, std::sync::Weak<Link>>,
    peers: HashMap<IpAddr, usize>,
    next: u64,
}

#[derive(Debug)]
pub(crate) struct Link {
    id: u64,
    peer: Option<SocketAddr>,
    links: Arc<Links>,
    in_flight: AtomicU32,
    /// Since when there is no request, in milliseconds of [`Links::born`].
    idle_since: AtomicU64,
    /// When the first byte of a head that is not complete yet came; 0 for none.
    head_since: AtomicU64,
    /// The first request said that it is HTTP/2: bytes are frames then, not heads.
    frames: AtomicBool,
    evicted: CancellationToken,
}

/// What a look at the clock says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    /// Idle for too long: say goodbye, then close.
    Close,
    /// A head that does not end.
    Cut,
}

impl Links {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { born: Instant::now(), open: Mutex::default() })
    }

    pub(crate) fn open(&self) -> usize {
        self.lock().links.len()
    }

    pub(crate) fn open_of(&self, peer: IpAddr) -> usize {
        self.lock().peers.get(&peer).copied().unwrap_or(0)
    }

    pub(crate) fn join(self: &Arc<Self>, peer: Option<SocketAddr>) -> Arc<Link> {
        let now = self.millis(Instant::now());
        let mut open = self.lock();
        open.next += 1;
        let link = Arc::new(Link {
            id: open.next,
            peer,
            links: self.clone(),
            in_flight: AtomicU32::new(0),
            idle_since: AtomicU64::new(now),
            head_since: AtomicU64::new(0),
            frames: AtomicBool::new(false),
            evicted: CancellationToken::new(),
        });
        open.links.insert(link.id, Arc::downgrade(&link));
        if let Some(peer) = link.peer_ip() {
            *open.peers.entry(peer).or_default() += 1;
        }
        link
    }

    /// Tells the `count` connections that have been idle longest to close, of one peer or of all; returns how many.
    pub(crate) fn evict(&self, count: usize, of: Option<IpAddr>) -> usize {
        let links: Vec<_> = self.lock().links.values().filter_map(std::sync::Weak::upgrade).collect();
        let is_meant = |link: &Arc<Link>| of.is_none_or(|peer| link.peer_ip() == Some(peer));
        let mut idle: Vec<_> = links
            .into_iter()
            .filter(|link| is_meant(link) && link.is_idle() && !link.evicted.is_cancelled())
            .map(|link| (link.idle_since.load(Ordering::Relaxed), link.id, link))
            .collect();
        idle.sort_unstable_by_key(|(since, id, _)| (*since, *id));
        idle.truncate(count);
        for (_, _, link) in &idle {
            link.evicted.cancel();
        }
        idle.len()
    }

    /// Never 0, which stands for "none".
    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.born).as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// The reverse of [`Self::millis`].
    fn at(&self, millis: u64) -> Instant {
        self.born + Duration::from_millis(millis.saturating_sub(1))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn peer_ip(&self) -> Option<IpAddr> {
        self.peer.map(|peer| peer.ip().to_canonical())
    }

    fn is_idle(&self) -> bool {
        self.in_flight.load(Ordering::SeqCst) == 0
    }

    pub(crate) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// A request begins; it ends when the returned guard and its clones are gone.
    pub(crate) fn begin(self: &Arc<Self>, version: http::Version) -> Busy {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        self.head_since.store(0, Ordering::Relaxed);
        if version == http::Version::HTTP_2 {
            self.frames.store(true, Ordering::Relaxed);
        }
        Busy(self.clone())
    }

    /// Bytes came in.
    pub(crate) fn has_read(&self) {
        if self.is_idle() && !self.frames.load(Ordering::Relaxed) && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.links.millis(Instant::now()), Ordering::Relaxed);
        }
    }

    /// When to ask for a [`Self::verdict`] again. A head may begin at any time, so never later than half its limit.
    pub(crate) fn next_check(&self, limits: &Limits) -> Instant {
        let soon = Instant::now() + limits.head / 2;
        let head = match self.head_since.load(Ordering::Relaxed) {
            0 => soon,
            since => self.links.at(since) + limits.head,
        };
        let idle = self.links.at(self.idle_since.load(Ordering::Relaxed)) + limits.idle;
        let due = head.min(idle).min(soon);
        // Busy or overdue (closing): come back, but do not spin.
        due.max(Instant::now() + Duration::from_millis(20))
    }

    pub(crate) fn verdict(&self, limits: &Limits, now: Instant, closing: bool) -> Verdict {
        if !self.is_idle() {
            return Verdict::Keep;
        }
        let head = self.head_since.load(Ordering::Relaxed);
        if head != 0 && now >= self.links.at(head) + limits.head {
            return Verdict::Cut;
        }
        let idle = self.links.at(self.idle_since.load(Ordering::Relaxed));
        if now >= idle + limits.idle || (closing && head == 0 && now >= idle + limits.head) {
            return Verdict::Close;
        }
        Verdict::Keep
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut open = self.links.lock();
        open.links.remove(&self.id);
        let Some(peer) = self.peer_ip() else { return };
        if let Some(count) = open.peers.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                open.peers.remove(&peer);
            }
        }
    }
}

/// A request, its response or an upgraded stream keeps the connection busy.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Link>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.links.millis(Instant::now()), Ordering::Relaxed);
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A response's body that keeps its connection busy until its end.
#[derive(Debug)]
pub(crate) struct TrackedBody {
    body: ResponseBody,
    _busy: Busy,
}

impl TrackedBody {
    pub(crate) fn new(body: ResponseBody, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_makes_room_and_the_busy_stays() {
        let links = Links::new();
        let (busy, old) = (links.join(Some(peer(1))), links.join(Some(peer(2))));
        let _request = busy.begin(http::Version::HTTP_11);
        tokio::time::advance(Duration::from_secs(1)).await;
        let young = links.join(Some(peer(3)));
        assert_eq!(links.evict(1, None), 1);
        assert!(old.evicted.is_cancelled() && !busy.evicted.is_cancelled() && !young.evicted.is_cancelled());
        assert_eq!(links.evict(5, Some("10.0.0.1".parse().unwrap())), 0);
        drop((busy, old));
        assert_eq!(links.open_of("127.0.0.1".parse().unwrap()), 2, "a request outlives the connection's task");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_is_cut_and_an_idle_connection_closed() {
        let (limits, links) = (Limits::default(), Links::new());
        let (dribbling, idle) = (links.join(Some(peer(1))), links.join(Some(peer(2))));
        dribbling.has_read();
        tokio::time::advance(limits.head).await;
        assert_eq!(dribbling.verdict(&limits, Instant::now(), false), Verdict::Cut);
        assert_eq!(idle.verdict(&limits, Instant::now(), false), Verdict::Keep);
        tokio::time::advance(limits.idle).await;
        assert_eq!(idle.verdict(&limits, Instant::now(), false), Verdict::Close);
        let request = idle.begin(http::Version::HTTP_11);
        assert_eq!(idle.verdict(&limits, Instant::now(), false), Verdict::Keep);
        drop(request);
        assert_eq!(idle.verdict(&limits, Instant::now(), false), Verdict::Keep);
    }
}
