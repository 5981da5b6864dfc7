//! One running edge: what it is made of, how it comes up and how it ends.
//!
//! Order of coming up: the admin socket first, whose name is the lock; then what earlier edges left, and the extension with
//! its snapshots; then both public addresses; then the admin socket answers. Order of ending: the public addresses, then the
//! extension, then (only when told to shut down) the instances, then the admin socket, so that the lock is free exactly when
//! everything else is.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Mutex;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::Admin;
use crate::extension::Extension;
use crate::key::EdgeKey;
use crate::limits::Limits;
use crate::model::{Counts, EdgeState, Routes};
use crate::options::Options;
use crate::own::Own;
use crate::proxy::Product;
use crate::routing::Table;
use crate::server::link::Links;
use crate::server::{Handle, Listener, Server};
use crate::snapshots::Snapshots;
use crate::state::Saved;
use crate::supervise::Supervisor;
use crate::system::System;
use crate::tally::Book;
use crate::upstream::{Upstream, Upstreams};
use crate::{Error, socket};

/// When every instance is about to end, requests have no longer than this.
const SHORT_FAREWELL: Duration = Duration::from_secs(3);
/// Idle connections are dropped and stopped instances forgotten this often.
const TIDY_EVERY: Duration = Duration::from_secs(1);

/// What the admin socket speaks to.
#[derive(Debug)]
pub(crate) struct Edge {
    boot: String,
    options: Options,
    pub(crate) limits: Limits,
    pub(crate) key: EdgeKey,
    pub(crate) supervisor: Supervisor,
    pub(crate) extension: Arc<dyn Extension>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) links: Doors<Arc<Links>>,
    table: Arc<ArcSwap<Table>>,
    upstreams: Arc<Upstreams>,
    book: Book,
    addresses: Doors<SocketAddr>,
    /// One new routing table at a time.
    routing: Mutex<()>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) rested: CancellationToken,
}

/// One of each public address.
#[derive(Debug, Clone)]
pub(crate) struct Doors<T> {
    pub(crate) system: T,
    pub(crate) product: T,
}

