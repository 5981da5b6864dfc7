//! One open connection: how busy it is, and when it must go.
//!
//! All of a listener's connections are looked at together, now and then: no request sets a timer or takes a lock for it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use crate::body::{BoxError, ResponseBody};
use crate::limits::Limits;

/// Between two looks at all connections.
const LOOK_MIN: Duration = Duration::from_millis(20);
const LOOK_MAX: Duration = Duration::from_millis(500);

/// All open connections of one listener.
#[derive(Debug)]
pub(crate) struct Links {
    born: Instant,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    links: HashMap<u64, Weak<Link>>,
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
    /// A [`Word`].
    told: AtomicU8,
    /// The connection's own.
    task: AtomicWaker,
}

/// What a connection is told. It never takes a word back for a smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Word {
    /// Go on.
    Keep,
    /// Say goodbye, then close: it was idle for too long, makes room, or the edge ends.
    Close,
    /// End at once: a head that does not come to its end, or a goodbye that nobody hears.
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
            told: AtomicU8::new(Word::Keep as u8),
            task: AtomicWaker::new(),
        });
        open.links.insert(link.id, Arc::downgrade(&link));
        if let Some(peer) = link.peer_ip() {
            *open.peers.entry(peer).or_default() += 1;
        }
        link
    }

    /// Tells the `count` connections that have been idle longest to close, of one peer or of all; returns how many.
    pub(crate) fn evict(&self, count: usize, of: Option<IpAddr>) -> usize {
        let is_meant = |link: &Arc<Link>| of.is_none_or(|peer| link.peer_ip() == Some(peer));
        let mut idle: Vec<_> = self
            .all()
            .into_iter()
            .filter(|link| is_meant(link) && link.is_idle() && link.told() == Word::Keep)
            .map(|link| (link.idle_since.load(Ordering::Relaxed), link.id, link))
            .collect();
        idle.sort_unstable_by_key(|(since, id, _)| (*since, *id));
        idle.truncate(count);
        for (_, _, link) in &idle {
            link.tell(Word::Close);
        }
        idle.len()
    }

    /// Ends what is over its limits, for ever.
    pub(crate) async fn watch(&self, limits: &Limits) -> Infallible {
        let pause = (limits.head / 16).clamp(LOOK_MIN, LOOK_MAX);
        loop {
            tokio::time::sleep(pause).await;
            let now = Instant::now();
            for link in self.all() {
                link.tell(link.due(limits, now));
            }
        }
    }

    pub(crate) fn tell_all(&self, word: Word) {
        for link in self.all() {
            link.tell(word);
        }
    }

    fn all(&self) -> Vec<Arc<Link>> {
        self.lock().links.values().filter_map(Weak::upgrade).collect()
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

    /// For the connection's task, each time that it is polled: it is woken when there is more to hear.
    pub(crate) fn hear(&self, cx: &Context<'_>) -> Word {
        self.task.register(cx.waker());
        self.told()
    }

    fn tell(&self, word: Word) {
        if self.told.fetch_max(word as u8, Ordering::AcqRel) < word as u8 {
            self.task.wake();
        }
    }

    fn told(&self) -> Word {
        match self.told.load(Ordering::Acquire) {
            0 => Word::Keep,
            1 => Word::Close,
            _ => Word::Cut,
        }
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

    /// What its limits have for it.
    fn due(&self, limits: &Limits, now: Instant) -> Word {
        if !self.is_idle() {
            return Word::Keep;
        }
        let head = self.head_since.load(Ordering::Relaxed);
        if head != 0 {
            return if now >= self.links.at(head) + limits.head { Word::Cut } else { Word::Keep };
        }
        let idle = self.links.at(self.idle_since.load(Ordering::Relaxed));
        match self.told() {
            Word::Keep if now >= idle + limits.idle => Word::Close,
            Word::Close if now >= idle + limits.head => Word::Cut,
            _ => Word::Keep,
        }
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
        assert_eq!([&busy, &old, &young].map(|link| link.told()), [Word::Keep, Word::Close, Word::Keep]);
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
        assert_eq!(dribbling.due(&limits, Instant::now()), Word::Cut);
        assert_eq!(idle.due(&limits, Instant::now()), Word::Keep);
        tokio::time::advance(limits.idle).await;
        assert_eq!(idle.due(&limits, Instant::now()), Word::Close);
        let request = idle.begin(http::Version::HTTP_11);
        assert_eq!(idle.due(&limits, Instant::now()), Word::Keep);
        drop(request);
        assert_eq!(idle.due(&limits, Instant::now()), Word::Keep);
    }
}
