//! Keeps one instance running: starts it, watches it, starts it again, ends it.
//!
//! Invariants: a start that has begun is always seen through before anything else is done, so that no process comes up
//! behind its keeper's back; a keeper that is simply dropped leaves its instance running, for the next edge to find.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use exec::detached::{self, Running};
use exec::{Launcher, Life, LogMode, Spec};
use kernel::Clock;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::model::InstanceState;
use crate::supervise::check::{self, Series, Verdict};
use crate::supervise::kept::{Kept, Told};
use crate::supervise::port::{self, Ports};
use crate::supervise::record::Phase;
use crate::upstream::Condition;
use crate::{Error, disk};
use kernel::chain;

/// Before an instance that ended is started again: doubled each time, up to the longest.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Who ran this long begins with the first pause again.
const STEADY: Duration = Duration::from_mins(1);
/// An instance that is away for longer than this is not worth a request's wait.
const WORTH_WAITING: Duration = Duration::from_secs(1);
/// However many requests are refused, checks are this far apart.
const CHECKS_APART: Duration = Duration::from_millis(50);
/// Beyond the instance's own grace, before its shim is killed.
const MARGIN: Duration = Duration::from_secs(2);
/// No grace is longer when the whole edge ends.
const GRACE_MAX_AT_REST: Duration = Duration::from_secs(40);
/// A process that another edge has just begun to start comes up within this.
const STARTS_WITHIN: Duration = Duration::from_mins(1);
/// Ending processes fails only on a machine in trouble, which may pass.
const AGAIN: Duration = Duration::from_secs(1);

/// What keepers share.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) launcher: Launcher,
    pub(crate) ports: Ports,
}

#[derive(Debug)]
pub(crate) struct Keeper {
    kept: Arc<Kept>,
    spec: Spec,
    host: Arc<Host>,
    told: watch::Receiver<Told>,
}

impl Keeper {
    pub(crate) fn new(kept: Arc<Kept>, spec: Spec, host: Arc<Host>) -> Self {
        let told = kept.orders();
        Self { kept, spec, host, told }
    }

