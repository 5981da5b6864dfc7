//! `/static/*`: the parts that posthog-js loads later, from wherever the composition has them.

use std::borrow::Cow;
use std::path::PathBuf;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

/// Where the files of `/static/` come from.
#[derive(Debug, Clone)]
pub enum StaticFiles {
    Folder(PathBuf),
    /// Finds a file by its name below `/static/`, for example `array.js`.
    Embedded(fn(&str) -> Option<Cow<'static, [u8]>>),
}

const FILE_BYTES_MAX: u64 = 8 << 20;
const NAME_CHARS_MAX: usize = 200;

impl StaticFiles {
    pub(super) async fn answer(&self, name: &str, headers: &HeaderMap) -> Response {
        let Some(bytes) = self.find(name).await else { return StatusCode::NOT_FOUND.into_response() };
        let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12]));
        let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
        let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
        let own = response.headers_mut();
        own.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        own.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
        own.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            own.insert(header::ETAG, tag);
        }
        response
    }

    async fn find(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        if !is_plain(name) {
            return None;
        }
        match self {
            Self::Embedded(find) => find(name),
            Self::Folder(folder) => {
                let path = folder.join(name);
                let metadata = tokio::fs::metadata(&path).await.ok()?;
                if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
                    return None;
                }
                tokio::fs::read(&path).await.ok().map(Cow::Owned)
            }
        }
    }
}

/// A name that cannot lead out of the folder.
fn is_plain(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX
        && name.split('/').all(|part| {
            !part.starts_with('.')
                && !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["array.js", "1.449.2/recorder.js", "surveys-preview.js.map"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "../admin.token", "a/../b", "/etc/passwd", ".env", "a//b", "a\\b", "%2e%2e", "a\0"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