impl Edge {
    /// All it knows.
    pub(crate) async fn state(&self) -> EdgeState {
        let routes = self.table.load().routes.clone();
        EdgeState {
            boot: self.boot.clone(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            system_address: self.addresses.system,
            product_address: self.addresses.product,
            generation: routes.generation,
            routes: routes.services,
            instances: self.supervisor.instances().await,
            counts: self.book.counts(),
            snapshots: self.snapshots.all().into_iter().map(|(name, held)| (name, held.generation)).collect(),
        }
    }

    pub(crate) fn counts(&self) -> Vec<Counts> {
        self.book.counts()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.table.load().routes.generation
    }

    /// On disk and in force when it returns.
    pub(crate) async fn put_routes(&self, routes: Routes) -> Result<(), Error> {
        let _one_at_a_time = self.routing.lock().await;
        let present = self.table.load_full();
        if routes == present.routes {
            return Ok(());
        }
        if routes.generation <= present.routes.generation {
            return Err(Error::StaleGeneration { have: present.routes.generation });
        }
        let table = Table::build(routes, &self.upstreams, &self.book)?;
        let saved = Saved::new(self.addresses.system, self.addresses.product, table.routes.clone());
        let data = self.options.data.clone();
        let written = tokio::task::spawn_blocking(move || saved.write(&data)).await;
        written.unwrap_or_else(|e| Err(Error::Failed { why: format!("writing the routes: {e}") }))?;
        tracing::info!(generation = table.routes.generation, "new routes");
        self.table.store(Arc::new(table));
        Ok(())
    }

    async fn tidy(&self) {
        let mut due = interval(TIDY_EVERY);
        loop {
            due.tick().await;
            self.upstreams.reap();
            self.supervisor.tidy().await;
        }
    }
}

/// What makes the extension, once this edge is the only one of its data folder: what it opens there is its own.
pub trait Extend: FnOnce() -> Result<Arc<dyn Extension>, Box<dyn std::error::Error + Send + Sync>> {}

impl<F: FnOnce() -> Result<Arc<dyn Extension>, Box<dyn std::error::Error + Send + Sync>>> Extend for F {}

/// Serves a data folder with the limits of production. See [`serve_with`].
pub async fn serve(options: Options, extend: impl Extend) -> Result<(), Error> {
    serve_with(options, Limits::default(), extend).await
}

/// Serves a data folder until SIGTERM or SIGINT, which leave the instances running for the next edge, or until
/// [`crate::Client::shutdown`], which ends them. It is ready when its admin socket answers ([`crate::Client::state`]).
///
/// `extend` makes what the edge serves itself; it is called once, after no other edge can have this data folder.
pub async fn serve_with(options: Options, limits: Limits, extend: impl Extend) -> Result<(), Error> {
    let limits = limits.fit_to_machine();
    let signals = Signals::new().map_err(|e| Error::Failed { why: format!("cannot listen for signals: {e}") })?;
    refuse_plain_text(&options)?;
    let admin = lock(&options)?;
    let key = EdgeKey::of(&options.data)?;
    let last = Saved::read(&options.data)?;
    let listeners = listen(&options, last.as_ref()).await?;
    let addresses = Doors { system: address(&listeners.system)?, product: address(&listeners.product)? };
    let routes = last.as_ref().map(|saved| saved.routes.clone()).unwrap_or_default();
    let saved = Saved::new(addresses.system, addresses.product, routes.clone());
    // A full disk must not keep an edge down that has nothing new to write.
    if last.as_ref() != Some(&saved) {
        saved.write(&options.data)?;
    }
    let (upstreams, book) = (Arc::new(Upstreams::default()), Book::default());
    let table = Table::build(routes, &upstreams, &book)?;
    let supervisor = Supervisor::open(&options.data, key.clone(), options.launcher.clone(), upstreams.clone())?;
    let extension = extend().map_err(Error::Extension)?;
    let snapshots = Arc::new(Snapshots::open(&options.data, extension.clone())?);
    tracing::info!(system = %addresses.system, product = %addresses.product, "the edge serves");
    let edge = Arc::new(Edge {
        boot: kernel::id::fresh(),
        options,
        limits,
        key,
        supervisor,
        extension,
        snapshots,
        links: Doors { system: Links::new(), product: Links::new() },
        table: Arc::new(ArcSwap::from_pointee(table)),
        upstreams,
        book,
        addresses,
        routing: Mutex::default(),
        shutdown: CancellationToken::new(),
        rested: CancellationToken::new(),
    });
    run(&edge, listeners, admin, signals).await
}

async fn run(
    edge: &Arc<Edge>,
    listeners: Doors<TcpListener>,
    admin: UnixListener,
    mut signals: Signals,
) -> Result<(), Error> {
    let (public_end, admin_end) = (CancellationToken::new(), CancellationToken::new());
    let (public, private) = (TaskTracker::new(), TaskTracker::new());
    let own = Own::new(edge.extension.clone(), edge.limits.clone(), public_end.clone());
    let proxies = edge.options.behind_proxy.clone();
    let product = Product::new(edge.table.clone(), own.clone(), edge.key.clone(), edge.limits.clone(), proxies);
    let server = |door: Listener, links: Arc<Links>, end: &CancellationToken| {
        Server::new(door, edge.limits.clone(), edge.options.behind_proxy.clone(), links, end.clone())
    };
    let Doors { system: system_door, product: product_door } = listeners;
    let product_server = server(Listener::Tcp(product_door), edge.links.product.clone(), &public_end);
    let system_server = server(Listener::Tcp(system_door), edge.links.system.clone(), &public_end);
    let admin_server = server(Listener::Unix(admin), Links::new(), &admin_end);
    public.spawn(answer(product_server, product));
    public.spawn(answer(system_server, system(edge, own)?));
    private.spawn(answer(admin_server, Admin::new(edge.clone())));
    public.close();
    private.close();
    tokio::select! {
        () = signals.end() => {
            public_end.cancel();
            public.wait().await;
            edge.extension.close().await;
            edge.supervisor.leave().await;
        }
        () = edge.shutdown.cancelled() => {
            public_end.cancel();
            let _cut_off = timeout(SHORT_FAREWELL, public.wait()).await;
            edge.extension.close().await;
            edge.supervisor.rest().await;
            edge.rested.cancel();
        }
        () = edge.tidy() => {}
    }
    admin_end.cancel();
    private.wait().await;
    tracing::info!("the edge ends");
    Ok(())
}

async fn answer<H: Handle>(server: Server, handler: H) {
    server.run(Arc::new(handler)).await;
}

fn system(edge: &Edge, own: Own) -> Result<System, Error> {
    let data = &edge.options.data;
    let name =
        socket::control_plane(data).map_err(|source| Error::File { what: "find", path: data.clone(), source })?;
    let control_plane = Upstream::abstract_socket(name);
    Ok(System::new(control_plane, own, &edge.key, edge.limits.clone(), edge.options.behind_proxy.clone()))
}

fn refuse_plain_text(options: &Options) -> Result<(), Error> {
    let address = options.system_listen;
    let is_safe = address.ip().to_canonical().is_loopback() || !options.behind_proxy.is_empty();
    if is_safe { Ok(()) } else { Err(Error::PlainSystemAddress { address }) }
}

/// The admin socket: only one edge can have its name.
fn lock(options: &Options) -> Result<UnixListener, Error> {
    let data = &options.data;
    let name = socket::edge(data).map_err(|source| Error::File { what: "find", path: data.clone(), source })?;
    socket::bind(&name).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::AlreadyRunning { data: data.clone() },
        _ => Error::File { what: "lock", path: data.clone(), source },
    })
}

async fn listen(options: &Options, last: Option<&Saved>) -> Result<Doors<TcpListener>, Error> {
    let (system, product) = (last.map(|s| s.system_address), last.map(|s| s.product_address));
    Ok(Doors {
        system: bind("system", "--listen", options.system_listen, system).await?,
        product: bind("product", "--product-listen", options.product_listen, product).await?,
    })
}

/// Port 0 means the one of last time, if it was on the same interface and is still free.
async fn bind(
    what: &'static str,
    flag: &'static str,
    wanted: SocketAddr,
    last: Option<SocketAddr>,
) -> Result<TcpListener, Error> {
    if let Some(last) = last.filter(|last| wanted.port() == 0 && last.ip() == wanted.ip()) {
        match TcpListener::bind(last).await {
            Ok(listener) => return Ok(listener),
            Err(error) => tracing::warn!(%last, %error, "the {what} address of last time cannot be had"),
        }
    }
    TcpListener::bind(wanted).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::AddressInUse { what, address: wanted, flag },
        _ => Error::Listen { what, address: wanted, flag, source },
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|e| Error::Failed { why: format!("cannot tell an own address: {e}") })
}

/// SIGTERM and SIGINT end the edge. A terminal that closes does not.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    _hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// For the metrics: the addresses that are trusted are counted, not named.
impl Edge {
    pub(crate) fn proxies(&self) -> &[IpAddr] {
        &self.options.behind_proxy
    }
}
