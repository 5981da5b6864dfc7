//! What an edge is started with.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Where an edge serves, for whom, and how it starts instances.
#[derive(Debug, Clone)]
pub struct Options {
    /// The installation's data folder; must exist. One edge runs per folder.
    pub data: PathBuf,
    /// The private address. Not on loopback only with `behind_proxy`. Port 0: the one used last time, else any.
    pub system_listen: SocketAddr,
    /// The public address. Port 0: the one used last time, else any.
    pub product_listen: SocketAddr,
    /// Proxies that end TLS before us: what they say in `X-Forwarded-*` is believed.
    pub behind_proxy: Vec<IpAddr>,
    /// Starts `trunkline exec`.
    pub launcher: exec::Launcher,
}
