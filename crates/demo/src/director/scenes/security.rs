//! Scenes of what a version is made of: stopped before it ships, and found when it is learnt later.

use std::time::{Duration, Instant};

use super::{ENOUGH_REQUESTS, Story};
use crate::Error;
use crate::director::findings::Findings;
use crate::director::watch::{End, Missed};
use crate::director::{Demo, Told};

const KNOWN: &str = "GHSA-hrpp-h998-j3pp";
const LEARNT_LATER: &str = "TRUNKLINE-EXERCISE-1";
/// The flag before the code that uses the package.
const FLAG: &str = "delivery-note";
/// From an advisory to its finding.
const FOUND_WITHIN: Duration = Duration::from_secs(2);
/// From the kill switch to the last exposure.
const OFF_WITHIN: Duration = Duration::from_secs(5);

impl Demo {
    pub(in crate::director) async fn vulnerable_dependency(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let before = self.ledger();
        self.api.import_advisory(KNOWN).await.map_err(Error::from)?;
        let sha = self.land("05-delivery-note", "a note for the courier, and a package").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let mut findings = Findings::default();
        let (is_stopped, said) = match &way.end {
            End::NotShipped { check, summary } => (check == "gate: security", summary.clone()),
            other => (false, other.words()),
        };
        findings.seen(is_stopped, format!("stopped: {said}"));
        for part in ["qs", "6.5.2", "6.5.3", KNOWN, "sales"] {
            findings.seen(said.contains(part), format!("it names {part}"));
        }
        self.never_deployed(&sha, &mut findings).await?;

        let mended = self.land("06-qs-mended", "the mended version of the package").await?;
        let way = self.follow(&mended).await?;
        self.goes_live(story, &way, &before, &mut findings).await?;
        self.shipped_in(&sha, &mended, &mut findings).await?;
        self.agree(&mut findings).await?;
        self.api.ramp(FLAG, "half of the customers are asked where to ring").await.map_err(Error::from)?;
        self.note("half of the customers are asked where to ring from now on");
        Ok(findings.told(&sha))
    }

    pub(in crate::director) async fn new_advisory(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let noted = self.ledger().noted;
        self.until("customers who are asked where to ring", async || Ok((self.ledger().noted > noted).then_some(())))
            .await?;
        let began = Instant::now();
        self.api.import_advisory(LEARNT_LATER).await.map_err(Error::from)?;
        let finding = async || Ok(self.api.finding(LEARNT_LATER).await?.filter(|finding| finding.state == "open"));
        let finding = self.until("the finding", finding).await?;
        let after = began.elapsed();
        self.note(finding.sentence.clone());
        self.play.link("Finding", &format!("/console/findings/{LEARNT_LATER}"));
        let mut findings = Findings::default();
        findings.seen(after <= FOUND_WITHIN, format!("found {:.1} s after the advisory", after.as_secs_f64()));
        let says = [LEARNT_LATER, "is in production since deployment", "owned by domain sales", FLAG, "kill switch"];
        let is_whole = says.iter().all(|part| finding.sentence.contains(part));
        findings.seen(is_whole, finding.sentence.clone());
        story.change.clone_from(&finding.since.commit);

        self.api.kill_for(LEARNT_LATER).await.map_err(Error::from)?;
        self.note("the flag is switched off from the finding");
        tokio::time::sleep(OFF_WITHIN).await;
        let off = self.ledger();
        let served = async || Ok((self.ledger().requests >= off.requests + ENOUGH_REQUESTS).then_some(()));
        self.until("customers after the kill", served).await?;
        let still = self.ledger().noted - off.noted;
        findings.seen(still == 0, format!("{still} customers were still asked {} s later", OFF_WITHIN.as_secs()));
        Ok(findings.told(&finding.since.commit))
    }
}
