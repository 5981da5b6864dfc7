//! The scene in which customers decide what becomes of the new checkout.

use super::Story;
use super::dark::{FLAG, ONE_PAGE};
use crate::api::{Experiment, Verdict};
use crate::director::findings::Findings;
use crate::director::watch::Missed;
use crate::director::{Demo, Told};
use crate::{Error, Treatment};

const EXPERIMENT: &str = FLAG;
/// An experiment without an effect has not ended after so many persons: an effect needs half of them.
const NOTHING_AFTER: u64 = 800;
/// Strangers who are asked what they get.
const STRANGERS: usize = 5;

impl Demo {
    pub(in crate::director) async fn experiment(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let sha = self.land("07-checkout-experiment", "an experiment").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        let mut findings = Findings::default();
        findings.seen(way.live().is_some(), way.end.words());
        story.live = way.live().or(story.live);
        self.play.link("Experiment", &format!("/console/experiments/{EXPERIMENT}"));
        self.until("the experiment to be declared", async || self.api.experiment(EXPERIMENT).await).await?;
        self.api.start_experiment(EXPERIMENT).await.map_err(Error::from)?;
        self.note("the experiment begins; customers shop");
        match self.treatment {
            Treatment::Better => self.ships(&mut findings).await?,
            Treatment::Worse => self.does_harm(&mut findings).await?,
            Treatment::Same => self.goes_on(&mut findings).await?,
        }
        Ok(findings.told(&sha))
    }

    async fn ships(&self, findings: &mut Findings) -> Result<(), Missed> {
        let (experiment, verdict) = self.decided().await?;
        let lower = effect(&experiment).map(|(lower, _)| lower);
        findings.seen(
            verdict.decision == "ship" && lower.is_some_and(|lower| lower > 0.0),
            format!("{}: {}", verdict.decision, verdict.sentence),
        );
        let all = async || Ok(Some(self.api.flag(FLAG).await?).filter(|flag| flag.share_of("on") >= 1.0));
        self.until("everybody to get it", all).await?;
        let retirement = self.until_or("its retirement", async || Ok(self.api.flag(FLAG).await?.retire)).await;
        findings.seen(retirement.is_ok(), retirement.unwrap_or_else(|missed| missed.0));
        self.strangers_get(ONE_PAGE, findings).await
    }

    async fn does_harm(&self, findings: &mut Findings) -> Result<(), Missed> {
        let (experiment, verdict) = self.decided().await?;
        let upper = effect(&experiment).map(|(_, upper)| upper);
        findings.seen(
            verdict.decision == "roll_back" && upper.is_some_and(|upper| upper < 0.0),
            format!("{}: {}", verdict.decision, verdict.sentence),
        );
        let killed = async || Ok(Some(self.api.flag(FLAG).await?).filter(|flag| flag.state == "killed"));
        self.until("the flag to be killed", killed).await?;
        self.strangers_get("classic", findings).await
    }

    async fn goes_on(&self, findings: &mut Findings) -> Result<(), Missed> {
        let enough = async || {
            let experiment = self.api.experiment(EXPERIMENT).await?;
            Ok(experiment.filter(|now| now.units() >= NOTHING_AFTER || now.state == "decided"))
        };
        let experiment = self.until(&format!("{NOTHING_AFTER} persons in the experiment"), enough).await?;
        let verdict = experiment.verdict.clone().unwrap_or_default();
        findings.seen(
            experiment.state == "running"
                && verdict.decision == "keep_running"
                && verdict.sentence.contains(", at most "),
            format!("{} after {} persons: {}", experiment.state, experiment.units(), verdict.sentence),
        );
        Ok(())
    }

    async fn decided(&self) -> Result<(Experiment, Verdict), Missed> {
        let decided =
            async || Ok(self.api.experiment(EXPERIMENT).await?.filter(|experiment| experiment.state == "decided"));
        let experiment = self.until("the experiment's verdict", decided).await?;
        let verdict = experiment.verdict.clone().unwrap_or_default();
        self.note(format!("{} persons later: {}", experiment.units(), verdict.sentence));
        Ok((experiment, verdict))
    }

    /// People who were never here.
    async fn strangers_get(&self, checkout: &str, findings: &mut Findings) -> Result<(), Missed> {
        let mut got = Vec::new();
        for _ in 0..STRANGERS {
            let stranger = self.customers.visitor().await;
            let mut stranger = stranger.ok_or_else(|| Missed("the shop does not answer a visitor".into()))?;
            got.push(self.customers.checkout_of(&mut stranger).await.unwrap_or_else(|| "nothing".into()));
        }
        let is_so = got.iter().all(|one| one == checkout);
        findings.seen(is_so, format!("{STRANGERS} strangers get {}", got.join(", ")));
        Ok(())
    }
}

/// By how much more, or less, customers with the new checkout order, at least and at most.
fn effect(experiment: &Experiment) -> Option<(f64, f64)> {
    let metric = experiment.metrics.iter().find(|metric| metric.name == "ordered")?;
    metric.absolute.map(|effect| (effect.lower, effect.upper))
}
