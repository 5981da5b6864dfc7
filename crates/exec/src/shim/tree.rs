//! The command and all that descends from it.
//!
//! The shim is their reaper (`PR_SET_CHILD_SUBREAPER`): a process whose parent dies becomes the shim's child, whatever session or group it
//! made for itself. So `wait` answers "no children" exactly when nothing is left. Nobody else in this process may wait for children.

use std::time::Duration;

use rustix::process::{Signal, WaitOptions, WaitStatus, wait};
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout};

use super::order::Caller;
use crate::{End, process};

/// Longest grace once the caller is gone: within a second of that nothing may be left.
const GRACE_WITHOUT_PARENT: Duration = Duration::from_millis(500);

/// Time between two rounds of SIGKILL, for processes that were being born during the first.
const KILL_ROUND: Duration = Duration::from_millis(10);

/// Rounds until a process that the kernel cannot end (it waits for a broken disk) is given up: twenty seconds.
const KILL_ROUNDS: u32 = 2000;

/// Why a command is ended.
pub(super) enum Stop {
    Ended(End),
    Asked,
    ParentGone,
    TimedOut { after_seconds: f64 },
}

/// Everything that the shim is the reaper of.
pub(super) struct Tree {
    child_changed: unix::Signal,
    command: Option<u32>,
    status: Option<WaitStatus>,
}

impl Tree {
    /// Create it before the first child, so that no end is missed.
    pub(super) fn new() -> Result<Self, String> {
        let child_changed = signal(SignalKind::child()).map_err(|error| format!("cannot handle signals: {error}"))?;
        Ok(Self { child_changed, command: None, status: None })
    }

    /// From now on the command is the child with this pid.
    pub(super) fn adopt(&mut self, command: u32) {
        self.command = Some(command);
    }

    /// Waits for the end of the command itself.
    pub(super) async fn command_ended(&mut self) -> End {
        while !self.reap() && self.status.is_none() {
            self.child_changed.recv().await;
        }
        self.command_end()
    }

    /// How the command ended, after its end.
    pub(super) fn command_end(&self) -> End {
        match self.status.map(|status| (status.exit_status(), status.terminating_signal())) {
            Some((Some(code), _)) => End::Exited { code },
            Some((None, Some(signal))) => End::Signalled { signal },
            // The kernel would not let go of it.
            _ => End::Signalled { signal: Signal::KILL.as_raw() },
        }
    }

    /// Gives what runs beside the command a moment to end by itself and says how many did not.
    pub(super) async fn settle(&mut self, moment: Duration) -> u32 {
        if timeout(moment, self.all_ended()).await.is_ok() {
            return 0;
        }
        u32::try_from(process::descendants(std::process::id()).len()).unwrap_or(u32::MAX)
    }

    /// Ends everything: SIGTERM, `grace`, SIGKILL. A caller that goes away meanwhile shortens the grace.
    pub(super) async fn stop(&mut self, grace: Duration, caller: &mut Caller) {
        if self.reap() {
            return;
        }
        signal_all(Signal::TERM);
        let deadline = Instant::now() + grace;
        tokio::select! {
            biased;
            () = self.all_ended() => return,
            () = sleep_until(deadline) => {}
            () = caller.gone() => {
                let deadline = deadline.min(Instant::now() + GRACE_WITHOUT_PARENT);
                if tokio::time::timeout_at(deadline, self.all_ended()).await.is_ok() {
                    return;
                }
            }
        }
        for _ in 0..KILL_ROUNDS {
            signal_all(Signal::KILL);
            if timeout(KILL_ROUND, self.all_ended()).await.is_ok() {
                return;
            }
        }
    }

    async fn all_ended(&mut self) {
        while !self.reap() {
            self.child_changed.recv().await;
        }
    }

    /// Takes note of every child that ended; true if none is left. Signals are merged, so one of them may stand for many children.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if u32::try_from(pid.as_raw_nonzero().get()).ok() == self.command {
                        self.status = Some(status);
                    }
                }
                Ok(None) => return false,
                Err(rustix::io::Errno::INTR) => {}
                Err(_no_children) => return true,
            }
        }
    }
}

fn signal_all(signal: Signal) {
    for stat in process::descendants(std::process::id()) {
        stat.signal(signal);
    }
}
