//! The scene in which a customer says something.

use super::Story;
use super::dark::{FLAG, JOURNEY, ONE_PAGE};
use crate::director::findings::Findings;
use crate::director::watch::Missed;
use crate::director::{Demo, Told};

const SURVEY: &str = "after-order";
const WORDS: &str = "It took me a while to find the tarp.";

impl Demo {
    pub(in crate::director) async fn feedback(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let change = story.newest.clone();
        story.change.clone_from(&change);
        let nobody = || Missed("the shop does not answer a visitor".into());
        let mut visitor = self.customers.visitor().await.ok_or_else(nobody)?;
        let checkout = self.customers.checkout_of(&mut visitor).await.ok_or_else(nobody)?;
        let variant = if checkout == ONE_PAGE { "on" } else { "off" };
        let mut findings = Findings::default();
        let told = self.customers.order_and_answer(&mut visitor, SURVEY, WORDS).await;
        findings.seen(
            told.is_ok(),
            match told {
                Ok(()) => "a customer ordered, was asked, and answered".to_owned(),
                Err(why) => why,
            },
        );
        let places = [
            ("the change", format!("change={change}")),
            ("the variant", format!("flag={FLAG}&variant={variant}")),
            ("the journey", format!("journey={JOURNEY}")),
        ];
        for (place, query) in places {
            let said = async || Ok(self.api.feedback(&query).await?.has(WORDS).then_some(()));
            let is_there = self.until_or(&format!("what was said of {place}"), said).await.is_ok();
            findings.seen(is_there, format!("{} on {place}", if is_there { "it is" } else { "it is not" }));
        }
        self.play.link("Feedback", "/console/feedback");
        Ok(findings.told(&change))
    }
}
