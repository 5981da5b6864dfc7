//! Fetching advisories on a schedule, from a mirror of OSV's exports: `<url>/<ecosystem>/all.zip`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use kernel::Problem;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::facade::{Batch, By, FeedOf, Import, Part, Security};
use crate::model::Ecosystem;
use crate::offline::{Entry, Feed};
use crate::reader::Entries;
use crate::scratch::Scratch;
use crate::store::advisory;

/// An archive may take so long.
const FETCHED_WITHIN: Duration = Duration::from_mins(10);
/// Documents of one transaction.
const PART_DOCUMENTS: usize = 2_000;

/// Where advisories come from, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Without a slash at its end, for example `https://osv-vulnerabilities.storage.googleapis.com`.
    pub url: String,
    /// As OSV calls them.
    pub ecosystems: Vec<String>,
    pub every: Duration,
    /// Longest archive that is taken.
    pub archive_bytes_max: u64,
}

impl Mirror {
    /// Several times the largest of OSV's exports.
    pub const ARCHIVE_BYTES_MAX: u64 = 2 << 30;

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
        match self.fetch_and_take(mirror, &source, ecosystem).await {
            Ok(()) => Ok(()),
            Err(error @ Error::Storage(_)) => Err(error),
            Err(error) => {
                let why = Problem::from(error).message;
                tracing::warn!(source, why, "advisories could not be refreshed; what is known stays");
                self.refreshed(&source, Some(why)).await
            }
        }
    }

    async fn fetch_and_take(&self, mirror: &Mirror, source: &str, ecosystem: &str) -> Result<(), Error> {
        let known = advisory::imports(&self.db).await?.into_iter().find(|import| import.source == source);
        let etag = known.filter(|import| import.ended.is_some()).and_then(|import| import.etag);
        let scratch = Scratch::within(&self.scratch)?;
        let (address, path, bytes_max) = (source.to_owned(), scratch.file("all.zip"), mirror.archive_bytes_max);
        let archive = Feed::Archive(path.clone());
        match tokio::task::spawn_blocking(move || fetch(&address, etag.as_deref(), &path, bytes_max)).await?? {
            Fetched::Same => self.refreshed(source, None).await,
            Fetched::New { etag } => self.take_archive(source, ecosystem, &archive, etag).await,
        }
    }

    /// Takes an archive in, once all of it could be read.
    async fn take_archive(
        &self,
        source: &str,
        ecosystem: &str,
        archive: &Feed,
        etag: Option<String>,
    ) -> Result<(), Error> {
        let entries = self.reader.advisories(archive).await?;
        let id = kernel::id::fresh();
        let by = By { who: "trunkline".into(), why: Some("refresh".into()) };
        let feed_of = FeedOf::One(Ecosystem::named(ecosystem));
        let import = |part| Import { source: source.to_owned(), id: id.clone(), part, feed_of: feed_of.clone() };
        let (mut batch, mut entries) = tokio::task::spawn_blocking(move || beginning(entries)).await??;
        while !batch.entries.is_empty() {
            self.import_entries(&import(Part::More), batch, &by).await?;
            let next = tokio::task::spawn_blocking(move || {
                let part = entries.by_ref().take(PART_DOCUMENTS).collect::<Result<Vec<_>, Problem>>();
                part.map(|part| (part, entries))
            });
            let (part, rest) = next.await??;
            (batch, entries) = (part.into(), rest);
        }
        self.import_entries(&import(Part::Last { etag }), Batch::default(), &by).await?;
        Ok(())
    }
}

/// A feed up to its first advisory. Whatever an archive of nothing but other documents is, it is no feed, and nothing of it is
/// taken in. Of the documents before only those are kept that are told one by one.
fn beginning(mut entries: Entries) -> Result<(Batch, Entries), Problem> {
    let mut batch = Batch::default();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let is_advisory = matches!(entry, Entry::Advisory { .. });
        if is_advisory || (batch.entries.len() as u64) < advisory::QUARANTINED_KEPT {
            batch.entries.push(entry);
        } else {
            batch.aside += 1;
        }
        if is_advisory {
            return Ok((batch, entries));
        }
    }
    Err(Problem::invalid("there is no advisory in it"))
}

fn fetch(address: &str, etag: Option<&str>, path: &Path, bytes_max: u64) -> Result<Fetched, Problem> {
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
    let mut body = answer.into_body().into_reader().take(bytes_max + 1);
    let copied = std::io::copy(&mut body, &mut file).map_err(|error| failed(&error))?;
    if copied > bytes_max {
        return Err(failed(&format!("it has more than {} MiB", bytes_max >> 20)));
    }
    Ok(Fetched::New { etag })
}

fn cannot(what: &str, error: &std::io::Error) -> Problem {
    Problem::internal(format!("cannot {what}: {error}"))
}
