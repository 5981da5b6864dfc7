//! A change that a gate stopped is verified again, because what the gate goes by has changed.

use serde_json::json;

use crate::facade::{Delivery, audit};
use crate::{By, Error, store};

impl Delivery {
    /// Has the newest change of a repository verified again, if nothing but gates stopped it. Whether it did.
    pub async fn judge_again(&self, repository: &str, by: &By) -> Result<bool, Error> {
        let mut tx = self.engine.db().begin().await?;
        let Some(commit) = store::change::judge_again(&mut tx, repository).await? else { return Ok(false) };
        tx.audit(audit(by, "change.judged_again", &commit, json!(null), json!(null))).await?;
        tx.commit().await?;
        self.engine.tell("change", commit);
        self.engine.pipeline.notify_one();
        Ok(true)
    }
}
