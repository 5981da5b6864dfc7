//! The tour page: which scene is playing, what to look at and where, and the customers' books, live.
//!
//! Invariant: every address begins with a key that only its page knows, because from here one may be signed in to the
//! console; without it everything answers 404.

mod play;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::IntervalStream;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::api::Api;
use crate::customers::books::{Books, Ledger, Second};
pub(crate) use play::Play;

const REFRESH: Duration = Duration::from_millis(500);
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The page, while it is served.
#[derive(Debug)]
pub(crate) struct Tour {
    url: String,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

#[derive(Debug, Clone)]
struct Shared {
    play: Arc<Play>,
    books: Arc<Books>,
    api: Api,
    stop: CancellationToken,
}

/// What the page is told, again and again.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    play: play::View,
    ledger: Ledger,
    seconds: Vec<Second>,
}

impl Tour {
    pub(crate) async fn open(listen: SocketAddr, play: Arc<Play>, books: Arc<Books>, api: Api) -> Result<Self, Error> {
        let listening = |source| Error::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let mut key = [0_u8; 16];
        getrandom::fill(&mut key)?;
        let key = hex::encode(key);
        let stop = CancellationToken::new();
        let router = router(&key, Shared { play, books, api, stop: stop.clone() });
        let serve = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::warn!(%error, "the tour page is no longer served");
            }
        });
        Ok(Self { url: format!("http://{address}/{key}/"), stop, serving })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Open pages are told no more; what does not end in time is cut.
    pub(crate) async fn close(mut self, within: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(within, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn router(key: &str, shared: Shared) -> Router {
    let file = |kind: &'static str, text: &'static str| get(move || async move { served(kind, text) });
    let pages = Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("tour/page.html")))
        .route("/tour.css", file("text/css; charset=utf-8", include_str!("tour/tour.css")))
        .route("/tour.js", file("text/javascript; charset=utf-8", include_str!("tour/tour.js")))
        .route("/chart.js", file("text/javascript; charset=utf-8", include_str!("tour/chart.js")))
        .route("/stream", get(stream))
        .route("/go", get(go))
        .with_state(shared);
    Router::new().nest(&format!("/{key}/"), pages)
}

fn served(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

async fn stream(State(shared): State<Shared>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stop = shared.stop.clone();
    let events = IntervalStream::new(tokio::time::interval(REFRESH))
        .filter_map(move |_| {
            let told =
                Told { play: shared.play.view(), ledger: shared.books.ledger(), seconds: shared.books.seconds() };
            std::future::ready(Event::default().json_data(told).ok().map(Ok))
        })
        .take_until(stop.cancelled_owned());
    Sse::new(events)
}

#[derive(Deserialize)]
struct Go {
    to: String,
}

/// To a page of the console, signed in.
async fn go(State(shared): State<Shared>, Query(Go { to }): Query<Go>) -> Response {
    if !to.starts_with("/console/") {
        return (axum::http::StatusCode::BAD_REQUEST, "only pages of the console are led to").into_response();
    }
    let page = shared.api.page(&to);
    let to = match shared.api.link().await {
        Ok(link) => link.split_once("?link=").map_or(page.clone(), |(_, link)| format!("{page}?link={link}")),
        Err(error) => {
            tracing::warn!(%error, "no sign-in link");
            page
        }
    };
    ([(header::REFERRER_POLICY, "no-referrer")], Redirect::to(&to)).into_response()
}
