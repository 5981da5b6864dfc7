//! What a run built is signed with where it comes from.

use jiff::Timestamp;

use crate::config::Product;
use crate::engine::Engine;
use crate::git::without_credentials;
use crate::provenance::{Expected, Made, Signer, statement};
use crate::store::change::StoredChange;
use crate::store::encode;
use crate::store::repository::Repository;
use crate::verify::Artifact;

/// What the artifacts of a run have in common.
#[derive(Clone, Copy)]
pub(super) struct Signing<'a> {
    pub(super) engine: &'a Engine,
    pub(super) repository: &'a Repository,
    pub(super) change: &'a StoredChange,
    pub(super) run: &'a str,
    pub(super) began: Timestamp,
    pub(super) now: Timestamp,
}

impl Signing<'_> {
    /// The envelope, as it is stored.
    pub(super) fn sign(&self, service: &str, artifact: &Artifact, product: Option<&Product>) -> String {
        let signer = Signer::of(&self.engine.key);
        let of = Expected {
            repository: self.change.repository.clone(),
            commit: self.change.sha.clone(),
            service: service.to_owned(),
            digest: artifact.digest.clone(),
        };
        let build = product.and_then(|product| product.services.get(service)?.build.as_ref());
        let made = Made {
            of: &of,
            url: &without_credentials(&self.repository.url),
            command: build.and_then(|build| build.run.as_deref()),
            run: self.run,
            started: self.began,
            finished: self.now,
            keyid: signer.keyid(),
        };
        encode(&signer.sign(statement(&made).to_string().as_bytes()))
    }
}
