//! Who asks: a customer, as one route knows them, or a verifier.

use http::{HeaderMap, HeaderValue};

use crate::key::EdgeKey;
use crate::probe::Probe;
use crate::routing::{Choice, Service};
use crate::tally::Who;
use crate::visitor::{Sender, Visitor};

/// Ids drawn for one that falls into a given arm: fails for a share of one basis point once in 10^8.
const DRAWS: usize = 200_000;

/// The sender of one request; the same whichever instance takes it.
#[derive(Debug)]
pub(crate) struct Asker {
    /// As the product hears it.
    pub(crate) person: String,
    pub(crate) who: Who,
    pub(crate) kind: Kind,
    split_key: String,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Customer {
        /// The visitor whose signed cookie came back.
        witness: Option<String>,
        /// Who they are from the next request on, if they keep the cookie that we give them.
        becomes: Option<Visitor>,
    },
    Verifier(Probe),
}

impl Asker {
    /// `who` tells what a customer counts as.
    pub(crate) fn customer(
        headers: &HeaderMap,
        service: &Service,
        key: &EdgeKey,
        who: impl FnOnce(&Sender) -> Who,
    ) -> Self {
        let sender = Sender::of(headers, &service.route, key);
        let new = newcomer(service, &sender);
        Self {
            person: sender.person(&new, key),
            who: who(&sender),
            split_key: sender.key().unwrap_or_else(|| new.id()),
            kind: Kind::Customer {
                becomes: sender.needs_cookie().then_some(new),
                witness: sender.witnessed.map(|visitor| visitor.id()),
            },
        }
    }

    pub(crate) fn verifier(probe: Probe) -> Self {
        let person = probe.person();
        Self { split_key: person.clone(), person, who: Who { client: 0, person: None }, kind: Kind::Verifier(probe) }
    }

    /// A verifier sees what it came to verify, and no other version of it.
    pub(crate) fn choice(&self, service: &Service) -> Choice {
        let probed = self.probe().and_then(|probe| service.arm_with(probe.deployment));
        probed.map_or_else(|| Choice::Preferred(service.arm_of(&self.split_key)), Choice::Only)
    }

    pub(crate) fn probe(&self) -> Option<&Probe> {
        match &self.kind {
            Kind::Verifier(probe) => Some(probe),
            Kind::Customer { .. } => None,
        }
    }

    pub(crate) fn witness(&self) -> Option<&str> {
        match &self.kind {
            Kind::Customer { witness, .. } => witness.as_deref(),
            Kind::Verifier(_) => None,
        }
    }

    pub(crate) fn becomes(&self) -> Option<&Visitor> {
        match &self.kind {
            Kind::Customer { becomes, .. } => becomes.as_ref(),
            Kind::Verifier(_) => None,
        }
    }

    /// Ids are printable ASCII.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.person).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    }
}

/// Who a request becomes if its sender keeps our cookie: drawn so that the next request falls into the same arm as
/// this one, whatever this one was split by.
fn newcomer(service: &Service, sender: &Sender) -> Visitor {
    let visitor = Visitor::new();
    let Some(key) = sender.key().filter(|_| sender.needs_cookie()) else { return visitor };
    let arm = service.arm_of(&key);
    let mut draws = std::iter::once(visitor.clone()).chain(std::iter::repeat_with(Visitor::new)).take(DRAWS);
    draws.find(|drawn| service.arm_of(&drawn.id()) == arm).unwrap_or(visitor)
}
