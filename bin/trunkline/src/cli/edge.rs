//! `trunkline edge`: the front door, started by `up` and outliving it.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use ::edge::Extension;
use anyhow::Context as _;
use clap::Args;
use kernel::Problem;

use super::options::Common;
use super::runtime::runtime;
use crate::out;
use crate::plane::Plane;

#[derive(Debug, Clone, Args)]
pub(super) struct EdgeArgs {
    #[arg(long)]
    listen: String,
    #[arg(long)]
    product_listen: String,
    #[arg(long)]
    behind_proxy: Vec<IpAddr>,
}

/// Serves until it is told to end.
pub(super) fn serve(args: EdgeArgs, common: &Common) -> anyhow::Result<()> {
    out::log("info");
    let data = common.data.clone().context("give --data")?;
    let folder = data.clone();
    // Opened when no other edge can have this data folder.
    let plane = move || -> Result<Arc<dyn Extension>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Arc::new(Plane::open(&folder)?))
    };
    let options = ::edge::Options {
        data,
        system_listen: address(&args.listen, "--listen")?,
        product_listen: address(&args.product_listen, "--product-listen")?,
        behind_proxy: args.behind_proxy,
        launcher: exec::Launcher::current(),
    };
    runtime()?.block_on(::edge::serve(options, plane)).map_err(told)
}

/// What the person who started it can change is told so.
fn told(error: ::edge::Error) -> anyhow::Error {
    let ::edge::Error::AddressInUse { what, address, flag } = error else { return error.into() };
    Problem::conflict(format!("the {what} address {address} is in use by another program"))
        .hint(format!("stop that program, or choose another address with {flag} HOST:PORT; port 0 takes a free one"))
        .into()
}

fn address(text: &str, flag: &str) -> anyhow::Result<SocketAddr> {
    let wrong = || {
        Problem::invalid(format!("{flag} {text}: this is not HOST:PORT"))
            .hint("for example 127.0.0.1:7300; port 0 takes a free one")
    };
    Ok(text.to_socket_addrs().map_err(|_| wrong())?.next().ok_or_else(wrong)?)
}
