//! The routing table: which service a request belongs to and which of its deployments gets it. Immutable once built, read
//! without waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use http::HeaderValue;
use kernel::split;

use crate::model::{Routes, ServiceRoute};
use crate::tally::{Book, Tallies};
use crate::upstream::{Condition, InFlight, Refused, Upstream, Upstreams};
use crate::{Error, limits};

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) routes: Routes,
    services: Vec<Arc<Service>>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) route: ServiceRoute,
    arms: Vec<Arm>,
}

#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) deployment: u64,
    pub(crate) release: HeaderValue,
    pub(crate) tallies: Tallies,
    upstreams: Vec<Arc<Upstream>>,
    turn: AtomicUsize,
}

/// Whose instance a request may go to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Choice {
    /// This arm's; if it has nothing healthy, another's.
    Preferred(usize),
    /// Nobody else's.
    Only(usize),
}

impl Choice {
    /// The arm that the request belongs to.
    pub(crate) const fn arm(self) -> usize {
        match self {
            Self::Preferred(arm) | Self::Only(arm) => arm,
        }
    }
}

/// What a look for an instance gave.
#[derive(Debug)]
pub(crate) enum Pick<'a> {
    /// Go there. The arm may be another than asked for.
    Enter(&'a Arm, InFlight),
    /// All that could take it are busy to their bound.
    Full,
    /// Nothing can take it now, but something may soon.
    Wait,
    /// Nothing runs, and nothing is on its way.
    Nothing,
}

impl Table {
    /// Builds the table; the windows of all its arms are open when this returns.
    pub(crate) fn build(routes: Routes, upstreams: &Upstreams, book: &Book) -> Result<Self, Error> {
        check(&routes)?;
        let mut services: Vec<_> =
            routes.services.iter().map(|route| Arc::new(Service::build(route, upstreams, book))).collect();
        // The first match wins: those with a host, then the longest path.
        services.sort_by_key(|service| {
            (service.route.host.is_none(), std::cmp::Reverse(service.route.path.trim_end_matches('/').len()))
        });
        Ok(Self { routes, services })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// Whether any service has an arm for it.
    pub(crate) fn has(&self, deployment: u64) -> bool {
        self.services.iter().any(|service| service.arm_with(deployment).is_some())
    }

    /// The service of a request; `host` without its port.
    pub(crate) fn find(&self, host: &str, path: &str) -> Option<&Arc<Service>> {
        self.services.iter().find(|service| {
            let is_host = service.route.host.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(host));
            is_host && is_below(&service.route.path, path)
        })
    }
}

