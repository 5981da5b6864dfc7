//! How old the feed of an ecosystem is: when somebody last had all of it, and not a few advisories that speak of it too.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A feed that nobody has brought up to date for so long is stale.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// What a source held of one ecosystem when it was last read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub source: String,
    pub documents: u64,
    /// When that was last known to be all there is.
    pub renewed: Timestamp,
}

/// Whether a feed can be relied on for what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdvisoryFeedState)]
pub enum FeedState {
    Fresh,
    /// What is new since it was brought up to date is not known.
    Stale,
    /// There is no feed of it: nothing of it is known.
    Missing,
}

impl FeedState {
    /// Of a feed that is so old; none is missing.
    pub fn of(age: Option<SignedDuration>) -> Self {
        match age {
            None => Self::Missing,
            Some(age) if age > STALE_AFTER => Self::Stale,
            Some(_) => Self::Fresh,
        }
    }
}

/// The source by which an ecosystem is as new as it is: of those that have at least half of what the largest has, the newest. One
/// document of somebody's own renews no feed.
pub fn newest(carried: &[Carried]) -> Option<&Carried> {
    let most = carried.iter().map(|one| one.documents).max()?;
    carried.iter().filter(|one| one.documents.saturating_mul(2) >= most).max_by_key(|one| one.renewed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(source: &str, documents: u64, day: i64) -> Carried {
        Carried { source: source.into(), documents, renewed: Timestamp::from_second(day * 86_400).unwrap() }
    }

    fn by(carried: &[Carried]) -> Option<&str> {
        newest(carried).map(|one| one.source.as_str())
    }

    #[test]
    fn of_whole_feeds_the_newest_counts() {
        assert_eq!(by(&[carried("mirror", 900, 1), carried("folder", 1_000, 5)]), Some("folder"));
        assert_eq!(by(&[carried("mirror", 1_000, 9), carried("folder", 900, 5)]), Some("mirror"));
    }

    #[test]
    fn a_few_advisories_renew_no_feed() {
        assert_eq!(by(&[carried("mirror", 1_000, 1), carried("one document", 1, 40)]), Some("mirror"));
        assert_eq!(by(&[carried("one document", 1, 40)]), Some("one document"), "it is all there is");
        assert_eq!(by(&[]), None);
    }

    #[test]
    fn a_feed_is_fresh_for_two_days() {
        let hours = SignedDuration::from_hours;
        assert_eq!(FeedState::of(Some(hours(48))), FeedState::Fresh);
        assert_eq!(FeedState::of(Some(hours(49))), FeedState::Stale);
        assert_eq!(FeedState::of(None), FeedState::Missing);
    }
}
