//! The customers' own books of the way to an order: how far each came, with which checkout and on which release.
//!
//! A book is opened when nobody is in the shop and read when nobody is any more, so that nothing is half done in it. Steps
//! are taken in order, others may lie between, and the deepest way counts: exactly what `journeys/checkout.yaml` says.

use std::collections::BTreeMap;

use http::Method;

/// Steps of the journey.
pub(crate) const STEPS: usize = 4;

/// A step that somebody took, known from what was asked and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// From 0.
    pub(crate) step: usize,
    pub(crate) side: Side,
}

/// What somebody met. `checkout` is what the shop says of itself: `one-page`, `classic`, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Side {
    pub(crate) checkout: Option<String>,
    pub(crate) release: Option<u64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Walks {
    people: BTreeMap<usize, Walk>,
}

#[derive(Debug, Clone)]
struct Walk {
    depth: usize,
    /// Where the way began.
    side: Side,
    is_mixed: bool,
}

/// How many came how far.
pub(crate) type Funnel = [u64; STEPS];

impl Taken {
    pub(crate) fn of(method: &Method, path: &str, status: u16, location: Option<&str>, side: Side) -> Option<Self> {
        let is_order = location.is_some_and(|to| to.starts_with("/orders/"));
        let step = match (method.as_str(), path, status) {
            ("GET", path, 200) if path.starts_with("/products/") => 0,
            ("POST", "/basket", 303) => 1,
            ("GET", "/checkout", 200) => 2,
            ("POST", "/checkout", 303) if is_order => 3,
            _ => return None,
        };
        Some(Self { step, side })
    }
}

impl Walks {
    pub(crate) fn write(&mut self, customer: usize, taken: Taken) {
        let Taken { step, side } = taken;
        let Some(walk) = self.people.get_mut(&customer) else {
            if step == 0 {
                self.people.insert(customer, Walk { depth: 1, side, is_mixed: false });
            }
            return;
        };
        walk.is_mixed |= walk.side != side;
        if walk.depth == step {
            walk.depth += 1;
        }
    }

    pub(crate) fn funnel(&self, of: impl Fn(&Side) -> bool) -> Funnel {
        let mut funnel = Funnel::default();
        for walk in self.people.values().filter(|walk| of(&walk.side)) {
            funnel[..walk.depth].iter_mut().for_each(|persons| *persons += 1);
        }
        funnel
    }

    /// Customers who met several checkouts or releases, so that no way is one side's alone.
    pub(crate) fn mixed(&self) -> usize {
        self.people.values().filter(|walk| walk.is_mixed).count()
    }

    /// The sides that somebody began on.
    pub(crate) fn releases(&self) -> Vec<u64> {
        let mut all: Vec<_> = self.people.values().filter_map(|walk| walk.side.release).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(step: usize, checkout: &str) -> Taken {
        Taken { step, side: Side { checkout: Some(checkout.into()), release: Some(3) } }
    }

    #[test]
    fn a_way_goes_in_order_and_begins_at_its_beginning() {
        let mut walks = Walks::default();
        for step in [1, 2, 0, 2, 1, 0, 3, 2] {
            walks.write(1, taken(step, "classic"));
        }
        for step in [0, 1, 2, 3, 3] {
            walks.write(2, taken(step, "one-page"));
        }
        walks.write(3, taken(3, "classic"));
        assert_eq!(walks.funnel(|_| true), [2, 2, 2, 1]);
        assert_eq!(walks.funnel(|side| side.checkout.as_deref() == Some("classic")), [1, 1, 1, 0]);
        assert_eq!((walks.mixed(), walks.releases()), (0, vec![3]));
        walks.write(1, taken(0, "one-page"));
        assert_eq!(walks.mixed(), 1);
    }

    #[test]
    fn a_step_is_known_by_how_it_was_answered() {
        let step = |method: Method, path, status, location| {
            Taken::of(&method, path, status, location, Side::default()).map(|taken| taken.step)
        };
        assert_eq!(step(Method::GET, "/products/stove", 200, None), Some(0));
        assert_eq!(step(Method::GET, "/products/unicorn", 404, None), None);
        assert_eq!(step(Method::POST, "/basket", 303, Some("/basket")), Some(1));
        assert_eq!(step(Method::GET, "/checkout", 303, Some("/basket")), None);
        assert_eq!(step(Method::GET, "/checkout", 200, None), Some(2));
        assert_eq!(step(Method::POST, "/checkout", 422, None), None);
        assert_eq!(step(Method::POST, "/checkout", 303, Some("/orders/7")), Some(3));
        assert_eq!(step(Method::POST, "/checkout", 303, Some("/basket")), None);
    }
}
