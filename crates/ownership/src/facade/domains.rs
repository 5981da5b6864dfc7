//! Who owns what, as it is shown.

use kernel::Problem;
use web::ProblemBody;

use super::{Judged, Ownership};
use crate::Error;
use crate::model::{Mode, Owner, Thing, Violation};
use crate::view::{Counts, DomainItem, DomainView, DomainsView, WaiverState, WaiverView};

const UNOWNED_SHOWN: usize = 1_000;
pub(super) const VIOLATIONS_SHOWN: usize = 500;

impl Ownership {
    /// Who owns what on trunk, and what nobody owns.
    pub async fn domains(&self) -> Result<DomainsView, Error> {
        let judged = self.judged().await?;
        let waivers = self.waivers_of(&judged).await?;
        Ok(DomainsView {
            commit: judged.commit().map(str::to_owned),
            items: judged.map.domains.iter().map(|row| item(&judged, &waivers, &row.name)).collect(),
            next: None,
            unowned: judged.map.unowned.iter().take(UNOWNED_SHOWN).cloned().collect(),
            unowned_count: judged.map.unowned.len(),
            problems: problems(&judged),
            unread: judged.product.unread().take(UNOWNED_SHOWN).map(str::to_owned).collect(),
            other_repositories: judged.others.clone(),
        })
    }

    /// One domain.
    pub async fn domain(&self, name: &str) -> Result<DomainView, Error> {
        let judged = self.judged().await?;
        let Some(domain) = judged.product.relation().domain(name) else {
            let known = judged.map.domains.iter().map(|row| row.name.as_str());
            let problem = Problem::not_found(format!("there is no domain {name:?}"));
            return Err(problem.hint(misread::suggestion(name, known.take(50))).into());
        };
        let waivers = self.waivers_of(&judged).await?;
        let own = |violation: &&Violation| violation.domain.as_deref() == Some(name);
        Ok(DomainView {
            item: item(&judged, &waivers, name),
            commit: judged.commit().map(str::to_owned),
            surface: domain.surface.iter().map(|pattern| pattern.text().to_owned()).collect(),
            findings_of_checks: judged
                .judgement
                .violations
                .iter()
                .filter(own)
                .take(VIOLATIONS_SHOWN)
                .cloned()
                .collect(),
            waivers: waivers.into_iter().filter(|waiver| waiver.domain.as_deref() == Some(name)).collect(),
        })
    }

    /// Who owns a thing on trunk; none if nobody does.
    pub async fn owner(&self, thing: Thing<'_>) -> Result<Option<Owner>, Error> {
        Ok(self.judged().await?.product.owner(thing).map(|owner| Owner::clone(&owner)))
    }

    /// The team that answers for a domain.
    pub async fn team(&self, domain: &str) -> Result<Option<String>, Error> {
        let judged = self.judged().await?;
        Ok(judged.product.relation().domain(domain).and_then(|domain| domain.team.clone()))
    }
}

pub(super) fn problems(judged: &Judged) -> Vec<ProblemBody> {
    let all = judged.judgement.problems.iter().chain(&judged.judgement.unfit_waivers);
    all.take(VIOLATIONS_SHOWN).map(ProblemBody::from).collect()
}

pub(super) fn counts<'a>(violations: impl Iterator<Item = &'a Violation>) -> Counts {
    let mut counts = Counts::default();
    for violation in violations {
        let count = match (&violation.waiver, violation.mode) {
            (Some(_), _) => &mut counts.waived,
            (None, Mode::Observe) => &mut counts.observed,
            (None, _) if violation.stops() => &mut counts.denied,
            (None, _) => &mut counts.warned,
        };
        *count += 1;
    }
    counts
}

/// A domain of the map.
fn item(judged: &Judged, waivers: &[WaiverView], name: &str) -> DomainItem {
    let row = judged.map.domains.iter().find(|row| row.name == name).expect("the map has every domain of the relation");
    let own = |violation: &&Violation| violation.domain.as_deref() == Some(name);
    let is_asked = |waiver: &&WaiverView| waiver.state == WaiverState::Asked && waiver.domain.as_deref() == Some(name);
    DomainItem {
        row: row.clone(),
        people: judged.product.relation().people(name),
        violations: counts(judged.judgement.violations.iter().filter(own)),
        waivers_asked: waivers.iter().filter(is_asked).count(),
    }
}
