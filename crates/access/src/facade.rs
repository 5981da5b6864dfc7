//! The verbs of access.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kernel::snapshot::Serving;
use kernel::{Clock, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Audit, Db, Tx};
use utoipa::ToSchema;

use crate::rules::Role;
use crate::store::{self, Inserted, TokenRow};
use crate::{Caller, secret};

/// A one-time link is good for this long.
const LINK_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// A console session lasts this long.
pub(crate) const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How exactly the last use of a token is kept.
const LAST_USED_EVERY: SignedDuration = SignedDuration::from_mins(1);
const TOKENS_LISTED: usize = 500;
/// Tokens are at most this long; what is longer is not looked up.
const TOKEN_CHARS_MAX: usize = 200;

/// An operation of access failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("failed to write the token file {path}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the machine gives no random bytes")]
    Random(getrandom::Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            other => {
                tracing::error!(error = %other, source = ?std::error::Error::source(&other), "access failed");
                Self::internal(other.to_string())
            }
        }
    }
}

/// Who may call what. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Access {
    db: Db,
    clock: Arc<dyn Clock>,
    /// Where tokens are looked up at the edge; none where nothing serves.
    edge: Option<Arc<dyn Serving>>,
    /// Held while tokens are on their way there, so that none overtakes another.
    bringing: Arc<tokio::sync::Mutex<()>>,
}

/// A token to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    pub role: Role,
    #[serde(default)]
    pub name: Option<String>,
    /// Who will use it.
    #[serde(default)]
    pub person: Option<String>,
}

/// A new token; it is never shown again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Issued {
    pub token: String,
    pub id: String,
    pub role: Role,
}

/// What the processes of one deployment are given.
#[derive(Debug, Clone)]
pub struct DeploymentTokens {
    pub server: String,
    pub client: String,
}

/// A console session as its own page sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    pub person: Option<String>,
    pub role: Role,
    /// Goes into `x-csrf-token` with every write.
    pub csrf: String,
}

