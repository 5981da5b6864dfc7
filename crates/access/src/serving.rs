//! The face at the edge: which tokens are in force, by their hashes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::secret::Digest;
use crate::{Access, Error, Role, secret, store};

/// The name of the snapshot.
pub const SNAPSHOT: &str = "access";
/// Whose facts number the snapshots.
const PUBLISHER: &str = "access";
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TOKEN_CHARS_MAX: usize = 200;

/// Whose token something came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearer {
    pub id: String,
    pub role: Role,
    /// The deployment whose process was given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<u64>,
}

/// The tokens in force. Cheap to clone; all clones see the newest snapshot.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Arc<ArcSwap<HashMap<Digest, Arc<Bearer>>>>);

/// What goes to the edge: hash and bearer of each token.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// In order, so that the same tokens are the same bytes.
    pub(crate) tokens: BTreeMap<String, Bearer>,
}

impl Tokens {
    /// From now on these are in force.
    pub fn apply(&self, bytes: &[u8]) -> Result<(), serde_json::Error> {
        let snapshot: Snapshot = serde_json::from_slice(bytes)?;
        let mut tokens = HashMap::with_capacity(snapshot.tokens.len());
        for (hash, bearer) in snapshot.tokens {
            let mut digest = Digest::default();
            hex::decode_to_slice(&hash, &mut digest)
                .map_err(|error| serde_json::Error::custom(format!("{hash:?} is no token's hash: {error}")))?;
            tokens.insert(digest, Arc::new(bearer));
        }
        self.0.store(Arc::new(tokens));
        Ok(())
    }

    /// Whose token this is, if it is in force.
    pub fn find(&self, token: &str) -> Option<Arc<Bearer>> {
        if token.is_empty() || token.len() > TOKEN_CHARS_MAX {
            return None;
        }
        self.0.load().get(&secret::digest(token)).cloned()
    }

    /// For tests of what serves: these tokens, in force.
    pub fn of<'a>(tokens: impl IntoIterator<Item = (&'a str, Bearer)>) -> Self {
        let tokens = tokens.into_iter().map(|(token, bearer)| (secret::digest(token), Arc::new(bearer))).collect();
        Self(Arc::new(ArcSwap::from_pointee(tokens)))
    }
}

impl Access {
    /// The edge knows the tokens in force when it returns.
    pub(crate) async fn bring_to_edge(&self) -> Result<(), Error> {
        let Some(edge) = self.edge() else { return Ok(()) };
        let _one_at_a_time = self.bringing().lock().await;
        let (generation, tokens) = self.in_force().await?;
        let snapshot = Snapshot { tokens };
        let bytes = serde_json::to_vec(&snapshot).expect("our own types have string keys and no failing serialisers");
        Ok(edge.put(kernel::snapshot::Snapshot { name: SNAPSHOT, generation, bytes }).await?)
    }

    /// The tokens in force, and the position of the fact that made them so. One generation never means two sets of tokens.
    async fn in_force(&self) -> Result<(u64, BTreeMap<String, Bearer>), Error> {
        loop {
            let before = self.db().position(PUBLISHER).await?;
            let tokens = store::in_force(self.db()).await?;
            if self.db().position(PUBLISHER).await? == before {
                return Ok((before, tokens));
            }
        }
    }

    /// As [`Self::bring_to_edge`], where [`Access::start`] trying again is soon enough.
    pub(crate) async fn bring_to_edge_or_later(&self) {
        if let Err(error) = self.bring_to_edge().await {
            tracing::warn!(%error, "the edge does not know the newest tokens yet; it is tried again");
        }
    }

    /// Keeps the edge's tokens current until `shutdown`, whatever became of the edge in between.
    pub fn start(&self, shutdown: CancellationToken) -> tokio::task::JoinHandle<()> {
        let access = self.clone();
        tokio::spawn(async move {
            loop {
                if !access.is_current().await {
                    access.bring_to_edge_or_later().await;
                }
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        })
    }

    async fn is_current(&self) -> bool {
        let Some(edge) = self.edge() else { return true };
        let there = edge.generation(SNAPSHOT).await.ok().flatten();
        let here = self.db().position(PUBLISHER).await.ok();
        there.is_some() && there >= here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_text_and_nothing_else() {
        let bearer = Bearer { id: "1".into(), role: Role::Client, deployment: None };
        let tokens = Tokens::of([("tl_client_x", bearer.clone())]);
        assert_eq!(tokens.find("tl_client_x").as_deref(), Some(&bearer));
        assert_eq!(tokens.find("tl_client_y"), None);
        assert_eq!(tokens.find(""), None);
        tokens.apply(br#"{"tokens":{}}"#).unwrap();
        assert_eq!(tokens.find("tl_client_x"), None);
    }
}