/// Whether `path` is `prefix` or lies below it, by whole segments.
fn is_below(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn check(routes: &Routes) -> Result<(), Error> {
    if routes.services.len() > limits::SERVICES {
        return Err(Error::invalid(format!("more than {} services", limits::SERVICES)));
    }
    for (n, route) in routes.services.iter().enumerate() {
        check_service(route).map_err(|why| Error::invalid(format!("route of service {:?}: {why}", route.service)))?;
        let same = |other: &&ServiceRoute| other.path == route.path && other.host == route.host;
        if let Some(other) = routes.services[..n].iter().find(same) {
            let (a, b) = (&other.service, &route.service);
            return Err(Error::invalid(format!("services {a:?} and {b:?} have the same host and path")));
        }
    }
    Ok(())
}

fn check_service(route: &ServiceRoute) -> Result<(), String> {
    if !route.path.starts_with('/') {
        return Err(format!("path {:?} does not begin with /", route.path));
    }
    if is_below("/_trunkline", &route.path) {
        return Err("paths below /_trunkline/ are reserved".into());
    }
    let total: u64 = route.arms.iter().map(|arm| u64::from(arm.weight)).sum();
    if total != u64::from(split::WHOLE) {
        return Err(format!("weights sum to {total}, not {}", split::WHOLE));
    }
    let widest = route.arms.iter().map(|arm| arm.instances.len()).max().unwrap_or(0).max(route.arms.len());
    if widest > limits::ARMS {
        return Err(format!("more than {} arms, or instances in one", limits::ARMS));
    }
    route
        .arms
        .iter()
        .flat_map(|arm| &arm.instances)
        .try_for_each(|id| crate::supervise::check_id(id).map_err(|e| e.to_string()))
}

impl Service {
    fn build(route: &ServiceRoute, upstreams: &Upstreams, book: &Book) -> Self {
        let arms = route.arms.iter().map(|arm| Arm {
            deployment: arm.deployment,
            release: HeaderValue::from(arm.deployment),
            tallies: book.open(&route.service, arm.deployment, &route.window),
            upstreams: arm.instances.iter().map(|id| upstreams.slot(id)).collect(),
            turn: AtomicUsize::new(0),
        });
        Self { route: route.clone(), arms: arms.collect() }
    }

    /// The arm that `key` belongs to.
    pub(crate) fn arm_of(&self, key: &str) -> usize {
        if self.arms.len() == 1 {
            return 0;
        }
        arm_of_bucket(self.route.arms.iter().map(|arm| arm.weight), split::bucket(&self.route.seed, key))
    }

    /// The arm of a deployment.
    pub(crate) fn arm_with(&self, deployment: u64) -> Option<usize> {
        self.route.arms.iter().position(|arm| arm.deployment == deployment)
    }

    /// A candidate that no customer may get into, whatever happens to the other arms.
    fn is_dark(&self, arm: usize) -> bool {
        arm > 0 && arm + 1 == self.arms.len() && self.route.arms[arm].weight == 0
    }

    pub(crate) fn arm(&self, index: usize) -> &Arm {
        &self.arms[index]
    }

    /// Whether an arm has no healthy instance at all.
    pub(crate) fn is_down(&self, arm: usize) -> bool {
        !self.arms[arm].upstreams.iter().any(|upstream| upstream.condition() == Condition::Healthy)
    }

    /// A place in an instance that is not in `tried`: a healthy one of the chosen arm; only if that arm has none at all, a
    /// healthy one of another that may be had; only if there is none either, one that runs but is not well.
    pub(crate) fn pick(&self, choice: Choice, tried: &[String], most: u64) -> Pick<'_> {
        let open = self.open_to(choice);
        let mut full = false;
        let choices: Vec<_> = match open.iter().find(|arm| !self.is_down(**arm)) {
            Some(healthy) => vec![(*healthy, Condition::Healthy)],
            None => open.iter().map(|arm| (*arm, Condition::Unwell)).collect(),
        };
        for (index, condition) in choices {
            match self.arms[index].enter(condition, tried, most) {
                Ok(inside) => return Pick::Enter(&self.arms[index], inside),
                Err(refused) => full |= refused == Some(Refused::Full),
            }
        }
        if full {
            return Pick::Full;
        }
        let mut upstreams = open.iter().flat_map(|arm| &self.arms[*arm].upstreams);
        let is_hopeless = upstreams.all(|upstream| upstream.condition() == Condition::Closed);
        if is_hopeless { Pick::Nothing } else { Pick::Wait }
    }

    /// The arms that may take a request, the best first.
    fn open_to(&self, choice: Choice) -> Vec<usize> {
        match choice {
            Choice::Only(arm) => vec![arm],
            Choice::Preferred(arm) => {
                let others = (0..self.arms.len()).filter(|other| *other != arm && !self.is_dark(*other));
                std::iter::once(arm).chain(others).collect()
            }
        }
    }
}

impl Arm {
    /// The next instance in turn that has `condition`.
    fn enter(&self, condition: Condition, tried: &[String], most: u64) -> Result<InFlight, Option<Refused>> {
        let count = self.upstreams.len();
        let turn = self.turn.fetch_add(1, Relaxed);
        let mut refused = None;
        for step in 0..count {
            let upstream = &self.upstreams[turn.wrapping_add(step) % count];
            if upstream.condition() != condition || tried.iter().any(|id| id == upstream.id()) {
                continue;
            }
            match upstream.enter(most) {
                Ok(inside) => return Ok(inside),
                Err(why) => refused = Some(why),
            }
        }
        Err(refused)
    }
}

