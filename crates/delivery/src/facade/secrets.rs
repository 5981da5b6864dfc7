//! Secrets of services: sealed, and given to the next deployment.

use kernel::Problem;
use serde_json::json;

use super::{By, Delivery, audit};
use crate::{Error, store};

impl Delivery {
    /// Seals a secret for a service. The next deployment has it; `trunkline deploy` of the same commit is not repeated.
    pub async fn set_secret(&self, service: &str, name: &str, value: &str, by: &By) -> Result<(), Error> {
        if !is_variable(name) {
            return Err(Problem::invalid(format!("{name:?} cannot be the name of an environment variable"))
                .hint("letters, digits and _, not beginning with a digit, for example STRIPE_KEY")
                .into());
        }
        let sealed = self.engine.key.seal(service, name, value)?;
        let mut tx = self.engine.db().begin().await?;
        store::secret::put(&mut tx, (service, name), sealed, &by.who, self.engine.now()).await?;
        tx.audit(audit(by, "secret.set", &format!("{service} {name}"), json!(null), json!(null))).await?;
        tx.publish("delivery", "secret.set", &json!({ "service": service, "name": name })).await?;
        tx.commit().await?;
        self.engine.tell("secret", format!("{service}/{name}"));
        Ok(())
    }

    /// Forgets a secret.
    pub async fn remove_secret(&self, service: &str, name: &str, by: &By) -> Result<(), Error> {
        let mut tx = self.engine.db().begin().await?;
        if !store::secret::remove(&mut tx, service, name).await? {
            return Err(store::missing(format!("secret {name} of {service}"))
                .hint("`trunkline secret list` shows their names")
                .into());
        }
        tx.audit(audit(by, "secret.removed", &format!("{service} {name}"), json!(null), json!(null))).await?;
        tx.publish("delivery", "secret.removed", &json!({ "service": service, "name": name })).await?;
        tx.commit().await?;
        self.engine.tell("secret", format!("{service}/{name}"));
        Ok(())
    }
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
