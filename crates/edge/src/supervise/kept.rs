//! One instance as everybody sees it: its keeper writes, the admin socket and the front door read.
//!
//! Invariants: an instance that is told to end gets no new requests from that moment on, whatever its keeper is just
//! finding out; what is written to disk is never older than what was written before.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use kernel::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Error;
use crate::model::{Instance, InstanceState};
use crate::supervise::record::{Files, Phase, Record};
use crate::upstream::{Condition, Upstream};

/// Of the log, for a look at what is wrong.
const LAST_LINES: usize = 20;
/// Longer lines are cut.
const LINE_CHARS: usize = 500;

#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) files: Files,
    pub(crate) slot: Arc<Upstream>,
    now: watch::Sender<Now>,
    told: watch::Sender<Told>,
    saving: Arc<Mutex<()>>,
    /// The end of the log of one that writes no more.
    last_words: OnceLock<Vec<String>>,
}

/// What is known of it now.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    pub(crate) record: Record,
    pub(crate) state: InstanceState,
    pub(crate) pid: Option<u32>,
}

/// What its keeper is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Keep it running.
    Keep,
    /// End it for good, at this moment at the latest, or when it has no more requests.
    Stop { by: Instant },
    /// End it at once; it is wanted again when the edge comes back.
    Rest,
}

impl Kept {
    pub(crate) fn new(record: Record, files: Files, slot: Arc<Upstream>) -> Self {
        let state = match &record.phase {
            // Reported as what it was when it was last seen; its keeper finds out what it is.
            Phase::Wanted => InstanceState::Starting,
            Phase::Exited { status } => InstanceState::Exited { status: status.clone() },
            Phase::Draining => InstanceState::Draining,
            Phase::Stopped { .. } => InstanceState::Stopped,
        };
        let told = match &record.phase {
            // Its requests were lost with the edge that had them.
            Phase::Draining => Told::Stop { by: Instant::now() },
            _ => Told::Keep,
        };
        let now = Now { record, state, pid: None };
        Self {
            files,
            slot,
            now: watch::Sender::new(now),
            told: watch::Sender::new(told),
            saving: Arc::default(),
            last_words: OnceLock::new(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.now.borrow().clone()
    }

    pub(crate) fn is_wanted(&self) -> bool {
        !matches!(self.now.borrow().state, InstanceState::Draining | InstanceState::Stopped)
    }

    pub(crate) fn changes(&self) -> watch::Receiver<Now> {
        self.now.subscribe()
    }

    pub(crate) fn orders(&self) -> watch::Receiver<Told> {
        self.told.subscribe()
    }

    /// What it is and whether it gets requests change together, and not at all once it is to end.
    pub(crate) fn becomes(&self, state: &InstanceState, condition: Condition) {
        self.now.send_if_modified(|now| {
            if matches!(now.state, InstanceState::Draining | InstanceState::Stopped) {
                return false;
            }
            self.slot.set_condition(condition);
            std::mem::replace(&mut now.state, state.clone()) != *state
        });
    }

    /// Where it is reached. Comes before it may get requests.
    pub(crate) fn is_at(&self, ip: IpAddr) {
        self.now.send_modify(|now| {
            now.record.listens = Some(ip);
            if !matches!(now.state, InstanceState::Draining | InstanceState::Stopped) {
                self.slot.set_address(SocketAddr::new(ip, now.record.port));
            }
        });
    }

    pub(crate) fn note(&self, change: impl FnOnce(&mut Now)) {
        self.now.send_modify(change);
    }

    /// No new requests from now on.
    pub(crate) fn drains(&self) {
        self.now.send_modify(|now| {
            if now.state != InstanceState::Stopped {
                now.state = InstanceState::Draining;
                now.record.phase = Phase::Draining;
            }
            self.slot.close();
        });
    }

    /// Nothing of it runs any more, for good.
    pub(crate) fn stopped(&self) {
        self.now.send_modify(|now| {
            now.state = InstanceState::Stopped;
            now.pid = None;
            now.record.phase = Phase::Stopped { at: kernel::SystemClock.now() };
            now.record.forget_spec();
        });
    }

    /// A shorter limit replaces a longer one.
    pub(crate) fn tell(&self, told: Told) {
        self.told.send_if_modified(|before| {
            let next = match (*before, told) {
                (Told::Stop { by }, Told::Stop { by: other }) => Told::Stop { by: by.min(other) },
                // What is stopping for good stays so; only sooner.
                (Told::Stop { .. }, Told::Rest) => Told::Stop { by: Instant::now() },
                (_, told) => told,
            };
            std::mem::replace(before, next) != next
        });
    }

    /// Writes the record as it is now. Durable when it returns.
    pub(crate) async fn save(&self) -> Result<(), Error> {
        let (now, saving, path) = (self.now.subscribe(), self.saving.clone(), self.files.json.clone());
        // Goes on to its end even if nobody waits for it any more.
        let written = tokio::task::spawn_blocking(move || {
            let _one_at_a_time = saving.lock().unwrap_or_else(PoisonError::into_inner);
            let record = now.borrow().record.clone();
            record.write(&path)
        });
        let written = written.await;
        written.unwrap_or_else(|e| Err(Error::Failed { why: format!("writing an instance's record: {e}") }))
    }

    /// The same where a full disk is no reason to stop: the next save writes all of it.
    pub(crate) async fn try_save(&self) {
        if let Err(error) = self.save().await {
            tracing::error!(instance = self.slot.id(), error = kernel::chain(&error), "cannot save its record");
        }
    }

    /// Reads its log unless it is healthy, so do this where blocking is fine.
    pub(crate) fn instance(&self) -> Instance {
        let Now { record, state, pid } = self.now();
        let last_lines = match state {
            InstanceState::Healthy => Vec::new(),
            InstanceState::Exited { .. } | InstanceState::Stopped => {
                self.last_words.get_or_init(|| self.last_lines()).clone()
            }
            _ => self.last_lines(),
        };
        Instance {
            id: record.id,
            service: record.service,
            deployment: record.deployment,
            state,
            port: record.port,
            pid,
            restarts: record.restarts,
            in_flight: self.slot.in_flight(),
            started: record.started,
            healthy_at: record.healthy_at,
            last_lines,
        }
    }

    fn last_lines(&self) -> Vec<String> {
        let text = exec::tail(&self.files.log, LAST_LINES).unwrap_or_default();
        text.lines().map(|line| line.chars().take(LINE_CHARS).collect()).collect()
    }

    /// When it was stopped, if it was.
    pub(crate) fn stopped_at(&self) -> Option<Timestamp> {
        match self.now.borrow().record.phase {
            Phase::Stopped { at } => Some(at),
            _ => None,
        }
    }
}