    /// The instance of an earlier edge, as it is now. Done before the front door opens, so that what runs is served at once.
    pub(crate) fn find(&self) -> Option<Running> {
        let record = self.kept.now().record;
        let Some(running) = detached::observe(&self.kept.files.pid, &self.kept.files.lock) else {
            if record.phase == Phase::Wanted {
                self.kept.becomes(&was(record.healthy_at.is_some()), Condition::Coming);
            }
            return None;
        };
        self.runs(&running);
        if record.healthy_at.is_some() && record.phase == Phase::Wanted {
            self.kept.is_at(record.listens.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)));
            self.kept.becomes(&InstanceState::Healthy, Condition::Healthy);
        }
        tracing::info!(instance = record.id, pid = running.pid, "found running");
        Some(running)
    }

    /// Until it is told to end it, and it has ended.
    pub(crate) async fn keep(mut self, found: Option<Running>) {
        if matches!(self.kept.now().record.phase, Phase::Wanted) {
            let why = self.keep_running(found).await;
            if let Some(why) = why {
                self.exited(why).await;
            }
        }
        let told = self.told_to_end().await;
        self.end(told).await;
    }

    /// Returns when it is told to end it, or why it is not worth another start.
    async fn keep_running(&mut self, mut found: Option<Running>) -> Option<String> {
        let mut pause = PAUSE;
        if found.is_none()
            && let Some(why) = self.ended_unseen()
        {
            return Some(why);
        }
        loop {
            let is_found = found.is_some();
            let since = Instant::now();
            let running = match found.take() {
                Some(running) => Ok(running),
                None => self.start().await,
            };
            let why = match running {
                Ok(running) => self.stay_with(&running, is_found).await?,
                Err(why) => why,
            };
            if self.kept.now().record.healthy_at.is_none() {
                return Some(why);
            }
            if since.elapsed() >= STEADY {
                pause = PAUSE;
            }
            self.is_away(&why, pause);
            tokio::select! {
                _ = told_to_end(&mut self.told) => return None,
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// It was never healthy and ended while there was no edge.
    fn ended_unseen(&self) -> Option<String> {
        let record = self.kept.now().record;
        let outcome = detached::outcome(&self.kept.files.pid)?;
        record.healthy_at.is_none().then(|| outcome.end.to_string())
    }

    /// Watches a process until its end and says how it ended; nothing if it is told to end it.
    async fn stay_with(&mut self, running: &Running, was_found: bool) -> Option<String> {
        let was_healthy = was_found && self.kept.now().state == InstanceState::Healthy;
        let kept = self.kept.clone();
        tokio::select! {
            biased;
            _ = told_to_end(&mut self.told) => return None,
            () = over(running) => {}
            never = watch_health(&kept, was_healthy) => match never {},
        }
        Some(self.last_words())
    }

    /// How its last process ended.
    fn last_words(&self) -> String {
        let outcome = detached::outcome(&self.kept.files.pid);
        outcome.map_or_else(|| "was killed together with its shim".to_owned(), |outcome| outcome.end.to_string())
    }

    /// Starts its process, whatever it is told meanwhile.
    async fn start(&self) -> Result<Running, String> {
        let began = Instant::now();
        // A process that we ended ourselves has left no record.
        let is_again = self.kept.files.pid.exists();
        let spec = self.prepare().await.map_err(|error| chain(&error))?;
        loop {
            let started = self.host.launcher.spawn_detached(&spec).await;
            let files = &self.kept.files;
            let is_restart = is_again && started.is_ok();
            self.kept.note(|now| now.record.restarts += u32::from(is_restart));
            if let Some(running) = detached::observe(&files.pid, &files.lock) {
                self.runs(&running);
                self.kept.try_save().await;
                return Ok(running);
            }
            match started {
                Ok(_) => return Err(self.last_words()),
                // An edge that was killed had just begun to start it.
                Err(exec::Error::AlreadyRunning { .. }) if began.elapsed() < STARTS_WITHIN => {
                    sleep(CHECKS_APART).await;
                }
                Err(exec::Error::FailedToStart { why }) => return Err(format!("did not start: {why}")),
                Err(error) => return Err(format!("could not be started: {}", chain(&error))),
            }
        }
    }

    /// What to start, with a port that is free; on disk before the process is there.
    async fn prepare(&self) -> Result<Spec, Error> {
        let record = self.kept.now().record;
        let port = self.host.ports.take(&record.id, record.port)?;
        self.kept.note(|now| {
            now.record.port = port;
            now.record.listens = None;
        });
        self.kept.save().await?;
        let mut spec = self.spec.clone();
        spec.env.insert("PORT".to_owned(), port.to_string());
        spec.log.clone_from(&self.kept.files.log);
        spec.log_mode = LogMode::Rotate;
        spec.timeout_seconds = None;
        spec.life = Life::Detached { lock: self.kept.files.lock.clone(), record: self.kept.files.pid.clone() };
        Ok(spec)
    }

    fn runs(&self, running: &Running) {
        self.kept.note(|now| {
            now.pid = Some(running.pid);
            now.record.started = Some(running.started);
            // Started by an edge that was killed, while we were looking for a port for it.
            now.record.port = port::of_process(running.pid).unwrap_or(now.record.port);
        });
        let now = self.kept.now();
        self.host.ports.keep(&now.record.id, now.record.port);
        let state = now.state;
        if state != InstanceState::Healthy {
            self.kept.becomes(&state, Condition::Coming);
        }
    }

    /// It ended by itself, and will be started again.
    fn is_away(&self, why: &str, pause: Duration) {
        tracing::warn!(instance = self.kept.slot.id(), why, "ended by itself; it is started again");
        let condition = if pause <= WORTH_WAITING { Condition::Coming } else { Condition::Closed };
        self.kept.note(|now| now.pid = None);
        let why = format!("it ended by itself ({why}) and is started again");
        self.kept.becomes(&InstanceState::Unhealthy { why }, condition);
    }

    /// It ended before it was ever healthy.
    async fn exited(&self, status: String) {
        tracing::warn!(instance = self.kept.slot.id(), status, "ended before it was healthy");
        self.host.ports.release(self.kept.slot.id());
        self.kept.note(|now| {
            now.pid = None;
            if now.record.phase == Phase::Wanted {
                now.record.phase = Phase::Exited { status: status.clone() };
            }
        });
        self.kept.becomes(&InstanceState::Exited { status }, Condition::Closed);
        self.kept.try_save().await;
    }

    async fn told_to_end(&mut self) -> Told {
        told_to_end(&mut self.told).await
    }

    async fn end(mut self, told: Told) {
        let grace = Duration::from_secs_f64(self.spec.grace_seconds);
        match told {
            Told::Rest | Told::Keep => {
                self.kept.slot.close();
                self.terminate(grace.min(GRACE_MAX_AT_REST)).await;
                self.kept.note(|now| now.pid = None);
                self.kept.becomes(&InstanceState::Stopped, Condition::Closed);
            }
            Told::Stop { .. } => {
                self.drain().await;
                self.terminate(grace).await;
                self.host.ports.release(self.kept.slot.id());
                self.kept.stopped();
                self.kept.try_save().await;
                tracing::info!(instance = self.kept.slot.id(), "stopped");
            }
        }
    }

    /// Until it has no more requests, at most until the limit, which may become shorter meanwhile.
    async fn drain(&mut self) {
        self.kept.drains();
        loop {
            let Told::Stop { by } = self.order() else { return };
            tokio::select! {
                empty = timeout_at(by, self.kept.slot.empty()) => {
                    let (instance, in_flight) = (self.kept.slot.id(), self.kept.slot.in_flight());
                    if empty.is_err() && in_flight > 0 {
                        tracing::warn!(instance, in_flight, "its time to drain is over");
                    }
                    return;
                }
                changed = self.told.changed() => if changed.is_err() { return sleep_until(by).await },
            }
        }
    }

    fn order(&mut self) -> Told {
        *self.told.borrow_and_update()
    }

    async fn terminate(&self, grace: Duration) {
        let files = &self.kept.files;
        while let Err(error) = detached::terminate(&files.pid, &files.lock, grace + MARGIN).await {
            tracing::error!(instance = self.kept.slot.id(), error = chain(&error), "cannot end it");
            sleep(AGAIN).await;
        }
        // How it ended was our doing, and must not be taken for its own.
        if let Err(error) = disk::remove(&files.pid) {
            tracing::error!(error = chain(&error), "a file stays behind");
        }
    }
}

/// An instance of an earlier edge that does not run.
fn was(healthy: bool) -> InstanceState {
    if healthy {
        return InstanceState::Unhealthy { why: "it ended while there was no edge, and is started again".into() };
    }
    InstanceState::Starting
}

/// Returns once the order is another than to keep it running. An order whose giver is gone stands.
async fn told_to_end(told: &mut watch::Receiver<Told>) -> Told {
    let order = told.wait_for(|told| *told != Told::Keep).await.map(|told| *told);
    match order {
        Ok(order) => order,
        Err(_) => std::future::pending().await,
    }
}

/// Until the process is gone. If the kernel does not let us wait for it, it is looked for.
async fn over(running: &Running) {
    while let Err(error) = running.ended().await {
        tracing::warn!(error = chain(&error), "cannot wait for a process");
        sleep(AGAIN).await;
    }
}

/// Tells everybody how one process does, from its start on.
async fn watch_health(kept: &Kept, was_healthy: bool) -> Infallible {
    let record = kept.now().record;
    let (health, port) = (record.health, record.port);
    let mut series = Series::new(Duration::from_secs_f64(health.within_seconds), was_healthy);
    let mut known = record.listens.filter(|_| was_healthy);
    loop {
        let checked = check::check(port, &health.path, known).await;
        let age = record.started.map_or(Duration::ZERO, |at| {
            kernel::SystemClock.now().duration_since(at).try_into().unwrap_or(Duration::ZERO)
        });
        let why = match checked {
            Ok(ip) if known == Some(ip) => None,
            Ok(ip) => {
                known = Some(ip);
                kept.is_at(ip);
                None
            }
            Err(why) => Some(why),
        };
        match series.note(why, age) {
            Verdict::Healthy => is_healthy(kept).await,
            Verdict::Open => {}
            Verdict::Unhealthy(why) => {
                // It can be reached, if at all, where it should be.
                if kept.slot.address().is_none() {
                    kept.is_at(IpAddr::V4(Ipv4Addr::LOCALHOST));
                }
                kept.becomes(&InstanceState::Unhealthy { why }, Condition::Unwell);
            }
        }
        sleep(CHECKS_APART).await;
        tokio::select! {
            () = sleep(series.pause().saturating_sub(CHECKS_APART)) => {}
            () = kept.slot.trouble.notified() => {}
        }
    }
}

async fn is_healthy(kept: &Kept) {
    let is_first = kept.now().record.healthy_at.is_none();
    if is_first {
        kept.note(|now| now.record.healthy_at = Some(kernel::SystemClock.now()));
    }
    kept.becomes(&InstanceState::Healthy, Condition::Healthy);
    if is_first {
        kept.try_save().await;
    }
}
