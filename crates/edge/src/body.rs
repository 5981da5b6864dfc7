//! Bodies on their way through: frame by frame, never collected, watched for stalls.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use crate::extension::BodyError;
use crate::own::OwnBody;
use crate::tally::Charge;
use crate::upstream::InFlight;
use crate::upstream::pool::{Pool, Sender};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection that is not ready for the next request this long after its response ended is dropped.
const SETTLE: Duration = Duration::from_secs(5);

/// Ends a wait for the next frame that takes too long.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { limit, timer: None }
    }

    pub(crate) fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        timer.as_mut().poll(cx).is_ready()
    }

    pub(crate) fn reset(&mut self) {
        self.timer = None;
    }
}

/// A client's whole body, if it is not larger than `bytes_max` and goes on every `stall`.
pub(crate) async fn whole(mut body: Incoming, bytes_max: usize, stall: Duration) -> Result<Bytes, BodyError> {
    let mut patience = Patience::new(stall);
    let mut parts: Option<BytesMut> = None;
    let mut first = Bytes::new();
    while !body.is_end_stream() {
        let frame = poll_fn(|cx| match Pin::new(&mut body).poll_frame(cx) {
            Poll::Pending if patience.is_over(cx) => Poll::Ready(Err(BodyError::Stalled)),
            poll => poll.map(|frame| frame.transpose().map_err(BodyError::from)),
        });
        let Some(frame) = frame.await? else { break };
        patience.reset();
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + parts.as_ref().map_or(0, BytesMut::len) + data.len() > bytes_max {
            return Err(BodyError::TooLarge(bytes_max));
        }
        match &mut parts {
            Some(parts) => parts.extend_from_slice(&data),
            // Nearly all come in one piece.
            None if first.is_empty() => first = data,
            None => {
                let mut both = BytesMut::from(std::mem::take(&mut first));
                both.extend_from_slice(&data);
                parts = Some(both);
            }
        }
    }
    Ok(parts.map_or(first, BytesMut::freeze))
}

/// How an upload goes, seen from the request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Upload {
    born: Instant,
    moved: AtomicU64,
    state: AtomicU8,
}

/// Whose fault a broken upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadEnd {
    /// Not broken.
    None,
    /// The client sent nothing for too long.
    Stalled,
    /// The client left or broke the protocol.
    Broken,
}

impl Upload {
    fn new() -> Arc<Self> {
        Arc::new(Self { born: Instant::now(), moved: AtomicU64::new(0), state: AtomicU8::new(0) })
    }

    /// When the last part went to the instance.
    pub(crate) fn last_moved(&self) -> Instant {
        self.born + Duration::from_millis(self.moved.load(Relaxed))
    }

    pub(crate) fn end(&self) -> UploadEnd {
        match self.state.load(Relaxed) {
            1 => UploadEnd::Stalled,
            2 => UploadEnd::Broken,
            _ => UploadEnd::None,
        }
    }

    fn has_moved(&self) {
        self.moved.store(u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    fn ends(&self, end: UploadEnd) {
        self.state.store(end as u8, Relaxed);
    }
}

/// A client's body on its way to an instance.
#[derive(Debug)]
pub(crate) struct RequestBody {
    body: Option<Incoming>,
    upload: Arc<Upload>,
    patience: Patience,
}

impl RequestBody {
    pub(crate) fn new(body: Option<Incoming>, stall: Duration) -> Self {
        Self { body, upload: Upload::new(), patience: Patience::new(stall) }
    }

    pub(crate) fn upload(&self) -> Arc<Upload> {
        self.upload.clone()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(cx) {
            Poll::Pending if this.patience.is_over(cx) => {
                this.upload.ends(UploadEnd::Stalled);
                Poll::Ready(Some(Err("the client stopped sending".into())))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Err(error))) => {
                this.upload.ends(UploadEnd::Broken);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(frame) => {
                this.patience.reset();
                this.upload.has_moved();
                Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// What goes to the client.
#[derive(Debug)]
pub(crate) enum ResponseBody {
    /// Our own words.
    Full(Bytes),
    /// An instance's.
    Stream(Box<Download>),
    /// The extension's.
    Own(Box<OwnBody>),
}

impl ResponseBody {
    pub(crate) const fn empty() -> Self {
        Self::Full(Bytes::new())
    }
}

/// An instance's body on its way to the client. Holds the request's place in the instance until its end.
#[derive(Debug)]
pub(crate) struct Download {
    body: Incoming,
    patience: Option<Patience>,
    way: Way,
}

/// What a response holds until it has been passed on.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) connection: Option<(Sender, Arc<Pool>)>,
    pub(crate) inside: Option<InFlight>,
    pub(crate) charge: Option<Charge>,
}

impl Way {
    /// The response is complete: its connection may carry the next one.
    fn done(&mut self) {
        if let Some((sender, pool)) = self.connection.take() {
            keep(sender, pool);
        }
        self.inside = None;
        self.charge = None;
    }

    fn broken(&mut self) {
        if let Some(charge) = &mut self.charge {
            charge.failed();
        }
        self.connection = None;
    }
}

fn keep(mut sender: Sender, pool: Arc<Pool>) {
    if sender.is_ready() {
        return pool.put(sender);
    }
    let settle = async move {
        if let Ok(Ok(())) = tokio::time::timeout(SETTLE, sender.ready()).await {
            pool.put(sender);
        }
    };
    // At the runtime's end there is nobody to keep a connection for.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(settle);
    }
}

impl Download {
    /// `stall`: how long the instance may pause.
    pub(crate) fn new(body: Incoming, stall: Option<Duration>, way: Way) -> Self {
        Self { body, patience: stall.map(Patience::new), way }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let poll = Pin::new(&mut self.body).poll_frame(cx);
        if poll.is_pending() && self.patience.as_mut().is_some_and(|patience| patience.is_over(cx)) {
            self.way.broken();
            return Poll::Ready(Some(Err("the instance stopped in the middle of its response".into())));
        }
        if let Some(patience) = self.patience.as_mut().filter(|_| poll.is_ready()) {
            patience.reset();
        }
        match ready!(poll) {
            None => {
                self.way.done();
                Poll::Ready(None)
            }
            Some(Err(error)) => {
                self.way.broken();
                Poll::Ready(Some(Err(error.into())))
            }
            Some(Ok(frame)) => Poll::Ready(Some(Ok(frame))),
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // A server that knows the length does not ask for the end.
        if self.body.is_end_stream() {
            self.way.done();
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(download) => download.poll(cx),
            Self::Own(own) => own.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_empty(),
            Self::Stream(download) => download.body.is_end_stream(),
            Self::Own(own) => own.inner().is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(download) => download.body.size_hint(),
            Self::Own(own) => own.inner().size_hint(),
        }
    }
}
