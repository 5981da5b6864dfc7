//! What durable capture costs beside its floor: the same HTTP server that only reads the body and appends the same bytes to a
//! file with one fsync a group. `cargo run --release -p events --example bench_ingest [SECONDS]`
//!
//! Both take batches of 100 events over kept connections from clients in this process, one after the other, in turns.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use access::{Bearer, Role, Tokens};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use columnar::wal::{Options, Writer};
use events::{Capture, CaptureOptions, Limits};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

const TOKEN: &str = "tl_server_bench";
const BATCH: usize = 100;
const CLIENTS: usize = 32;
const TURNS: u32 = 3;

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it prints its figures")]
async fn main() -> Result<(), Failed> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    let folder = std::env::temp_dir().join(format!("trunkline-bench-{}", std::process::id()));
    let capture = serve(capture(&folder.join("capture"))?.router()).await?;
    let floor = serve(floor(&folder.join("floor"))?).await?;
    let body = batch();
    println!("{} bytes in a batch of {BATCH}, {CLIENTS} clients, {TURNS} turns of {seconds} s", body.len());
    let (mut of_floor, mut of_capture) = (0.0, 0.0);
    for _ in 0..TURNS {
        of_floor += load(floor, "/floor", &body, seconds).await?;
        of_capture += load(capture, "/batch/", &body, seconds).await?;
    }
    println!("floor   {:>9.0} events/s", of_floor / f64::from(TURNS));
    println!(
        "capture {:>9.0} events/s, {:.0} % of the floor",
        of_capture / f64::from(TURNS),
        100.0 * of_capture / of_floor
    );
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn log(folder: &std::path::Path) -> Result<Writer, Failed> {
    let options = Options {
        folder: folder.to_owned(),
        seal_bytes: 256 << 20,
        seal_after: Duration::from_hours(1),
        queue_bytes: 64 << 20,
    };
    Ok(Writer::open(options)?)
}

fn capture(folder: &std::path::Path) -> Result<Capture, Failed> {
    let bearer = Bearer { id: "bench".into(), role: Role::Server, deployment: None };
    Ok(Capture::new(CaptureOptions {
        log: log(folder)?,
        clock: Arc::new(kernel::SystemClock),
        tokens: Tokens::of([(TOKEN, bearer)]),
        limits: Limits::default(),
        static_files: None,
    }))
}

/// Reads the body and makes it durable as it is.
fn floor(folder: &std::path::Path) -> Result<Router, Failed> {
    async fn keep(State(log): State<Writer>, body: Bytes) -> Result<&'static str, String> {
        log.append(vec![body]).await.map_err(|error| error.to_string())?;
        Ok("{}")
    }
    Ok(Router::new().route("/floor", post(keep)).with_state(log(folder)?))
}

async fn serve(router: Router) -> Result<SocketAddr, Failed> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Events a second.
async fn load(address: SocketAddr, path: &str, body: &Bytes, seconds: u64) -> Result<f64, Failed> {
    let taken = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let (uri, body, taken) = (format!("http://{address}{path}"), body.clone(), Arc::clone(&taken));
        clients.spawn(async move {
            while Instant::now() < end {
                let request = http::Request::post(&uri).body(Full::new(body.clone()))?;
                let response = client.request(request).await?;
                let status = response.status();
                response.into_body().collect().await?;
                if !status.is_success() {
                    return Err(format!("answered {status}").into());
                }
                taken.fetch_add(BATCH as u64, Relaxed);
            }
            Ok::<(), Failed>(())
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of events of some seconds")]
    let taken = taken.load(Relaxed) as f64;
    Ok(taken / begun.elapsed().as_secs_f64())
}

/// Events as posthog-js sends them, of about 650 bytes.
fn batch() -> Bytes {
    let event = |n: usize| {
        serde_json::json!({
            "uuid": format!("0192f7a0-0000-7000-8000-{n:012x}"), "event": "product viewed", "distinct_id": format!("visitor-{}", n % 17),
            "timestamp": "2026-11-24T10:00:00.000Z",
            "properties": {
                "$os": "Linux", "$browser": "Chrome", "$device_type": "Desktop", "$current_url": format!("https://shop.example/product/{n}"),
                "$host": "shop.example", "$pathname": format!("/product/{n}"), "$browser_version": 140, "$browser_language": "en-GB",
                "$screen_height": 1080, "$screen_width": 1920, "$viewport_height": 900, "$viewport_width": 1600, "$lib": "web",
                "$lib_version": "1.449.2", "$referrer": "https://search.example/", "$session_id": "01a20e8a-b0cc-7e55-acad-f87a570bc960",
                "category": "shoes", "price": 79.5, "colour": "teal", "size": n % 48
            }
        })
    };
    let events: Vec<_> = (0..BATCH).map(event).collect();
    serde_json::json!({ "api_key": TOKEN, "batch": events }).to_string().into()
}
