//! The run that goes on, and what a newer change means for it.
//!
//! A newer change contains the one that is being verified, so that its run is ended: nobody waits for the answer. Not
//! twice in a row, though: on a trunk that is busier than its checks every second run comes to its end, and ships.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Runs by repository.
#[derive(Debug, Default)]
pub(crate) struct Going(Mutex<HashMap<String, Run>>);

#[derive(Debug, Default)]
struct Run {
    /// Its id, while one goes on.
    id: Option<String>,
    /// The newer change for which it is ended.
    superseded_by: Option<String>,
    /// The run before it was ended for a newer change: this one is not.
    follows_a_cut: bool,
}

impl Going {
    fn with<T>(&self, repository: &str, act: impl FnOnce(&mut Run) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(repository.to_owned()).or_default())
    }

    pub(crate) fn begin(&self, repository: &str, run: &str) {
        self.with(repository, |going| going.id = Some(run.to_owned()));
    }

    /// A newer change landed: the run to end for it, if any.
    pub(crate) fn supersede(&self, repository: &str, newer: &str) -> Option<String> {
        self.with(repository, |going| {
            if going.follows_a_cut || going.superseded_by.is_some() {
                return None;
            }
            let run = going.id.clone()?;
            going.superseded_by = Some(newer.to_owned());
            Some(run)
        })
    }

    /// The run is over; the newer change for which it was ended.
    pub(crate) fn end(&self, repository: &str) -> Option<String> {
        self.with(repository, |going| {
            going.id = None;
            let by = going.superseded_by.take();
            going.follows_a_cut = by.is_some();
            by
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_change_ends_the_run_that_goes_on() {
        let going = Going::default();
        assert_eq!(going.supersede("shop", "b"), None, "nothing goes on");
        going.begin("shop", "run of a");
        assert_eq!(going.supersede("shop", "b").as_deref(), Some("run of a"));
        assert_eq!(going.supersede("shop", "c"), None, "it is being ended already");
        assert_eq!(going.end("shop").as_deref(), Some("b"));
    }

    #[test]
    fn every_second_run_comes_to_its_end() {
        let going = Going::default();
        going.begin("shop", "first");
        assert!(going.supersede("shop", "b").is_some());
        going.end("shop");
        going.begin("shop", "second");
        assert_eq!(going.supersede("shop", "c"), None, "the one before was ended");
        assert_eq!(going.end("shop"), None);
        going.begin("shop", "third");
        assert!(going.supersede("shop", "d").is_some());
    }

    #[test]
    fn repositories_do_not_mind_each_other() {
        let going = Going::default();
        going.begin("shop", "run");
        assert_eq!(going.supersede("site", "b"), None);
    }
}
