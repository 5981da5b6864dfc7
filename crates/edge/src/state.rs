//! `edge/state.json`: what a restarted edge needs to answer as before, at once and without the control plane.
//!
//! Read by later releases: fields are only added, with defaults. A newer `format` than ours is refused rather than guessed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Routes;
use crate::{Error, disk};

const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Saved {
    format: u32,
    pub(crate) system_address: SocketAddr,
    pub(crate) product_address: SocketAddr,
    pub(crate) routes: Routes,
}

impl Saved {
    pub(crate) fn new(system_address: SocketAddr, product_address: SocketAddr, routes: Routes) -> Self {
        Self { format: FORMAT, system_address, product_address, routes }
    }

    fn path(data: &Path) -> PathBuf {
        data.join("edge").join("state.json")
    }

    pub(crate) fn read(data: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(data);
        let Some(bytes) = disk::read(&path)? else { return Ok(None) };
        let damaged = |why: String| Error::Damaged { path: path.clone(), why };
        let saved: Self = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
        if saved.format > FORMAT {
            return Err(damaged(format!("written by a newer release (format {})", saved.format)));
        }
        Ok(Some(saved))
    }

    /// Durable when it returns.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Error> {
        let bytes = serde_json::to_vec(self).expect("our own types have string keys and no failing serialisers");
        disk::replace(&Self::path(data), &[&bytes])
    }
}
