//! Plain nginx as reverse proxy, to measure beside: what it does well, and what a naive switch of its upstream breaks.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{program, until_within};

const UP_WITHIN: Duration = Duration::from_secs(20);

/// A running nginx. Dropped, it ends.
#[derive(Debug)]
pub struct Nginx {
    pub address: String,
    port: u16,
    folder: PathBuf,
    program: PathBuf,
    master: Child,
}

impl Nginx {
    /// In front of `127.0.0.1:upstream`; nothing if this machine has no nginx.
    pub fn start(folder: &Path, upstream: u16) -> Option<Self> {
        let program = program("nginx")?;
        fs::create_dir_all(folder).expect("the folder can be made");
        let port = free_port();
        fs::write(folder.join("nginx.conf"), configuration(port, upstream)).expect("the configuration can be written");
        let master = nginx(&program, folder).stdin(Stdio::null()).spawn().expect("nginx can be started");
        let address = format!("127.0.0.1:{port}");
        until_within("nginx listens", UP_WITHIN, || TcpStream::connect(&address).is_ok());
        Some(Self { address, port, folder: folder.to_owned(), program, master })
    }

    /// Switches to another upstream as people do: rewrite the configuration, reload.
    ///
    /// # Panics
    /// When the reload fails.
    pub fn switch(&self, upstream: u16) {
        fs::write(self.folder.join("nginx.conf"), configuration(self.port, upstream))
            .expect("the configuration can be written");
        let reload = nginx(&self.program, &self.folder).args(["-s", "reload"]).output().expect("nginx can be started");
        assert!(reload.status.success(), "nginx -s reload: {}", String::from_utf8_lossy(&reload.stderr));
    }

    /// The master and its workers.
    pub fn pids(&self) -> Vec<u32> {
        let master = self.master.id();
        let children = fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap_or_default();
        let workers = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        std::iter::once(master).chain(workers).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It ends its workers at once; should it be gone already, there is nothing to end.
        let _ = nginx(&self.program, &self.folder).args(["-s", "stop"]).output();
        let _ = self.master.wait();
    }
}

fn nginx(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"]);
    command
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

/// What guides on the web recommend for an application server with WebSockets, and connections kept to it.
fn configuration(port: u16, upstream: u16) -> String {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("  {what}_temp_path temporary;\n"))
        .concat();
    format!(
        "pid nginx.pid;\nworker_processes auto;\nevents {{ worker_connections 1024; }}\nhttp {{\n{temporary}  access_log off;\n  \
         map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}\n  \
         upstream product {{ server 127.0.0.1:{upstream}; keepalive 64; }}\n  \
         server {{\n    listen 127.0.0.1:{port};\n    keepalive_requests 1000000;\n    location / {{\n      proxy_pass http://product;\n      \
         proxy_http_version 1.1;\n      proxy_set_header host $host;\n      proxy_set_header upgrade $http_upgrade;\n      \
         proxy_set_header connection $connection_upgrade;\n      proxy_buffering off;\n    }}\n  }}\n}}\n"
    )
}
