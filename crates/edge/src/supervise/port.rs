//! Loopback ports for instances.
//!
//! Chosen below the kernel's usual range for outgoing connections, so that no such connection takes a port between one
//! process of an instance and its next.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

use crate::Error;

const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// Which port belongs to which instance of ours, whether or not it listens already.
#[derive(Debug, Default)]
pub(crate) struct Ports(Mutex<HashMap<u16, String>>);

impl Ports {
    /// A port that nobody listens on and no other instance has: `wish` if possible.
    pub(crate) fn take(&self, id: &str, wish: u16) -> Result<u16, Error> {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|e| Error::Failed { why: format!("no randomness: {e}") })?;
        let start = u16::from_ne_bytes(random) % COUNT;
        let mut taken = self.lock();
        let all = (0..COUNT).map(|n| FIRST + (start + n) % COUNT);
        let wish = (wish != 0).then_some(wish);
        let is_ours = |port: &u16| taken.get(port).is_none_or(|owner| owner == id);
        let port = wish.into_iter().chain(all).filter(is_ours).find(|port| is_free(*port));
        let port = port.ok_or_else(|| Error::Failed { why: format!("no port from {FIRST} on is free") })?;
        taken.retain(|_, owner| owner != id);
        taken.insert(port, id.to_owned());
        Ok(port)
    }

    /// An instance that runs has this port and no other.
    pub(crate) fn keep(&self, id: &str, port: u16) {
        let mut taken = self.lock();
        taken.retain(|_, owner| owner != id);
        taken.insert(port, id.to_owned());
    }

    pub(crate) fn release(&self, id: &str) {
        self.lock().retain(|_, owner| owner != id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u16, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The `PORT` that a process was started with, if it can still be read.
pub(crate) fn of_process(pid: u32) -> Option<u16> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let port = environment.split(|byte| *byte == 0).find_map(|variable| variable.strip_prefix(b"PORT="))?;
    std::str::from_utf8(port).ok()?.parse().ok()
}

fn is_free(port: u16) -> bool {
    let is_taken = |bound: io::Result<TcpListener>| bound.is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse);
    // A machine without IPv6 answers that the address is not available, which is fine.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && !is_taken(TcpListener::bind((Ipv6Addr::LOCALHOST, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_again_but_never_one_that_is_taken() {
        let ports = Ports::default();
        let first = ports.take("a", 0).unwrap();
        assert_eq!(ports.take("a", first).unwrap(), first);
        assert_ne!(ports.take("b", first).unwrap(), first, "it belongs to an instance that does not listen yet");
        ports.release("a");
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert_ne!(ports.take("a", first).unwrap(), first, "somebody listens there");
        drop(other);
    }
}
