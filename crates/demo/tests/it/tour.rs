//! The tour page and what it may be asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use demo::{Canary, ControlPlane, Demo, Infrastructure, Options, Treatment, Trunk};

#[derive(Debug)]
struct NoControlPlane;

impl ControlPlane for NoControlPlane {
    fn crash(&self) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(std::future::ready(Err("there is none".into())))
    }
}

/// What is answered to a path: status line, headers and the beginning of the body.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = vec![0; 16 << 10];
    let mut length = 0;
    while let Ok(read @ 1..) = stream.read(&mut answer[length..]) {
        length += read;
        if answer[..length].windows(8).any(|bytes| bytes == b"\"scenes\"") {
            break;
        }
    }
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_there_for_who_knows_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        seed: 7,
        server_url: "http://127.0.0.1:9".into(),
        product_url: "http://127.0.0.1:9".into(),
        token: "none".into(),
        trunk: Trunk::prepare(&folder.path().join("trunk"), Infrastructure::Declared).await.unwrap(),
        canary: Canary::Broken,
        treatment: Treatment::Better,
        until: None,
        control_plane: Arc::new(NoControlPlane),
        tour_listen: "127.0.0.1:0".parse().unwrap(),
    };
    let demo = Demo::open(options, Arc::new(|_| ())).await.unwrap();
    let (address, key) = demo.tour_url().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (address, page) = (address.to_owned(), format!("/{key}"));
    tokio::task::spawn_blocking(move || {
        assert!(get(&address, &page).contains("<title>Trunkline demo</title>"));
        assert!(get(&address, &format!("{page}tour.css")).contains("--accent"));
        assert!(get(&address, &format!("{page}stream")).contains("\"seed\":7"));
        assert!(get(&address, &format!("{page}go?to=//elsewhere")).starts_with("HTTP/1.1 400"));
        let led = get(&address, &format!("{page}go?to=/console/changes/abc"));
        assert!(led.contains("location: http://127.0.0.1:9/console/changes/abc\r\n"), "{led}");
        for path in ["/", "/stream", "/go?to=/console/", "/0000/"] {
            assert!(get(&address, path).starts_with("HTTP/1.1 404"), "{path}");
        }
    })
    .await
    .unwrap();
    demo.close().await;
}
