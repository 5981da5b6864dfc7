//! The log through its face: nothing lost, nothing doubled, whoever is killed.

mod answers;
mod changed;
mod forgetting;
mod killed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use columnar::wal::{Options, Writer};
use jiff::Timestamp;
use kernel::ManualClock;
use serde_json::value::RawValue;
use storage::Db;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Events, EventsOptions, MIGRATIONS, Properties, Releases, Retention, Rows, Select, Who};
use crate::record::{Event, Exposure, Identity, Record, Served, Source, Unlink};

/// A day in 1970, so that events of small times are within retention.
const NOW_MS: i64 = 8_640_000_000;

/// An edge that writes and a control plane that reads.
struct Bed {
    events: Events,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    data: PathBuf,
    db: Db,
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_millisecond(NOW_MS).unwrap()))
}

impl Bed {
    /// A control plane over what is there; `steps` is how many steps of maintenance it takes before it dies.
    async fn start(db: &Db, data: &Path, steps: Option<i64>) -> Self {
        Self::keeping(db, data, steps, Retention::default()).await
    }

    async fn keeping(db: &Db, data: &Path, steps: Option<i64>, retention: Retention) -> Self {
        db.migrate(&[MIGRATIONS]).await.unwrap();
        let options = EventsOptions { db: db.clone(), clock: clock(), data: data.to_owned(), retention };
        let events = Events::open(options).unwrap();
        events.0.stops.after(steps.unwrap_or(-1));
        let shutdown = CancellationToken::new();
        let tasks = events.start(shutdown.clone());
        Self { events, shutdown, tasks, data: data.to_owned(), db: db.clone() }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }

    fn edge(&self) -> Writer {
        edge(&self.data)
    }

    async fn rows(&self, names: &[&str], who: Who) -> Rows {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let select = Select {
            names,
            from_ms: 0,
            to_ms: i64::MAX,
            properties: Properties::Left,
            releases: Releases::Wanted,
            who,
        };
        self.events.rows(select).await.unwrap()
    }

    /// Person and time of the rows of an event.
    async fn told(&self, name: &str, who: Who) -> Vec<(String, i64)> {
        let rows = self.rows(&[name], who).await;
        let list = &rows.lists[0];
        let person = |key: &u64| rows.person(*key).unwrap().to_owned();
        list.persons.iter().map(person).zip(list.times_ms.iter().copied()).collect()
    }

    /// How many rows of each event there are.
    async fn counted(&self) -> BTreeMap<String, usize> {
        let rows = self.rows(&[], Who::Everyone).await;
        rows.lists.into_iter().map(|list| (list.name, list.persons.len())).filter(|(_, count)| *count > 0).collect()
    }

    /// Until `is_so`.
    async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let until = tokio::time::Instant::now() + Duration::from_secs(20);
        while !is_so(self).await {
            assert!(tokio::time::Instant::now() < until, "not within 20 s: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Until the whole log but its last file is in segments.
    async fn until_stored(&self) {
        self.until("the log is in segments", async |bed| {
            let sealed = columnar::wal::Reader::open(&bed.data.join("events/log")).sealed().unwrap();
            sealed.is_empty() && bed.events.0.read().parts.len() <= 1
        })
        .await;
    }
}

fn edge(data: &Path) -> Writer {
    let options = Options {
        folder: data.join("events/log"),
        seal_bytes: 1 << 20,
        seal_after: Duration::from_mins(1),
        queue_bytes: 16 << 20,
    };
    Writer::open(options).unwrap()
}

fn event(n: u128, name: &str, person: &str, time_ms: i64) -> Event {
    Event {
        id: Uuid::from_u128(n),
        name: name.into(),
        distinct_id: person.into(),
        time_ms,
        received_ms: NOW_MS,
        properties: RawValue::from_string(format!(r#"{{"n":{n}}}"#)).unwrap(),
        source: Source::PosthogV0,
        token: None,
        role: None,
        deployment: None,
        witness: None,
        aside: None,
    }
}

fn identity(from: &str, into: &str, at_ms: i64) -> Record {
    let id = Uuid::new_v4();
    let (from, into) = (from.into(), into.into());
    Record::Identity(Identity { id, from, into, at_ms, source: Source::PosthogV0, witness: None, role: None })
}

fn served(person: &str, deployment: u64, at_ms: i64, witnessed: bool) -> Record {
    Record::Served(Served { person: person.into(), service: "shop".into(), deployment, at_ms, witnessed })
}

fn exposure(flag: &str, variant: &str, unit: &str, at_ms: i64) -> Record {
    Record::Exposure(Exposure {
        flag: flag.into(),
        variant: variant.into(),
        unit_kind: "visitor".into(),
        unit: unit.into(),
        at_ms,
        reason: "SPLIT".into(),
        revision: 1,
        split: None,
        source: Source::Ofrep,
        aside: None,
        witness: None,
        role: None,
    })
}

async fn append(writer: &Writer, records: impl IntoIterator<Item = Record>) {
    writer.append(records.into_iter().map(|record| record.encode()).collect()).await.unwrap();
}
