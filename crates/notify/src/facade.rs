//! Notifications: the verbs of the context.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use kernel::{Clock, Cursor, Page, Problem};
use sealing::RootKey;
use serde_json::{Value, json};
use storage::{Audit, Db};

use crate::model::event::Message;
use crate::model::signature;
use crate::store::{self, Attempt, Delivery, Target};
use crate::{
    Announcement, AttemptView, DeliveryState, DeliveryView, Error, Kind, NewTarget, NotificationView, Owner, Pauses,
    TargetMade, TargetView,
};

/// Most targets of one installation.
pub(crate) const TARGETS_MAX: usize = 100;
/// Most messages that wait for one target; further ones are given up at once, and that is said.
pub(crate) const WAITING_MAX: u64 = 10_000;
/// Longest texts of an announcement that are kept.
const SENTENCE_CHARS_MAX: usize = 2_000;
const CONTENT_BYTES_MAX: usize = 16 << 10;
/// Under which secrets are sealed; no service has such a name.
const KEEPER: &str = "notify/target";

/// What notifications need.
#[derive(Debug, Clone)]
pub struct Options {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    /// The data folder, where the root key is.
    pub data: PathBuf,
    /// The product's name: messages come from `/trunkline/<product>`.
    pub product: String,
    pub pauses: Pauses,
}

/// What is told, to whom, and what came of it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notifications {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) key: RootKey,
    pub(crate) source: Arc<str>,
    pub(crate) pauses: Pauses,
    /// Rung when something new is to be sent.
    pub(crate) bell: Arc<tokio::sync::Notify>,
}

/// Who asks and why.
#[derive(Debug, Clone)]
pub struct By {
    pub who: String,
    pub why: Option<String>,
}

impl Notifications {
    /// Over a migrated store.
    pub fn open(options: Options) -> Result<Self, Error> {
        let Options { db, clock, data, product, pauses } = options;
        let key = RootKey::of(&data)?;
        let source = format!("/trunkline/{product}").into();
        Ok(Self { db, clock, key, source, pauses, bell: Arc::default() })
    }

