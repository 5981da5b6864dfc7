//! Flags, as experiments ask for them.

use experiments::Answer;
use experiments::model::Division;
use flags::Flags;
use futures_util::FutureExt as _;

/// Answers from the flags of this installation.
#[derive(Debug, Clone)]
pub struct Divisions(pub Flags);

impl experiments::Flags for Divisions {
    fn division<'a>(&'a self, flag: &'a str) -> Answer<'a, Division> {
        async move {
            let view = self.0.show(flag).await?;
            let shares = view.item.split.into_iter().map(|share| (share.variant, share.share)).collect();
            Ok(Division { is_killed: view.item.killed, shares })
        }
        .boxed()
    }
}
