//! Flags, as experiments ask for them.

use experiments::Answer;
use experiments::model::Division;
use flags::Flags;
use futures_util::FutureExt as _;
use kernel::Problem;

/// Answers from the flags of this installation.
#[derive(Debug, Clone)]
pub struct Divisions(pub Flags);

impl experiments::Flags for Divisions {
    fn division<'a>(&'a self, flag: &'a str) -> Answer<'a, Division> {
        async move {
            let view = self.0.show(flag).await?;
            let item = view.item;
            if item.killed {
                let problem = Problem::conflict(format!("flag {flag:?} is killed: nobody is given anything else"));
                return Err(problem.hint(format!("`trunkline flag clear {flag}` ends the kill")));
            }
            if let Some(held) = item.held {
                let problem = Problem::conflict(format!("flag {flag:?} is held by a principle: {}", held.why));
                return Err(problem.hint(held.hint));
            }
            if item.state == "archived" {
                let problem = Problem::conflict(format!("flag {flag:?} is retired"));
                return Err(problem.hint("an experiment needs a flag that trunk defines"));
            }
            let shares = item.split.into_iter().map(|share| (share.variant, share.share)).collect();
            Ok(Division { shares, no_ramp: view.no_ramp })
        }
        .boxed()
    }
}