    /// Tells something to every target that asked for such. The same fact is told once, however often it is announced.
    pub async fn announce(&self, announcement: &Announcement) -> Result<(), Error> {
        if store::is_told(&self.db, &announcement.fact).await? {
            return Ok(());
        }
        let announcement = bounded(announcement.clone());
        let now = self.clock.now();
        let id = kernel::id::fresh();
        let mut tx = self.db.begin().await?;
        if store::insert_message(&mut tx, &id, &announcement, now).await? {
            let targets = store::targets_in(&mut tx).await?;
            for target in targets.iter().filter(|target| target.wants(&announcement)) {
                let is_full = store::waiting_of(&mut tx, &target.id).await? >= WAITING_MAX;
                let (state, why) = if is_full {
                    (DeliveryState::GivenUp, Some(format!("{WAITING_MAX} messages were waiting for this target")))
                } else {
                    (DeliveryState::Waiting, None)
                };
                store::insert_delivery(&mut tx, &id, &target.id, state, now, why.as_deref()).await?;
            }
        }
        tx.commit().await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Whether this was told already.
    pub async fn is_told(&self, fact: &str) -> Result<bool, Error> {
        Ok(store::is_told(&self.db, fact).await?)
    }

    /// From now on messages go there too. The secret is in the answer and nowhere else.
    pub async fn add_target(&self, new: &NewTarget, by: &By) -> Result<TargetMade, Error> {
        new.check()?;
        let mut bytes = [0; signature::SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
        let secret = signature::secret(&bytes);
        let id = kernel::id::fresh();
        let mut events = new.events.clone();
        events.dedup();
        let target = Target {
            url: new.url.clone(),
            domain: new.domain.clone(),
            events,
            allow_private: new.allow_private,
            secret: self.key.seal(KEEPER, &id, &secret)?,
            created: self.clock.now(),
            created_by: by.who.clone(),
            removed: None,
            id,
        };
        let mut tx = self.db.begin().await?;
        if store::targets_in(&mut tx).await?.len() >= TARGETS_MAX {
            return Err(Problem::conflict(format!("there are {TARGETS_MAX} targets, as many as there may be"))
                .hint("`trunkline notify remove ID` ends one")
                .into());
        }
        store::insert_target(&mut tx, &target).await?;
        tx.audit(audit("notification_target.added", &target, by, None, Some(shown(&target)))).await?;
        tx.commit().await?;
        Ok(TargetMade { target: self.view(&target).await?, secret })
    }

    /// Nothing more goes there; what waits for it is given up.
    pub async fn remove_target(&self, id: &str, by: &By) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let target = found(store::target_in(&mut tx, id).await?, id)?;
        store::remove_target(&mut tx, id, now).await?;
        store::give_up_all(&mut tx, id, now, "the target was removed").await?;
        tx.audit(audit("notification_target.removed", &target, by, Some(shown(&target)), None)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sends a message to this target alone, whatever it asked for.
    pub async fn test_target(&self, id: &str, by: &By) -> Result<NotificationView, Error> {
        let now = self.clock.now();
        let message = kernel::id::fresh();
        let mut tx = self.db.begin().await?;
        let target = found(store::target_in(&mut tx, id).await?, id)?;
        let announcement = Announcement {
            fact: format!("test:{message}"),
            kind: Kind::Test,
            at: now,
            subject: id.to_owned(),
            content: json!({ "by": by.who }),
            sentence: format!("{} tries whether messages arrive.", by.who),
            owner: target.domain.clone().map(|domain| Owner { domain, team: None }),
        };
        store::insert_message(&mut tx, &message, &announcement, now).await?;
        store::insert_delivery(&mut tx, &message, id, DeliveryState::Waiting, now, None).await?;
        tx.audit(audit("notification_target.tested", &target, by, None, None)).await?;
        tx.commit().await?;
        self.bell.notify_one();
        self.show(&message).await
    }

    /// Targets in force, oldest first.
    pub async fn targets(&self) -> Result<Vec<TargetView>, Error> {
        let mut views = Vec::new();
        for target in store::targets(&self.db).await? {
            views.push(self.view(&target).await?);
        }
        Ok(views)
    }

    async fn view(&self, target: &Target) -> Result<TargetView, Error> {
        let waiting = store::count(&self.db, &target.id, DeliveryState::Waiting).await?;
        let sending = store::count(&self.db, &target.id, DeliveryState::Sending).await?;
        Ok(TargetView {
            id: target.id.clone(),
            url: target.url.clone(),
            domain: target.domain.clone(),
            events: target.events.clone(),
            allow_private: target.allow_private,
            created: target.created.to_string(),
            created_by: target.created_by.clone(),
            waiting: waiting + sending,
            given_up: store::count(&self.db, &target.id, DeliveryState::GivenUp).await?,
            last: store::last_attempt(&self.db, &target.id).await?.map(attempt_view),
        })
    }

    /// What was told, newest first.
    pub async fn list(&self, cursor: Option<&str>, limit: usize) -> Result<Page<NotificationView>, Error> {
        // Every id is below this.
        let before: String = cursor.map(Cursor::decode).transpose()?.unwrap_or_else(|| "g".to_owned());
        let messages = store::messages(&self.db, &before, limit as u64 + 1).await?;
        let page = Page::cut(messages, limit, |message| Cursor::encode(&message.id));
        Ok(Page { items: self.told(&page.items).await?, next: page.next })
    }

    /// One thing that was told.
    pub async fn show(&self, id: &str) -> Result<NotificationView, Error> {
        let missing = || {
            Problem::not_found(format!("there is no notification {id:?}"))
                .hint("`trunkline notify log` shows the newest")
        };
        let message = store::message_of(&self.db, id).await?.ok_or_else(missing)?;
        let mut views = self.told(&[message]).await?;
        Ok(views.remove(0))
    }

    /// Messages, newest first, with what came of them.
    async fn told(&self, messages: &[Message]) -> Result<Vec<NotificationView>, Error> {
        let (Some(newest), Some(oldest)) = (messages.first(), messages.last()) else { return Ok(vec![]) };
        let deliveries = store::deliveries(&self.db, &oldest.id, &newest.id).await?;
        let attempts = store::attempts(&self.db, &oldest.id, &newest.id).await?;
        let addresses: BTreeMap<String, String> = store::addresses(&self.db).await?.into_iter().collect();
        let view = |message: &Message| {
            let ours = deliveries.iter().filter(|delivery| delivery.message == message.id);
            NotificationView {
                id: message.id.clone(),
                kind: message.kind,
                event_type: message.kind.event().0.to_owned(),
                subject: message.subject.clone(),
                sentence: message.sentence.clone(),
                at: message.at.to_string(),
                domain: message.domain.clone(),
                team: message.team.clone(),
                deliveries: ours.map(|delivery| delivery_view(delivery, &attempts, &addresses)).collect(),
            }
        };
        Ok(messages.iter().map(view).collect())
    }

    /// What messages to a target are signed with.
    pub(crate) fn secret_of(&self, target: &Target) -> Result<String, Error> {
        Ok(self.key.open(KEEPER, &target.id, &target.secret)?)
    }
}

fn found(target: Option<Target>, id: &str) -> Result<Target, Problem> {
    target.filter(|target| target.removed.is_none()).ok_or_else(|| {
        Problem::not_found(format!("there is no target {id:?}")).hint("`trunkline notify list` shows them")
    })
}

/// What is announced comes from definitions and people, and may be as long as those are.
fn bounded(mut announcement: Announcement) -> Announcement {
    if let Some((end, _)) = announcement.sentence.char_indices().nth(SENTENCE_CHARS_MAX) {
        announcement.sentence.truncate(end);
        announcement.sentence.push('…');
    }
    if announcement.content.to_string().len() > CONTENT_BYTES_MAX {
        announcement.content = json!({ "left_out": format!("more than {CONTENT_BYTES_MAX} bytes") });
    }
    announcement
}

fn shown(target: &Target) -> Value {
    json!({ "url": target.url, "domain": target.domain, "events": target.events, "allow_private": target.allow_private })
}

fn audit(what: &str, target: &Target, by: &By, before: Option<Value>, after: Option<Value>) -> Audit {
    Audit { who: by.who.clone(), what: what.into(), subject: target.id.clone(), why: by.why.clone(), before, after }
}

fn delivery_view(delivery: &Delivery, attempts: &[Attempt], addresses: &BTreeMap<String, String>) -> DeliveryView {
    let ours = attempts
        .iter()
        .filter(|attempt| attempt.message == delivery.message && attempt.target == delivery.target)
        .cloned();
    DeliveryView {
        target: delivery.target.clone(),
        url: addresses.get(&delivery.target).cloned().unwrap_or_default(),
        state: delivery.state,
        attempts: ours.map(attempt_view).collect(),
        next_attempt: (delivery.state == DeliveryState::Waiting).then(|| delivery.next_at.to_string()),
        why: delivery.why.clone(),
    }
}

fn attempt_view(attempt: Attempt) -> AttemptView {
    let lasted = |ended: Timestamp| ended.duration_since(attempt.begun).as_secs_f64().max(0.0);
    AttemptView {
        number: attempt.number,
        begun: attempt.begun.to_string(),
        seconds: attempt.ended.map(lasted),
        status: attempt.status.and_then(|status| u16::try_from(status).ok()),
        error: attempt.error,
        answer: attempt.answer,
    }
}
