//! What comes in, checked.

use kernel::Problem;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::stats::power::Promise;
use crate::stats::proportions::Count;
use crate::stats::relative::Estimate;
use crate::stats::{Arms, Moments};

/// What is said of in errors.
const STANDARD_INPUT: &str = "standard input";

#[derive(Debug, Deserialize)]
pub(super) struct Asked<I, P> {
    pub(super) inputs: I,
    pub(super) params: P,
}

pub(super) fn asked<I: DeserializeOwned, P: DeserializeOwned>(text: &str) -> Result<Asked<I, P>, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let message = error.to_string();
        let message = message.rfind(" at line ").map_or(message.as_str(), |place| &message[..place]);
        Problem::invalid(message.to_owned())
            .at(STANDARD_INPUT, number(error.line()), number(error.column()))
            .hint("a method reads {\"inputs\": {..}, \"params\": {..}}, as docs/reference/experiments.md shows")
    })
}

/// An error rate.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Alpha(pub(super) f64);

impl TryFrom<f64> for Alpha {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if 0.0 < value && value < 1.0 { Ok(Self(value)) } else { Err(format!("{value} is not between 0 and 1")) }
    }
}

/// A number above zero.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Positive(pub(super) f64);

impl TryFrom<f64> for Positive {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value > 0.0 { Ok(Self(value)) } else { Err(format!("{value} is not above 0")) }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Level {
    pub(super) alpha: Alpha,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Planned {
    alpha: Alpha,
    power: Alpha,
    ratio: Option<Positive>,
}

impl Planned {
    pub(super) fn promise(self) -> Promise {
        Promise { alpha: self.alpha.0, power: self.power.0, ratio: self.ratio.map_or(1.0, |ratio| ratio.0) }
    }
}

/// A share: no more successes than units, and some units.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "Count")]
pub(super) struct Share(pub(super) Count);

impl TryFrom<Count> for Share {
    type Error = String;

    fn try_from(count: Count) -> Result<Self, String> {
        match count {
            Count { n: 0, .. } => Err("an arm has no units".to_owned()),
            Count { n, x } if x > n => Err(format!("{x} of {n} units are too many")),
            count => Ok(Self(count)),
        }
    }
}

impl Arms<Share> {
    pub(super) fn counts(self) -> Arms<Count> {
        Arms { a: self.a.0, b: self.b.0 }
    }
}

/// Sums over the values of an arm's units.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Sums {
    n: u64,
    sum: f64,
    sum_squares: f64,
}

impl Sums {
    pub(super) fn moments(self) -> Moments {
        Moments::from_sums(self.n, self.sum, self.sum_squares)
    }
}

/// An arm as its sums or as its share.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(super) enum Sample {
    Values(Sums),
    Share(Share),
}

impl Sample {
    /// Nothing of what has no variance to estimate.
    fn estimate(self) -> Option<Estimate> {
        match self {
            Self::Values(sums) => Estimate::of_values(&sums.moments()),
            Self::Share(share) => Estimate::of_share(share.0),
        }
    }
}

/// Both arms of either kind.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Samples {
    a: Sample,
    b: Sample,
}

impl Samples {
    pub(super) fn estimates(self) -> Option<Arms<Estimate>> {
        Some(Arms { a: self.a.estimate()?, b: self.b.estimate()? })
    }
}

/// For what a method has no answer to.
pub(super) fn undefined(why: &str) -> Problem {
    Problem::invalid(format!("there is no answer: {why}"))
}
