//! The way to a running Trunkline: which server, which token, and its answers.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use kernel::{Kind, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::options::Common;
use super::runtime::runtime;
use crate::up;

const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// One server with a token for it.
#[derive(Debug)]
pub(super) struct Client {
    pub is_json: bool,
    pub is_quiet: bool,
    url: String,
    token: String,
    agent: ureq::Agent,
}

impl Client {
    /// `--server` and `--token`, else those of the data folder.
    pub(super) fn find(common: &Common) -> anyhow::Result<Self> {
        let (url, token) = match (&common.server, &common.token) {
            (Some(url), Some(token)) => (url.clone(), token.clone()),
            (server, token) => {
                let data = data_folder(common)?;
                let url = server.clone().map_or_else(|| server_of(&data), Ok)?;
                let token = token.clone().map_or_else(|| token_of(&data), Ok)?;
                (url, token)
            }
        };
        let config =
            ureq::Agent::config_builder().timeout_global(Some(ANSWERS_WITHIN)).http_status_as_error(false).build();
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self {
            is_json: common.json,
            is_quiet: common.quiet,
            url,
            token: token.trim().to_owned(),
            agent: config.into(),
        })
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.agent.get(self.address(path)).header("authorization", self.bearer()).call();
        self.read(answer)
    }

    /// An answer that is plain text.
    pub(super) fn text(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.agent.get(self.address(path)).header("authorization", self.bearer()).call();
        Ok(String::from_utf8_lossy(&self.bytes(answer)?).into_owned())
    }

    /// A part of a log from a byte on, and where the next part begins; `None` at its end.
    pub(super) fn log_from(&self, path: &str, from: u64) -> anyhow::Result<(String, Option<u64>)> {
        let call =
            self.agent.get(self.address(&format!("{path}?from={from}"))).header("authorization", self.bearer()).call();
        let number = |name: &str| call.as_ref().ok()?.headers().get(name)?.to_str().ok()?.parse::<u64>().ok();
        let (next, length) = (number("x-log-next"), number("x-log-bytes"));
        let next = next.filter(|next| *next > from && length.is_some_and(|length| *next < length));
        Ok((String::from_utf8_lossy(&self.bytes(call)?).into_owned(), next))
    }

    /// An answer that comes bit by bit, without a time limit for the whole.
    pub(super) fn follow(&self, path: &str) -> anyhow::Result<impl std::io::Read + use<>> {
        let call = self.agent.get(self.address(path)).header("authorization", self.bearer());
        let answer = call.config().timeout_global(None).build().call().map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            self.bytes(Ok(answer))?;
            anyhow::bail!("the answer cannot be followed");
        }
        Ok(answer.into_body().into_reader())
    }

    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let answer = self.agent.post(self.address(path)).header("authorization", self.bearer()).send_json(body);
        self.read(answer)
    }

    /// Sends bytes as they are.
    pub(super) fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> anyhow::Result<T> {
        let call = self.agent.post(self.address(path)).header("authorization", self.bearer());
        self.read(call.header("content-type", "application/x-ndjson").send(body))
    }

    pub(super) fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let answer = self.agent.put(self.address(path)).header("authorization", self.bearer()).send_json(body);
        self.read(answer)
    }

    pub(super) fn delete<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.agent.delete(self.address(path)).header("authorization", self.bearer()).call();
        self.read(answer)
    }

    /// The address of a page of the console.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}/console{path}", self.url)
    }

    /// Ends a read with the address of its page.
    pub(super) fn tell_page(&self, path: &str) {
        crate::out::line(self.page(path));
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn unreachable(&self, error: &ureq::Error) -> Problem {
        Problem::unavailable(format!("Trunkline cannot be reached at {}: {error}", self.url))
            .hint("`trunkline up` starts it; `--server` says where it is")
    }

    /// An empty answer is `null`.
    fn read<T: DeserializeOwned>(&self, answer: Result<http::Response<ureq::Body>, ureq::Error>) -> anyhow::Result<T> {
        let bytes = self.bytes(answer)?;
        let bytes = if bytes.is_empty() { b"null".as_slice() } else { &bytes };
        serde_json::from_slice(bytes).context("the answer is not understood: is the server of another version?")
    }

    fn bytes(&self, answer: Result<http::Response<ureq::Body>, ureq::Error>) -> anyhow::Result<Vec<u8>> {
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let mut bytes = Vec::new();
        answer
            .into_body()
            .into_reader()
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut bytes)
            .context("the answer broke off")?;
        if status.is_success() { Ok(bytes) } else { Err(refused(status.as_u16(), &bytes).into()) }
    }
}

/// The problem in an answer.
fn refused(status: u16, bytes: &[u8]) -> Problem {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| body.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    Problem {
        kind: kind_of(status),
        message: text("detail").unwrap_or_else(|| format!("the server answered {status}")),
        file: text("file"),
        line: number("line"),
        column: number("column"),
        hint: text("hint"),
    }
}

fn kind_of(status: u16) -> Kind {
    match status {
        401 => Kind::Unauthenticated,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        409 => Kind::Conflict,
        413 => Kind::TooLarge,
        429 => Kind::TooManyRequests,
        400..=499 => Kind::InvalidInput,
        502..=504 => Kind::Unavailable,
        _ => Kind::Internal,
    }
}

/// `--data`, else the folder of the product whose `trunkline.yaml` we stand under.
pub(super) fn data_folder(common: &Common) -> anyhow::Result<PathBuf> {
    if let Some(data) = &common.data {
        return Ok(std::path::absolute(data)?);
    }
    let here = std::env::current_dir()?;
    let file = here.ancestors().map(|folder| folder.join(delivery::config::FILE)).find(|file| file.is_file());
    let Some(file) = file else {
        return Err(Problem::invalid(
            "there is no trunkline.yaml here or above, so it is not clear which product is meant",
        )
        .hint("give --data DIR, or --server URL and --token TOKEN")
        .into());
    };
    let text = std::fs::read_to_string(&file)?;
    let product = delivery::config::parse(&text, delivery::config::FILE).map_err(|problem| *problem)?;
    up::default_data(&product.product)
}

fn server_of(data: &Path) -> anyhow::Result<String> {
    let not_there = || {
        Problem::unavailable(format!("Trunkline does not run for {}", data.display())).hint("`trunkline up` starts it")
    };
    if !data.exists() {
        return Err(not_there().into());
    }
    let edge = ::edge::Client::connect(data)?;
    let state = runtime()?.block_on(edge.state()).map_err(|_| not_there())?;
    Ok(format!("http://{}", state.system_address))
}

fn token_of(data: &Path) -> anyhow::Result<String> {
    let path = data.join("admin.token");
    std::fs::read_to_string(&path).map_err(|error| {
        let problem = Problem::new(Kind::Unauthenticated, format!("cannot read {}: {error}", path.display()));
        problem.hint("give --token TOKEN").into()
    })
}

/// A part of a path.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    out
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16").to_ascii_uppercase()
}
