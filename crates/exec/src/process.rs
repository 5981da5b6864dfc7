//! Processes as `/proc` shows them: who descends from whom, and signals that reach the right one.
//!
//! Invariant: a process is known by pid *and* start time, so that a reused pid is never taken for the old process.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// A process across the reuse of pids, and across reboots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    /// Field 22 of `/proc/<pid>/stat`: clock ticks from boot to the start of the process.
    pub(crate) start_ticks: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub(crate) boot: String,
}

impl Identity {
    /// The running process with this pid.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Some(Self { pid, start_ticks: Stat::of(pid)?.start_ticks, boot: boot() })
    }

    /// Whether it still runs. A zombie does not.
    pub(crate) fn runs(&self) -> bool {
        self.boot == boot() && Stat::of(self.pid).is_some_and(|stat| stat.start_ticks == self.start_ticks && stat.lives)
    }

    /// Sends `signal` to exactly this process; false if it is gone.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        self.boot == boot() && signal_exactly(self.pid, self.start_ticks, signal)
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// What is needed of `/proc/<pid>/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: u32,
    parent: u32,
    session: u32,
    start_ticks: u64,
    /// False for zombies: they hold no resources and no signal reaches them.
    lives: bool,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The second field is the program's name in brackets, which may hold spaces and brackets; fields are counted from its end.
    fn parse(pid: u32, line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.get(line.rfind(')')? + 2..)?.split_ascii_whitespace().collect();
        Some(Self {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            start_ticks: fields.get(19)?.parse().ok()?,
            lives: !matches!(*fields.first()?, "Z" | "X"),
        })
    }

    /// Sends `signal` to exactly this process; false if it is gone.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        signal_exactly(self.pid, self.start_ticks, signal)
    }
}

/// The handle is opened first and the identity checked after: from then on the signal can only reach that process.
fn signal_exactly(pid: u32, start_ticks: u64, signal: Signal) -> bool {
    let Some(handle) = pid_of(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { return false };
    Stat::of(pid).is_some_and(|stat| stat.start_ticks == start_ticks) && pidfd_send_signal(handle, signal).is_ok()
}

pub(crate) fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(Stat::of).collect()
}

/// Every living process that descends from `root`, children before grandchildren. Seen through the parents' links alone, so that new
/// sessions and process groups hide nobody.
pub(crate) fn descendants(root: u32) -> Vec<Stat> {
    let mut children: HashMap<u32, Vec<Stat>> = HashMap::new();
    for stat in all() {
        children.entry(stat.parent).or_default().push(stat);
    }
    let mut found = Vec::new();
    let mut seen = HashSet::from([root]);
    let mut next = vec![root];
    while let Some(parent) = next.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            if seen.insert(child.pid) {
                next.push(child.pid);
                found.push(child);
            }
        }
    }
    found.retain(|stat| stat.lives);
    found
}

/// What is left of the session that `leader` once opened. Empty if the leader's pid belongs to somebody else by now.
fn session_of(leader: &Identity) -> Vec<Stat> {
    if leader.boot != boot() || Stat::of(leader.pid).is_some_and(|now| now.start_ticks != leader.start_ticks) {
        return Vec::new();
    }
    let of_session = |stat: &Stat| stat.session == leader.pid && stat.start_ticks >= leader.start_ticks && stat.lives;
    all().into_iter().filter(of_session).collect()
}

/// Ends what a command left when its shim was killed: the kernel takes the command, this takes the rest of its session.
pub(crate) async fn end_session(leader: &Identity) {
    for _ in 0..200 {
        let left = session_of(leader);
        if left.is_empty() {
            return;
        }
        for stat in left {
            stat.signal(Signal::KILL);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_may_hold_spaces_and_brackets() {
        let line = "7 (a) b (c)) S 3 7 5 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";
        let expected = Stat { pid: 7, parent: 3, session: 5, start_ticks: 4711, lives: true };
        assert_eq!(Stat::parse(7, line), Some(expected));
    }

    #[test]
    fn this_process_runs_and_one_of_another_boot_does_not() {
        let me = Identity::of(std::process::id()).unwrap();
        assert!(me.runs());
        assert!(!Identity { boot: "another".to_owned(), ..me.clone() }.runs());
        assert!(!Identity { start_ticks: me.start_ticks + 1, ..me }.runs());
    }
}
