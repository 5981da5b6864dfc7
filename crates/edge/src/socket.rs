//! Names of the two abstract sockets of a data folder, and the way on and off them.
//!
//! Abstract, because such a socket has no length limit on its data folder's path, vanishes with its process (so that it
//! is a lock that kill -9 releases) and is kept from sandboxed processes by landlock's scopes. It has no file mode, so
//! whoever accepts must ask [`peer_is_us`] and for the bearer key.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener as StdListener, UnixStream as StdStream};
use std::path::Path;

use sha2::{Digest, Sha256};
use tokio::net::{UnixListener, UnixStream};

/// The name of the edge's admin socket for this data folder, which must exist.
pub fn edge(data: &Path) -> io::Result<String> {
    name("trunkline-edge", data)
}

/// The name of the control plane's socket for this data folder, which must exist.
pub fn control_plane(data: &Path) -> io::Result<String> {
    name("trunkline-up", data)
}

fn name(prefix: &str, data: &Path) -> io::Result<String> {
    let canonical = data.canonicalize()?;
    let digest = Sha256::digest(canonical.as_os_str().as_encoded_bytes());
    Ok(format!("{prefix}-{}", &hex::encode(digest)[..16]))
}

/// Listens on an abstract name. [`io::ErrorKind::AddrInUse`] says that another process has it.
pub fn bind(name: &str) -> io::Result<UnixListener> {
    let listener = StdListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

/// Connects to an abstract name. Never blocks: a full backlog is [`io::ErrorKind::WouldBlock`].
pub fn connect(name: &str) -> io::Result<UnixStream> {
    let stream = connect_nonblocking(name)?;
    UnixStream::from_std(stream)
}

fn connect_nonblocking(name: &str) -> io::Result<StdStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new_abstract_name(name.as_bytes())?)?;
    Ok(StdStream::from(socket))
}

/// Whether the other end belongs to the user that we run as.
pub fn peer_is_us(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::getuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_folder_and_side() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(edge(a.path()).unwrap(), edge(b.path()).unwrap());
        assert_ne!(edge(a.path()).unwrap(), control_plane(a.path()).unwrap());
        assert_eq!(edge(a.path()).unwrap().len(), "trunkline-edge-".len() + 16);
    }

    #[tokio::test]
    async fn the_name_is_a_lock() {
        let name = format!("trunkline-test-{}", kernel::id::fresh());
        let held = bind(&name).unwrap();
        assert_eq!(bind(&name).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let stream = connect(&name).unwrap();
        assert!(peer_is_us(&stream));
        drop(held);
        assert!(bind(&name).is_ok());
    }
}
