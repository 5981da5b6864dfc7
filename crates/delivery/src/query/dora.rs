//! DORA's five metrics, from the records of deployments and changes.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use kernel::Problem;

use crate::facade::Delivery;
use crate::model::deployment::Stage;
use crate::model::dora::{Commit, History, TakenBack, TurnedOff, Version, Window, measure};
use crate::store::change::{State, StoredChange};
use crate::store::deployment::StoredDeployment;
use crate::store::repository::StoredService;
use crate::view::dora::{DoraView, DoraWindow};
use crate::view::time;
use crate::{Error, deploy, store};

/// Where nobody says how far back to look.
const WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Windows of one answer.
const WINDOWS_MAX: u32 = 12;
/// So many changes of a repository and deployments of a service are looked at, the newest ones.
const RECORDS_MAX: usize = 2_000;

impl Delivery {
    /// The five metrics of each service, or of one, from `from` up to `to`: by default of the last thirty days; and of as many
    /// windows of the same length before it as make `windows`.
    pub async fn dora(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        windows: u32,
        service: Option<&str>,
    ) -> Result<DoraView, Error> {
        if !(1..=WINDOWS_MAX).contains(&windows) {
            let problem = Problem::invalid(format!("{windows} windows cannot be measured"));
            return Err(problem.hint(format!("1 to {WINDOWS_MAX}")).into());
        }
        let to = to.unwrap_or_else(|| self.engine.now());
        let window = Window { from: from.unwrap_or_else(|| to.checked_sub(WINDOW).unwrap_or(Timestamp::MIN)), to };
        if window.from >= window.to {
            let problem = Problem::invalid(format!("{} is not before {}", window.from, window.to));
            return Err(problem.hint("`from` comes first, and `to` is now where it is not given").into());
        }
        let known = store::repository::services(self.engine.db()).await?;
        let known: Vec<_> = known.into_iter().filter(|known| service.is_none_or(|name| known.name == name)).collect();
        if let (Some(name), []) = (service, known.as_slice()) {
            return Err(store::missing(format!("service {name}")).hint("`trunkline deploy status` lists them").into());
        }
        let turned_off = self.turned_off().await;
        let mut histories = Vec::new();
        for service in &known {
            histories.push((service.name.as_str(), self.history(service, turned_off.clone()).await?));
        }
        let told = |window: Window| DoraWindow {
            from: time(window.from),
            to: time(window.to),
            services: histories.iter().map(|(name, history)| measure(name, history, window)).collect(),
        };
        let earlier = (1..windows).rev().map(|back| told(window.back(back))).collect();
        let DoraWindow { from, to, services } = told(window);
        Ok(DoraView { from, to, services, earlier })
    }

    /// `None`: nobody can say.
    async fn turned_off(&self) -> Option<Vec<TurnedOff>> {
        let asked = self.engine.switches.get()?.turned_off().await;
        asked.inspect_err(|error| tracing::warn!(%error, "which flags were turned off is not known")).ok()
    }

    async fn history(&self, service: &StoredService, turned_off: Option<Vec<TurnedOff>>) -> Result<History, Error> {
        let db = self.engine.db();
        let changes = store::change::trunk(db, &service.repository, RECORDS_MAX as u64).await?;
        let stored = store::deployment::page(db, Some(&service.name), None, RECORDS_MAX).await?;
        let added = store::repository::added(db, &service.repository).await?;
        let verified = store::run::verified(db, &service.repository, RECORDS_MAX as u64).await?;
        let oldest = stored.last().map_or(0, |oldest| oldest.state.number);
        let marks = store::deployment::marks(db, &service.name, oldest).await?;
        let marks: HashMap<_, _> = marks.iter().map(|mark| ((mark.number, mark.what.as_str()), mark.at)).collect();
        let places: HashMap<_, _> = changes.iter().map(|change| (change.sha.as_str(), change.position)).collect();
        let versions = stored.iter().filter_map(|stored| version(stored, &places, &marks));
        let verified: HashMap<_, _> = verified.into_iter().collect();
        let concerns = |change: &&StoredChange| change.state != State::Known && deploy::touches(change, service);
        Ok(History {
            since: since(added, &changes, &stored),
            commits: changes.iter().filter(concerns).map(|change| landed(change, &verified)).collect(),
            versions: versions.collect(),
            turned_off,
        })
    }
}

/// From when on nothing is missing: since trunk is watched, or since the oldest record that was read.
fn since(added: Timestamp, changes: &[StoredChange], stored: &[StoredDeployment]) -> Timestamp {
    let changes = changes.first().filter(|_| changes.len() >= RECORDS_MAX).map(|oldest| oldest.landed);
    let stored = stored.last().filter(|_| stored.len() >= RECORDS_MAX).map(|oldest| oldest.state.created);
    added.max(changes.unwrap_or(added)).max(stored.unwrap_or(added))
}

fn landed(change: &StoredChange, verified: &HashMap<String, Timestamp>) -> Commit {
    Commit {
        sha: change.sha.clone(),
        position: change.position,
        committed: change.at,
        landed: change.landed,
        verified: verified.get(&change.sha).copied(),
        mends: change.mends(),
    }
}

/// `None`: it never had customers.
fn version(
    stored: &StoredDeployment,
    places: &HashMap<&str, u64>,
    marks: &HashMap<(u64, &str), Timestamp>,
) -> Option<Version> {
    let d = &stored.state;
    let mark = |what: &'static str| marks.get(&(d.number, what)).copied();
    let live = mark("live").or(d.live_at);
    // What could not be taken back, because nothing took over, was made good by what followed it.
    let followed = (d.stage == Stage::Superseded).then_some(d.ended).flatten();
    Some(Version {
        number: d.number,
        position: places.get(d.commit.as_str()).copied(),
        exposed: d.exposed_at.or(live)?,
        live,
        taken_back: mark("rolling back").map(|_| TakenBack { done: mark("rolled back").or(followed) }),
    })
}
