//! What somebody would get, and why.

use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::facade::unknown;
use crate::flag::{Flag, Life};
use crate::model::{Context, ErrorCode};
use crate::serving::rules::{Asker, Rules};
use crate::{Error, Flags, store};

/// An answer with its reason in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    pub key: String,
    /// `null`: the code's own default is used.
    #[schema(value_type = Object)]
    pub value: Option<Value>,
    pub variant: Option<String>,
    /// OFREP's word.
    pub reason: String,
    /// In words.
    pub why: String,
}

impl Flags {
    /// What a server token would be answered for this context. It counts as no exposure.
    pub async fn evaluate(&self, key: &str, context: Map<String, Value>) -> Result<Explained, Error> {
        let stored = store::find(self.db(), key).await?.ok_or_else(|| unknown(key))?;
        let Some(unit) = context.get("targetingKey").and_then(Value::as_str).map(str::to_owned) else {
            return Err(Problem::invalid("the context has no targetingKey")
                .hint("for example {\"context\": {\"targetingKey\": \"customer-1\"}}")
                .into());
        };
        let context = Context::from_json(Value::Object(context)).map_err(|e| Problem::invalid(e.to_string()))?;
        let rules = self.rules().await?;
        let now_ms = self.now().as_millisecond();
        let answer = rules.evaluate(key, &unit, &context, Asker::Server, now_ms).map_err(|refusal| {
            let kind = if refusal.code == ErrorCode::FlagNotFound { Problem::conflict } else { Problem::invalid };
            kind(refusal.message)
        })?;
        let served = answer.evaluation.served;
        Ok(Explained {
            key: key.to_owned(),
            value: served.map(|served| served.value.clone()),
            variant: served.map(|served| served.variant.to_owned()),
            reason: answer.reason.to_owned(),
            why: match store::hold::all(self.db()).await?.get(key).filter(|_| stored.flag.kill.is_none()) {
                Some(hold) => format!("held at internal exposure: {}", hold.why),
                None => why(&stored.flag, &unit, answer.reason),
            },
        })
    }

    /// What the edge is given, compiled as it does.
    async fn rules(&self) -> Result<Rules, Error> {
        let mut tx = self.db().begin().await?;
        let revision = store::advance(&mut tx, 0).await?;
        let content = self.content(&mut tx, revision).await?;
        let bytes = serde_json::to_vec(&content).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Rules::read(&bytes).map_err(Problem::internal)?)
    }
}

fn why(flag: &Flag, unit: &str, reason: &str) -> String {
    if let Some(kill) = &flag.kill {
        return format!("killed by {} at {}: everybody gets the off variant", kill.who, kill.at);
    }
    if flag.testers.contains_key(unit) {
        return "a tester with a variant of their own".to_owned();
    }
    let why = match reason {
        "SPLIT" => "the split decided",
        "STATIC" => "the flag has no rule: everybody gets its default variant",
        "DISABLED" => "the flag is disabled on trunk: everybody gets the off variant",
        "UNKNOWN" => "neither rule nor default variant: the code's own default is used",
        _ => "the rule decided",
    };
    let retiring = if flag.life == Life::Retiring { "; trunk no longer defines the flag" } else { "" };
    format!("{why}{retiring}")
}
