//! Scenes in which something is wrong, and the one that mends it.

use std::time::Duration;

use super::{ENOUGH_REQUESTS, Story};
use crate::api::{Deployment, Service};
use crate::director::findings::Findings;
use crate::director::watch::{End, Missed, short};
use crate::director::{Demo, Told};

/// Requests that were under way when all new ones got the old version are answered within this.
const UNDER_WAY: Duration = Duration::from_secs(1);
/// The page that fails in the bad version.
const BAD_PAGE: &str = "/products/tatra-map";
/// What the innocent commit puts at the foot of each page.
const INNOCENT_WORDS: &str = "555 0100";

impl Demo {
    pub(in crate::director) async fn failing_test(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let before = self.ledger();
        let sha = self.land("03-whole-words", "a stricter search").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let mut findings = Findings::default();
        findings.seen(matches!(way.end, End::NotShipped { .. }), way.end.words());
        let differ = |service: &Service| {
            service.why(&sha).filter(|why| !service.in_sync && why.contains("failed")).map(str::to_owned)
        };
        let why = self.status("the status to say that trunk and production differ, and why", differ).await?;
        self.note(format!("trunk and production differ: {why}"));
        findings.seen(true, format!("trunk and production differ: {why}"));
        self.never_deployed(&sha, &mut findings).await?;

        let mend = self.land("04-beginnings-of-words", "the search is mended").await?;
        let way = self.follow(&mend).await?;
        self.goes_live(story, &way, &before, &mut findings).await?;
        self.shipped_in(&sha, &mend, &mut findings).await?;
        self.agree(&mut findings).await?;
        Ok(findings.told(&sha))
    }

    pub(super) async fn never_deployed(&self, sha: &str, findings: &mut Findings) -> Result<(), Missed> {
        let change = self.until("the change's page", async || self.api.change(sha).await).await?;
        findings.seen(
            change.deployments.is_empty(),
            match change.deployments.first() {
                None => "never deployed".to_owned(),
                Some(deployment) => format!("it got deployment {}", deployment.number),
            },
        );
        Ok(())
    }

    pub(in crate::director) async fn bad_canary(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let mut findings = Findings::default();
        self.quietly_bad(story, &mut findings).await?;
        let sha = self.land("09-recently-viewed", "what you looked at before").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        match &way.end {
            End::TakenBack(deployment) => self.after_rollback(story, deployment, &mut findings).await?,
            other => findings.seen(false, format!("not rolled back: {}", other.words())),
        }
        story.bad = Some(sha.clone());
        self.innocent(story, &mut findings).await?;
        Ok(findings.told(&sha))
    }

    /// No request fails, and customers give up: the journey that guards takes it back, and a revert releases what it held.
    async fn quietly_bad(&mut self, story: &mut Story, findings: &mut Findings) -> Result<(), Missed> {
        let before = self.ledger();
        let sha = self.land("08-known-addresses", "addresses are looked at").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let End::TakenBack(deployment) = &way.end else {
            findings.seen(false, format!("not taken back by its guard: {}", way.end.words()));
            return Ok(());
        };
        let reason = deployment.reason.clone().unwrap_or_default();
        let says = ["paying: ", "persons on deployment", " points, between ", "\"ordered\""];
        let is_explained = deployment.phase == "rolled_back" && says.iter().all(|part| reason.contains(part));
        self.note(format!("rolled back: {reason}"));
        findings.seen(is_explained, format!("{} without a hand: {reason}", deployment.phase.replace('_', " ")));
        self.without_failure(findings, &before);
        let revert = self.revert("08-known-addresses").await?;
        let way = self.follow(&revert).await?;
        findings.seen(way.live().is_some(), format!("its revert: {}", way.end.words()));
        story.live = way.live().or(story.live);
        Ok(())
    }

    async fn after_rollback(&self, story: &Story, bad: &Deployment, findings: &mut Findings) -> Result<(), Missed> {
        let reason = bad.reason.clone().unwrap_or_default();
        let is_explained = bad.phase == "rolled_back" && !reason.is_empty();
        findings.seen(is_explained, format!("{} without a hand: {reason}", bad.phase.replace('_', " ")));
        let met = self.ledger().release(Some(bad.number));
        let text = format!("{} of its {} customers met a failure", met.failed_customers, met.customers);
        self.note(format!("rolled back: {reason}; {text}"));
        findings.seen(met.failed_customers > 0, text);

        tokio::time::sleep(UNDER_WAY).await;
        let settled = self.ledger();
        self.served(story.live.unwrap_or_default(), ENOUGH_REQUESTS).await?;
        let since = self.ledger().since(&settled);
        let still = since.release(Some(bad.number)).requests;
        findings.seen(still == 0, format!("{still} requests got it afterwards"));
        self.without_failure(findings, &settled);
        Ok(())
    }

    /// An innocent commit on top is verified, and waits.
    async fn innocent(&mut self, story: &mut Story, findings: &mut Findings) -> Result<(), Missed> {
        let sha = self.land("10-telephone-number", "an innocent commit").await?;
        let look = async || Ok(self.api.change(&sha).await?.and_then(|change| change.is_verified().then_some(())));
        self.until("the innocent commit to be verified", look).await?;
        let held = |service: &Service| service.why(&sha).filter(|why| why.contains("behind")).map(str::to_owned);
        let why = self.status("the innocent commit to wait behind the bad one", held).await?;
        let is_behind = story.bad.as_ref().is_some_and(|bad| why.contains(short(bad)));
        self.note(format!("{} is verified and waits: {why}", short(&sha)));
        findings.seen(is_behind, format!("the innocent {} waits: {why}", short(&sha)));
        story.innocent = Some(sha);
        Ok(())
    }

    pub(in crate::director) async fn roll_forward(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let before = self.ledger();
        let sha = self.land("11-any-letters", "the fault is mended").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let mut findings = Findings::default();
        self.goes_live(story, &way, &before, &mut findings).await?;
        if let Some(innocent) = &story.innocent {
            self.shipped_in(innocent, &sha, &mut findings).await?;
        }
        self.look_at_the_page(&mut findings).await?;
        self.agree(&mut findings).await?;
        Ok(findings.told(&sha))
    }

    /// The page that failed, as somebody gets it who was never here.
    async fn look_at_the_page(&self, findings: &mut Findings) -> Result<(), Missed> {
        let look = async || Ok(self.customers.look(BAD_PAGE).await);
        let (status, text) = self.until("an answer of the shop", look).await?;
        findings.seen(status == 200, format!("the page that failed answers {status}"));
        let has = text.contains(INNOCENT_WORDS);
        findings.seen(has, format!("it has {} what waited", if has { "also" } else { "not" }));
        Ok(())
    }

    pub(super) async fn agree(&self, findings: &mut Findings) -> Result<(), Missed> {
        self.status("trunk and production to agree", |service| service.in_sync.then_some(())).await?;
        findings.seen(true, "trunk and production agree");
        Ok(())
    }
}