impl Access {
    /// Access over a migrated store.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, edge: None, bringing: Arc::default() }
    }

    /// From now on a token that was made or ended is known at the edge before its maker is told.
    #[must_use]
    pub fn serving(mut self, edge: Arc<dyn Serving>) -> Self {
        self.edge = Some(edge);
        self
    }

    pub(crate) fn bringing(&self) -> &tokio::sync::Mutex<()> {
        &self.bringing
    }

    pub(crate) fn edge(&self) -> Option<&Arc<dyn Serving>> {
        self.edge.as_ref()
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes sure that `DATA/admin.token` (mode 0600) holds an admin token that works. Gives its path.
    pub async fn ensure_admin_token(&self, data: &Path) -> Result<PathBuf, Error> {
        let path = data.join("admin.token");
        if let Ok(text) = fs::read_to_string(&path)
            && let Some(found) = self.find_token(text.trim()).await?
            && found.role == Role::Admin
        {
            return Ok(path);
        }
        let by = Caller::system("trunkline up");
        let new = NewToken { role: Role::Admin, name: Some("admin.token of the data folder".into()), person: None };
        let issued = self.create_token(&new, &by).await?;
        write_private(&path, &issued.token).map_err(|source| Error::File { path: path.clone(), source })?;
        Ok(path)
    }

    /// Makes a token.
    pub async fn create_token(&self, new: &NewToken, by: &Caller) -> Result<Issued, Error> {
        let mut tx = self.db.begin().await?;
        let issued = self.issue(&mut tx, new, None).await?;
        let after = json!({ "role": new.role, "name": new.name, "person": new.person });
        audit(&mut tx, by, "token.created", &issued.id, after).await?;
        tx.publish("access", "token.created", &json!({ "id": issued.id, "role": new.role })).await?;
        tx.commit().await?;
        self.bring_to_edge_or_later().await;
        Ok(issued)
    }

    async fn issue(&self, tx: &mut Tx, new: &NewToken, deployment: Option<u64>) -> Result<Issued, Error> {
        let token = secret::fresh(&format!("tl_{}_", new.role.text())).map_err(Error::Random)?;
        let id = kernel::id::fresh();
        let inserted = Inserted {
            id: &id,
            hash: &secret::hash(&token),
            role: new.role,
            name: new.name.as_deref(),
            person: new.person.as_deref(),
            deployment,
        };
        store::insert(tx, &inserted, self.now()).await?;
        Ok(Issued { token, id, role: new.role })
    }

    /// The tokens of a deployment's processes, made anew; those it had stay good until it is revoked.
    pub async fn issue_deployment(&self, deployment: u64, service: &str) -> Result<DeploymentTokens, Error> {
        let mut tx = self.db.begin().await?;
        let name = format!("deployment {deployment} of {service}");
        let new = |role| NewToken { role, name: Some(name.clone()), person: None };
        let server = self.issue(&mut tx, &new(Role::Server), Some(deployment)).await?;
        let client = self.issue(&mut tx, &new(Role::Client), Some(deployment)).await?;
        audit(&mut tx, &Caller::system("trunkline"), "token.created", &name, json!({ "deployment": deployment }))
            .await?;
        tx.publish("access", "token.created", &json!({ "deployment": deployment })).await?;
        tx.commit().await?;
        self.bring_to_edge_or_later().await;
        Ok(DeploymentTokens { server: server.token, client: client.token })
    }

    /// The deployment has no processes any more: its tokens end.
    pub async fn revoke_deployment(&self, deployment: u64) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        if store::revoke_deployment(&mut tx, deployment, self.now()).await? > 0 {
            let subject = format!("deployment {deployment}");
            audit(&mut tx, &Caller::system("trunkline"), "token.revoked", &subject, json!(null)).await?;
            tx.publish("access", "token.revoked", &json!({ "deployment": deployment })).await?;
        }
        tx.commit().await?;
        self.bring_to_edge_or_later().await;
        Ok(())
    }

    /// Tokens that people made.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, Error> {
        Ok(store::list(&self.db, TOKENS_LISTED).await?)
    }

    /// Ends a token at once.
    pub async fn revoke_token(&self, id: &str, by: &Caller) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        if !store::revoke(&mut tx, id, self.now()).await? {
            return Err(Problem::not_found(format!("no token {id} is in force"))
                .hint("`trunkline token list` shows them")
                .into());
        }
        audit(&mut tx, by, "token.revoked", id, json!(null)).await?;
        tx.publish("access", "token.revoked", &json!({ "id": id })).await?;
        tx.commit().await?;
        // Whoever ends a token must hear if it may still be good somewhere.
        self.bring_to_edge().await
    }

    /// Whose token this is, if it is in force.
    pub async fn find_token(&self, token: &str) -> Result<Option<TokenRow>, Error> {
        if token.is_empty() || token.len() > TOKEN_CHARS_MAX {
            return Ok(None);
        }
        Ok(store::by_hash(&self.db, &secret::hash(token)).await?)
    }

    /// Notes that a token was used, to the minute.
    pub(crate) async fn note_use(&self, token: &TokenRow) -> Result<(), Error> {
        let last = token.last_used.as_ref().and_then(|t| t.parse::<Timestamp>().ok());
        if last.is_some_and(|last| self.now().duration_since(last) < LAST_USED_EVERY) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        store::touch(&mut tx, &token.id, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// A link that signs in once, as whoever asks for it; gives its secret part and when it expires.
    pub async fn create_link(&self, by: &Caller) -> Result<(String, Timestamp), Error> {
        let link = secret::fresh("").map_err(Error::Random)?;
        let expires = self.now() + LINK_LASTS;
        let mut tx = self.db.begin().await?;
        store::insert_link(&mut tx, &secret::hash(&link), by.person(), expires).await?;
        audit(&mut tx, by, "link.created", "console sign-in", json!(null)).await?;
        tx.commit().await?;
        Ok((link, expires))
    }

    /// Uses a link up; gives the cookie's value and the session.
    pub async fn sign_in(&self, link: &str) -> Result<(String, Session), Error> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let used = match link.len() {
            0..=TOKEN_CHARS_MAX => store::use_link(&mut tx, &secret::hash(link), now).await?,
            _ => None,
        };
        let Some(person) = used else {
            let problem =
                Problem::new(kernel::Kind::Unauthenticated, "this sign-in link is unknown, too old or was used");
            return Err(problem.hint("`trunkline token link` prints a new one").into());
        };
        let cookie = secret::fresh("").map_err(Error::Random)?;
        let csrf = secret::fresh("").map_err(Error::Random)?;
        store::insert_session(&mut tx, &secret::hash(&cookie), &csrf, person.as_deref(), now, now + SESSION_LASTS)
            .await?;
        audit(&mut tx, &Caller::system("console"), "session.created", "console", json!(null)).await?;
        tx.commit().await?;
        Ok((cookie, Session { person, role: Role::Admin, csrf }))
    }

    /// The session of a cookie, if it is in force.
    pub async fn find_session(&self, cookie: &str) -> Result<Option<Session>, Error> {
        if cookie.is_empty() || cookie.len() > TOKEN_CHARS_MAX {
            return Ok(None);
        }
        let found = store::session(&self.db, &secret::hash(cookie), self.now()).await?;
        Ok(found.map(|(csrf, person)| Session { person, role: Role::Admin, csrf }))
    }

    /// Signs out.
    pub async fn sign_out(&self, cookie: &str, by: &Caller) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        store::end_session(&mut tx, &secret::hash(cookie), self.now()).await?;
        audit(&mut tx, by, "session.ended", "console", json!(null)).await?;
        Ok(tx.commit().await?)
    }
}

async fn audit(tx: &mut Tx, by: &Caller, what: &str, subject: &str, after: serde_json::Value) -> Result<(), Error> {
    let audit = Audit {
        who: by.name(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        why: None,
        before: None,
        after: (!after.is_null()).then_some(after),
    };
    Ok(tx.audit(audit).await?)
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
