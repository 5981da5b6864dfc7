//! Fetching advisories on a schedule, from a mirror of OSV's exports: `<url>/<ecosystem>/all.zip`.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::Problem;
use tokio_util::sync::CancellationToken;

use crate::facade::{By, Document, FeedOf, Import, Part, Security};
use crate::model::Ecosystem;
use crate::store::advisory;
use crate::{Error, offline};

/// An archive may take so long, and have so many bytes.
const FETCHED_WITHIN: Duration = Duration::from_mins(10);
const ARCHIVE_BYTES_MAX: u64 = 2 << 30;
/// Documents of one transaction.
const PART_BYTES: usize = 4 << 20;

/// Where advisories come from, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Without a slash at its end, for example `https://osv-vulnerabilities.storage.googleapis.com`.
    pub url: String,
    /// As OSV calls them.
    pub ecosystems: Vec<String>,
    pub every: Duration,
}

impl Mirror {
    /// The address of an ecosystem's archive, by which its import is known.
    pub fn source(&self, ecosystem: &str) -> String {
        format!("{}/{ecosystem}/all.zip", self.url)
    }
}

/// Refreshes until `shutdown`; what fails is told in the status and tried again.
pub(crate) async fn refresh_always(security: Security, mirror: Mirror, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        for ecosystem in &mirror.ecosystems {
            let refreshed = tokio::select! {
                () = shutdown.cancelled() => return,
                refreshed = security.refresh(&mirror, ecosystem) => refreshed,
            };
            if let Err(error) = refreshed {
                tracing::error!(
                    ecosystem,
                    error = Problem::from(error).message,
                    "what became of a refresh could not be written down"
                );
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(mirror.every) => {}
        }
    }
}

/// What a mirror answered.
enum Fetched {
    Same,
    New { etag: Option<String> },
}

impl Security {
    /// Fetches an ecosystem's archive and takes it in, unless it is the one that was taken last. What fails is told in the status,
    /// and what is known stays; an error is one of the control store.
    pub async fn refresh(&self, mirror: &Mirror, ecosystem: &str) -> Result<(), Error> {
        let source = mirror.source(ecosystem);
        match self.fetch_and_take(&source, ecosystem).await {
            Ok(()) => Ok(()),
            Err(error @ Error::Storage(_)) => Err(error),
            Err(error) => {
                let why = Problem::from(error).message;
                tracing::warn!(source, why, "advisories could not be refreshed; what is known stays");
                self.refreshed(&source, Some(why)).await
            }
        }
    }

    async fn fetch_and_take(&self, source: &str, ecosystem: &str) -> Result<(), Error> {
        let known = advisory::imports(&self.db).await?.into_iter().find(|import| import.source == source);
        let etag = known.filter(|import| import.ended.is_some()).and_then(|import| import.etag);
        std::fs::create_dir_all(&self.scratch).map_err(|error| cannot("keep what is fetched", &error))?;
        let file = Scratch(self.scratch.join(format!("{}.zip", kernel::id::fresh())));
        let (address, path) = (source.to_owned(), file.0.clone());
        match tokio::task::spawn_blocking(move || fetch(&address, etag.as_deref(), &path)).await?? {
            Fetched::Same => self.refreshed(source, None).await,
            Fetched::New { etag } => self.take_archive(source, ecosystem, file.0.clone(), etag).await,
        }
    }

    async fn take_archive(
        &self,
        source: &str,
        ecosystem: &str,
        path: PathBuf,
        etag: Option<String>,
    ) -> Result<(), Error> {
        let (sender, mut parts) = tokio::sync::mpsc::channel::<Vec<Document>>(1);
        let reading = tokio::task::spawn_blocking(move || parts_of(&path, &sender));
        let id = kernel::id::fresh();
        let by = By { who: "trunkline".into(), why: Some("refresh".into()) };
        let feed_of = FeedOf::One(Ecosystem::named(ecosystem));
        let import = |part| Import { source: source.to_owned(), id: id.clone(), part, feed_of: feed_of.clone() };
        while let Some(part) = parts.recv().await {
            self.import(&import(Part::More), part, &by).await?;
        }
        // An archive that broke off is no import that ended.
        reading.await??;
        self.import(&import(Part::Last { etag }), Vec::new(), &by).await?;
        Ok(())
    }
}

fn parts_of(path: &Path, sender: &tokio::sync::mpsc::Sender<Vec<Document>>) -> Result<(), Problem> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    let gone = || Problem::unavailable("the import was broken off");
    offline::each(path, &mut |name, document| {
        bytes += document.as_ref().map_or(0, Vec::len);
        part.push(Document { name, bytes: document });
        if bytes >= PART_BYTES {
            bytes = 0;
            sender.blocking_send(std::mem::take(&mut part)).map_err(|_| gone())?;
        }
        Ok::<(), Problem>(())
    })?;
    sender.blocking_send(part).map_err(|_| gone())
}

fn fetch(address: &str, etag: Option<&str>, path: &Path) -> Result<Fetched, Problem> {
    let failed = |error: &dyn std::fmt::Display| Problem::unavailable(format!("{address} cannot be fetched: {error}"));
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(FETCHED_WITHIN)).http_status_as_error(false).build().into();
    let mut request = agent.get(address);
    if let Some(etag) = etag {
        request = request.header("if-none-match", etag);
    }
    let answer = request.call().map_err(|error| failed(&error))?;
    match answer.status().as_u16() {
        304 => return Ok(Fetched::Same),
        200 => {}
        status => return Err(failed(&format!("it answered {status}"))),
    }
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    let mut file = File::create(path).map_err(|error| cannot("keep what is fetched", &error))?;
    let mut body = answer.into_body().into_reader().take(ARCHIVE_BYTES_MAX + 1);
    let copied = std::io::copy(&mut body, &mut file).map_err(|error| failed(&error))?;
    if copied > ARCHIVE_BYTES_MAX {
        return Err(failed(&format!("it has more than {} GiB", ARCHIVE_BYTES_MAX >> 30)));
    }
    Ok(Fetched::New { etag })
}

fn cannot(what: &str, error: &std::io::Error) -> Problem {
    Problem::internal(format!("cannot {what}: {error}"))
}

/// A file that goes with its owner.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may not be there yet.
        let _ = std::fs::remove_file(&self.0);
    }
}
