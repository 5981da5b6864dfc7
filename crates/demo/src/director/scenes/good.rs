//! Scenes in which a change goes live as it is.

use super::{ENOUGH_REQUESTS, Story};
use crate::api::{Proof, RedGreen};
use crate::director::findings::Findings;
use crate::director::watch::{Missed, Way, short};
use crate::director::{Demo, Told};
use crate::{Infrastructure, Ledger};

impl Demo {
    pub(in crate::director) async fn first_deployment(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let sha = self.trunk.first().to_owned();
        story.change.clone_from(&sha);
        self.play.link("Change: the first commit", &format!("/console/changes/{sha}"));
        if self.trunk.infrastructure() == Infrastructure::LeftOut {
            self.note("neither terraform nor tofu is on this machine, so the shop's infrastructure is left out");
        }
        let way = self.follow(&sha).await?;
        let mut findings = Findings::default();
        findings.seen(way.live().is_some(), way.end.words());
        story.live = way.live();
        if let Some(release) = story.live {
            self.note(format!("the shop is open at {}; customers come", self.product_url));
            self.customers.come();
            self.served(release, ENOUGH_REQUESTS).await?;
            self.without_failure(&mut findings, &Ledger::default());
        }
        Ok(findings.told(&sha))
    }

    pub(in crate::director) async fn red_green(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let before = self.ledger();
        let sha = self.land("01-free-delivery", "free delivery, tests first").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let answer = async || Ok(self.api.change(&sha).await?.and_then(|change| change.red_green));
        let proof = self.until("red before green", answer).await?;
        let mut findings = Findings::default();
        findings.seen(proof.state == Proof::Proved, proof_in_words(&proof));
        self.goes_live(story, &way, &before, &mut findings).await?;
        Ok(findings.told(&sha))
    }

    pub(in crate::director) async fn healthy_canary(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let first = self.simply_live(story, "08-known-addresses.healthy", "addresses are looked at").await?;
        let second = self.simply_live(story, "09-recently-viewed.healthy", "what you looked at before").await?;
        Ok(Told { actual: format!("{}; {}", first.actual, second.actual), ok: first.ok && second.ok, ..second })
    }

    pub(in crate::director) async fn nothing_to_mend(&mut self, story: &mut Story) -> Result<Told, Missed> {
        self.simply_live(story, "10-telephone-number", "a telephone number").await
    }

    async fn simply_live(&mut self, story: &mut Story, patch: &str, label: &str) -> Result<Told, Missed> {
        let before = self.ledger();
        let sha = self.land(patch, label).await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let mut findings = Findings::default();
        self.goes_live(story, &way, &before, &mut findings).await?;
        Ok(findings.told(&sha))
    }

    /// It went live through a canary, and no request failed since `before`.
    pub(in crate::director) async fn goes_live(
        &self,
        story: &mut Story,
        way: &Way,
        before: &Ledger,
        findings: &mut Findings,
    ) -> Result<(), Missed> {
        findings.seen(way.live().is_some(), way.end.words());
        let Some(release) = way.live() else { return Ok(()) };
        story.live = Some(release);
        story.newest.clone_from(&way.change);
        self.served(release, ENOUGH_REQUESTS).await?;
        let between = self.ledger().since(before);
        let moved_back = between.release(Some(release)).moved_back;
        // From its journal: a busy machine passes a step between two looks.
        let shares =
            self.until("the deployment's journal", async || self.api.canary_shares(release).await.map(Some)).await?;
        findings.seen(
            !shares.is_empty(),
            match shares.as_slice() {
                [] => "no canary was seen".to_owned(),
                some => format!("through a canary at {}", some.join(", ")),
            },
        );
        self.without_failure(findings, before);
        findings.seen(
            moved_back == 0,
            match moved_back {
                0 => "who had the new version kept it".to_owned(),
                times => format!("{times} times somebody fell back to the old version"),
            },
        );
        Ok(())
    }

    /// No request failed since `before`, by the customers' own books; else what the first was.
    pub(in crate::director) fn without_failure(&self, findings: &mut Findings, before: &Ledger) {
        let between = self.ledger().since(before);
        let mut text = format!("{} of {} requests failed", between.failures, between.requests);
        if between.failures > 0 {
            let first = self.customers.books().failure_after(before.failures);
            text = format!("{text}, the first: {}", first.unwrap_or_else(|| "not known any more".into()));
        }
        findings.seen(between.failures == 0 && between.requests > 0, text);
    }

    /// Whether the commit is a part of what is live now, as its page says.
    pub(in crate::director) async fn shipped_in(
        &self,
        part: &str,
        whole: &str,
        findings: &mut Findings,
    ) -> Result<(), Missed> {
        let what = format!("the page of {} to say that it shipped", short(part));
        let look = async || Ok(self.api.change(part).await?.and_then(|change| change.shipped_in));
        let said = self.until(&what, look).await?;
        findings.seen(said == whole, format!("{} shipped inside {}", short(part), short(&said)));
        Ok(())
    }
}

fn proof_in_words(proof: &RedGreen) -> String {
    let tests = match proof.tests.as_slice() {
        [] => proof.reason.clone().unwrap_or_else(|| "no test is named".into()),
        [only] => format!("{only:?}"),
        [first, rest @ ..] => format!("{first:?} and {} more", rest.len()),
    };
    match proof.state {
        Proof::Proved => format!("red on the parent and green here: {tests}"),
        other => format!("red before green is {other:?}: {tests}"),
    }
}
