//! Where artifacts come from, as anybody may check.

use crate::Error;
use crate::facade::Delivery;
use crate::provenance::{self, Expected, ProvenanceKey, ProvenanceView, Signer};
use crate::store;
use crate::store::change::StoredChange;
use crate::view::change::ChangeArtifact;

impl Delivery {
    /// The key that every artifact of this installation is signed with.
    pub fn provenance_key(&self) -> ProvenanceKey {
        Signer::of(&self.engine.key).public()
    }

    /// Where the artifact of a deployment comes from, and whether that checks out.
    pub async fn provenance(&self, number: u64) -> Result<ProvenanceView, Error> {
        let stored = self.stored_deployment(number).await?;
        let d = stored.state;
        let expected =
            Expected { repository: stored.repository, commit: d.commit, service: d.service, digest: d.digest };
        self.provenance_of(expected).await
    }

    async fn provenance_of(&self, expected: Expected) -> Result<ProvenanceView, Error> {
        let Expected { repository, commit, service, .. } = &expected;
        let envelope = store::run::provenance(self.engine.db(), repository, commit, service).await?;
        Ok(provenance::view(envelope.as_deref(), &expected, &Signer::of(&self.engine.key)))
    }

    /// What the run of a change built.
    pub(super) async fn artifacts(&self, change: &StoredChange) -> Result<Vec<ChangeArtifact>, Error> {
        let mut shown = Vec::new();
        for (service, a) in store::run::artifacts(self.engine.db(), &change.repository, &change.sha).await? {
            let expected = Expected {
                repository: change.repository.clone(),
                commit: change.sha.clone(),
                service: service.clone(),
                digest: a.digest.clone(),
            };
            shown.push(ChangeArtifact {
                provenance: self.provenance_of(expected).await?,
                service,
                digest: a.digest,
                files: a.files,
                bytes: a.bytes,
                components: None,
                findings: None,
            });
        }
        Ok(shown)
    }
}
