//! What a command can reach, and how much of that this machine can enforce.

mod capabilities;
mod files;

use landlock::{ABI, Access, AccessFs, LandlockStatus, Ruleset, RulesetAttr, Scope};
use serde::{Deserialize, Serialize};

use crate::Isolation;

/// The newest rules that were tested. An older kernel enforces the part it knows.
const RULES: ABI = ABI::V7;

/// Files can be hidden from this version on. The first cannot: under it nothing can be moved between folders, which breaks every build.
const FILES_SINCE: u32 = 2;

/// Signals and abstract sockets are confined from this version on.
const SCOPES_SINCE: u32 = 6;

/// How strictly a command is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Landlock rules as far as the kernel has them, and as root only the privileges that builds need.
    Strict,
    /// A clean environment, an own session and no new privileges; nothing more.
    Off,
}

/// What [`Level::Strict`] amounts to on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`Level::Strict`] if files can be hidden, even where signals and sockets cannot be confined; the explanation says it.
    pub level: Level,
    /// Version of landlock in the kernel; 0 for none.
    pub landlock_abi: u32,
    /// One plain sentence for people.
    pub explanation: String,
}

/// What isolation this machine can enforce. Asks the kernel; takes well under a millisecond.
pub fn in_force() -> Report {
    report(kernel_status().map_or(0, |status| match status {
        LandlockStatus::Available { effective_abi, kernel_abi } => {
            kernel_abi.and_then(|abi| abi.try_into().ok()).unwrap_or(effective_abi as u32)
        }
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    }))
}

fn report(abi: u32) -> Report {
    let missing = "can still signal processes of the same user and connect to Trunkline's sockets (a kernel from 6.12 on prevents that)";
    let (level, explanation) = match abi {
        0 => (Level::Off, "isolation is off: this kernel has no landlock, or it is not enabled (kernel 5.19 or later, `lsm=landlock`)".to_owned()),
        1 => (Level::Off, "isolation is off: this kernel's landlock (version 1) would break builds; from kernel 5.19 on it works".to_owned()),
        2..SCOPES_SINCE => (
            Level::Strict,
            format!("isolation is strict for files (landlock {abi}): commands see no hidden folder and write only their own, but {missing}"),
        ),
        _ => (
            Level::Strict,
            format!(
                "isolation is strict (landlock {abi}): commands see no hidden folder, write only their own, \
                 and can neither signal nor trace a process outside nor reach Trunkline's sockets"
            ),
        ),
    };
    Report { level, landlock_abi: abi, explanation }
}

/// The crate tells the version only to who restricts itself, and a restriction holds for the thread alone: so a thread of its own asks.
fn kernel_status() -> Option<LandlockStatus> {
    let ask = || {
        let rules = Ruleset::default().handle_access(AccessFs::MakeBlock).ok()?.create().ok()?;
        rules.restrict_self().ok().map(|restriction| restriction.landlock)
    };
    std::thread::Builder::new().spawn(ask).ok()?.join().ok()?
}

/// Restricts the calling thread, and whatever it executes, for good. Call it as the last thing before the command is executed.
pub(crate) fn restrict(isolation: &Isolation) -> Result<(), String> {
    rustix::thread::set_no_new_privs(true).map_err(|error| format!("cannot give up new privileges: {error}"))?;
    match isolation.level {
        Level::Off => Ok(()),
        Level::Strict => {
            capabilities::drop_most();
            landlock(isolation)
        }
    }
}

fn landlock(isolation: &Isolation) -> Result<(), String> {
    if in_force().landlock_abi < FILES_SINCE {
        return Ok(());
    }
    let failed = |error: landlock::RulesetError| format!("cannot set up isolation: {error}");
    let rules = Ruleset::default().handle_access(AccessFs::from_all(RULES)).map_err(failed)?;
    let rules = rules.scope(Scope::from_all(RULES)).map_err(failed)?;
    let mut rules = rules.create().map_err(failed)?;
    files::grant(&mut rules, isolation)?;
    rules.restrict_self().map_err(failed).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_sentence() {
        assert_eq!(report(0).level, Level::Off);
        assert_eq!(report(1).level, Level::Off);
        assert_eq!(report(3).level, Level::Strict);
        assert!(report(3).explanation.contains("can still signal"));
        assert!(!report(6).explanation.contains("can still"));
    }
}