/// The last arm has the buckets below its weight, the one before it the next ones, and so on; the first has the rest.
/// So the candidate's share only ever grows at the others' cost, and nobody in it moves out.
fn arm_of_bucket(weights: impl ExactSizeIterator<Item = u32> + DoubleEndedIterator, bucket: u32) -> usize {
    let mut end = 0;
    for (index, weight) in weights.enumerate().rev() {
        end += weight;
        if bucket < end {
            return index;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Arm as ArmRoute;

    fn route(service: &str, host: Option<&str>, path: &str) -> ServiceRoute {
        ServiceRoute {
            service: service.into(),
            path: path.into(),
            host: host.map(Into::into),
            seed: "47".into(),
            window: "47/1".into(),
            arms: vec![ArmRoute { deployment: 47, instances: vec![format!("{service}-47-1")], weight: 10_000 }],
            sticky_header: None,
            person: None,
            pageviews: true,
        }
    }

    fn table(services: Vec<ServiceRoute>) -> Result<Table, Error> {
        Table::build(Routes { generation: 1, services }, &Upstreams::default(), &Book::default())
    }

    #[test]
    fn host_then_longest_prefix_by_whole_segments() {
        let routes = vec![
            route("shop", None, "/"),
            route("api", None, "/api"),
            route("docs", Some("docs.example"), "/"),
            route("v2", None, "/api/v2/"),
        ];
        let table = table(routes).unwrap();
        let found = |host, path| table.find(host, path).map(|s| s.route.service.as_str());
        assert_eq!(found("x", "/"), Some("shop"));
        assert_eq!(found("x", "/apix"), Some("shop"));
        assert_eq!(found("x", "/api"), Some("api"));
        assert_eq!(found("x", "/api/v2"), Some("v2"));
        assert_eq!(found("x", "/api/v2/a"), Some("v2"));
        assert_eq!(found("DOCS.example", "/api"), Some("docs"));
    }

    #[test]
    fn wrong_routes_are_refused_with_the_reason() {
        let mut light = route("shop", None, "/");
        light.arms[0].weight = 9_999;
        let wrong = [
            (vec![light], "sum to 9999"),
            (vec![route("shop", None, "shop")], "does not begin with /"),
            (vec![route("shop", None, "/_trunkline/x")], "reserved"),
            (vec![route("a", None, "/"), route("b", None, "/")], "same host and path"),
            (vec![route("../a", None, "/")], "instance id"),
        ];
        for (routes, expected) in wrong {
            let error = table(routes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} lacks {expected:?}");
        }
    }

    #[test]
    fn another_arm_only_if_mine_has_nothing_healthy() {
        let (upstreams, book) = (Upstreams::default(), Book::default());
        let mut shop = route("shop", None, "/");
        shop.arms[0].weight = 5_000;
        shop.arms.push(ArmRoute { deployment: 48, instances: vec!["b1".into(), "b2".into()], weight: 5_000 });
        let service = Service::build(&shop, &upstreams, &book);
        let picked = |tried: &[String]| match service.pick(Choice::Preferred(1), tried, 10) {
            Pick::Enter(_, inside) => inside.upstream().id().to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(picked(&[]), "Nothing");
        upstreams.slot("b1").set_condition(Condition::Coming);
        assert_eq!(picked(&[]), "Wait");
        upstreams.slot("b1").set_condition(Condition::Unwell);
        assert_eq!(picked(&[]), "b1");
        upstreams.slot("shop-47-1").set_condition(Condition::Healthy);
        assert_eq!(picked(&[]), "shop-47-1");
        upstreams.slot("b2").set_condition(Condition::Healthy);
        assert_eq!(picked(&[]), "b2");
        assert_eq!(picked(&["b2".into()]), "Wait", "it is tried again, since the arm is not down");
    }

    proptest! {
        #[test]
        fn growing_the_candidate_never_moves_anyone_back(key: String, seed: String, a in 0_u32..=10_000, b in 0_u32..=10_000) {
            let (low, high) = (a.min(b), a.max(b));
            let bucket = split::bucket(&seed, &key);
            let candidate = |weight: u32| arm_of_bucket([10_000 - weight, weight].into_iter(), bucket) == 1;
            prop_assert_eq!(candidate(low), bucket < low, "the definition");
            prop_assert!(!candidate(low) || candidate(high));
        }

        #[test]
        fn every_bucket_has_one_arm_and_shares_are_exact(cuts in prop::collection::vec(0_u32..=10_000, 0..4)) {
            let mut cuts = cuts;
            cuts.extend([0, 10_000]);
            cuts.sort_unstable();
            let weights: Vec<_> = cuts.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mut seen = vec![0_u32; weights.len()];
            (0..10_000).for_each(|bucket| seen[arm_of_bucket(weights.iter().copied(), bucket)] += 1);
            prop_assert_eq!(seen, weights);
        }
    }
}
