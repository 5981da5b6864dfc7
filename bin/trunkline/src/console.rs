//! The web console, embedded from `ui/dist`. Without it a plain page says how to build it.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Dist;

/// Only our own scripts, styles and data; nothing may frame the console.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>Trunkline</title><body><h1>The console is not in this binary</h1>\
<p>Build it and then the binary: <code>cd ui &amp;&amp; npm ci &amp;&amp; npm run build</code>, or use <code>cargo xtask up</code>, which does both.</p>\
<p>The command line works all the same: <code>trunkline deploy status</code></p></body></html>";

/// `/` leads to `/console/`; every page of the console is the same document.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .route("/console", get(|| async { Redirect::temporary("/console/") }))
        .route("/console/", get(|| async { document() }))
        .route("/console/{*path}", get(asset))
}

/// A script of posthog-js, for the product's own pages: `array.js` and what it loads. It asks for the latter below its own
/// version, `1.449.2/surveys.js`; there is one version here, so that any of them is answered with it.
pub(crate) fn script(name: &str) -> Option<Cow<'static, [u8]>> {
    let name = name.rsplit('/').next().unwrap_or(name);
    Dist::get(&format!("posthog/{name}")).map(|file| file.data)
}

async fn asset(Path(path): Path<String>) -> Response {
    match Dist::get(&path) {
        Some(file) => {
            let is_hashed = path.starts_with("assets/");
            let cache = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
            respond(file.data.into_owned(), file.metadata.mimetype(), cache)
        }
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => document(),
    }
}

fn document() -> Response {
    match Dist::get("index.html") {
        Some(file) => respond(file.data.into_owned(), "text/html; charset=utf-8", "no-cache"),
        None => respond(NOT_BUILT.as_bytes().to_vec(), "text/html; charset=utf-8", "no-store"),
    }
}

fn respond(bytes: Vec<u8>, kind: &str, cache: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Body::from(bytes)).into_response()
}
