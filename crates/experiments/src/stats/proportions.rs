//! Two proportions.

use serde::Serialize;

use super::moments::as_f64;
use super::special::{normal_isf, normal_two_sided};
use super::{Arms, Interval};

/// How many of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, Serialize)]
pub struct Count {
    pub n: u64,
    pub x: u64,
}

impl Count {
    /// The share.
    pub fn rate(&self) -> f64 {
        as_f64(self.x) / as_f64(self.n)
    }

    fn variance_of_rate(&self) -> f64 {
        self.rate() * (1.0 - self.rate()) / as_f64(self.n)
    }

    /// Wilson's score interval (Wilson 1927, eq. 10, as in Brown, Cai & DasGupta 2001, eq. 4).
    pub fn wilson(&self, alpha: f64) -> Interval {
        let (n, z) = (as_f64(self.n), normal_isf(alpha / 2.0));
        let middle = (self.rate() + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (self.variance_of_rate() + z * z / (4.0 * n * n)).sqrt();
        Interval::around(middle, half)
    }
}

/// The z test and three intervals for the difference of two shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TwoProportions {
    pub diff: f64,
    /// With one share for both arms in the variance, as it is without an effect; nothing if nobody or everybody did it.
    pub z_pooled: Option<f64>,
    pub p_pooled: Option<f64>,
    pub z_unpooled: Option<f64>,
    pub p_unpooled: Option<f64>,
    pub wald: Interval,
    /// Newcombe 1998, method 10: from Wilson's interval of each share. Good for small counts too.
    pub newcombe: Interval,
    /// Agresti & Caffo 2000: the z interval after two successes and two failures more.
    pub agresti_caffo: Interval,
}

/// Compares two shares. Both arms must have units.
pub fn two_proportions(arms: Arms<Count>, alpha: f64) -> TwoProportions {
    let Arms { a, b } = arms;
    let diff = b.rate() - a.rate();
    let both = Count { n: a.n + b.n, x: a.x + b.x }.rate();
    let pooled = (both * (1.0 - both) * (1.0 / as_f64(a.n) + 1.0 / as_f64(b.n))).sqrt();
    let unpooled = (a.variance_of_rate() + b.variance_of_rate()).sqrt();
    let (z_pooled, z_unpooled) = (score(diff, pooled), score(diff, unpooled));
    TwoProportions {
        diff,
        z_pooled,
        p_pooled: z_pooled.map(normal_two_sided),
        z_unpooled,
        p_unpooled: z_unpooled.map(normal_two_sided),
        wald: Interval::around(diff, normal_isf(alpha / 2.0) * unpooled),
        newcombe: newcombe(arms, alpha),
        agresti_caffo: agresti_caffo(arms, alpha),
    }
}

fn score(diff: f64, se: f64) -> Option<f64> {
    (se > 0.0).then(|| diff / se)
}

/// Newcombe's interval of the difference.
pub fn newcombe(Arms { a, b }: Arms<Count>, alpha: f64) -> Interval {
    let (of_a, of_b) = (a.wilson(alpha), b.wilson(alpha));
    let diff = b.rate() - a.rate();
    Interval {
        lower: diff - (b.rate() - of_b.lower).hypot(of_a.upper - a.rate()),
        upper: diff + (of_b.upper - b.rate()).hypot(a.rate() - of_a.lower),
    }
}

fn agresti_caffo(Arms { a, b }: Arms<Count>, alpha: f64) -> Interval {
    let [a, b] = [a, b].map(|count| Count { n: count.n + 2, x: count.x + 1 });
    let se = (a.variance_of_rate() + b.variance_of_rate()).sqrt();
    Interval::around(b.rate() - a.rate(), normal_isf(alpha / 2.0) * se)
}
