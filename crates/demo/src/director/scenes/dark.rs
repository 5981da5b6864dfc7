//! The scene in which a change is deployed, and released later.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

use super::{ENOUGH_REQUESTS, Story};
use crate::api::Report;
use crate::customers::walks::{Funnel, Walks};
use crate::director::findings::Findings;
use crate::director::watch::{Missed, Way};
use crate::director::{Demo, Told};

pub(super) const FLAG: &str = "one-page-checkout";
pub(super) const JOURNEY: &str = "checkout";
pub(super) const ONE_PAGE: &str = "one-page";

impl Demo {
    pub(in crate::director) async fn dark_launch(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let told = self.launch(story).await;
        // However it went: the scenes that follow need customers.
        self.customers.come();
        told
    }

    async fn launch(&mut self, story: &mut Story) -> Result<Told, Missed> {
        let before = self.ledger();
        let mut findings = Findings::default();
        self.in_the_dark(story, &mut findings).await?;
        if story.live.is_some() {
            self.play.link("Flag", &format!("/console/flags/{FLAG}"));
            self.play.link("Journey", &format!("/console/journeys/{JOURNEY}"));
            self.for_one(&mut findings).await?;
            self.for_half(story, &mut findings).await?;
            self.without_failure(&mut findings, &before);
        }
        Ok(findings.told(&story.change))
    }

    /// It is deployed while customers shop; none of them sees it and the journey is what it was.
    async fn in_the_dark(&mut self, story: &mut Story, findings: &mut Findings) -> Result<(), Missed> {
        let from = self.open_book().await;
        let sha = self.land("02-one-page-checkout", "a new checkout, in the dark").await?;
        story.change.clone_from(&sha);
        let way = self.follow(&sha).await?;
        findings.seen(way.live().is_some(), way.end.words());
        story.live = way.live();
        let Some(release) = story.live else { return Ok(()) };
        self.served(release, ENOUGH_REQUESTS).await?;
        self.walked_first(&way, release, findings).await?;
        let (walks, to) = self.close_book().await;
        let seen = walks.funnel(|side| side.checkout.as_deref() == Some(ONE_PAGE))[0];
        findings.seen(seen == 0, format!("{seen} customers saw the new checkout while it was dark"));
        let report = self.report_of(from, to, None, &walks.funnel(|_| true)).await?;
        agree(findings, "in the dark", &report.funnel(), &walks.funnel(|_| true));
        let verifiers = report.synthetic_persons.unwrap_or(0);
        let text = format!("{verifiers} verifier walked the journey and is in no figure");
        findings.seen(verifiers > 0, text);
        Ok(())
    }

    /// The probe met the new checkout, and was done before the first customer got the version.
    async fn walked_first(&self, way: &Way, release: u64, findings: &mut Findings) -> Result<(), Missed> {
        let log = self.api.probe_log(release, JOURNEY).await.map_err(crate::Error::from)?;
        let is_met = log.contains(&format!("met the {ONE_PAGE} checkout"));
        findings.seen(is_met, format!("the probe met {} checkout", if is_met { "the new" } else { "not the new" }));
        let first = self.customers.books().first_of(release).and_then(|at| Timestamp::try_from(at).ok());
        let probed = way.deployment().and_then(|deployment| deployment.probed_at);
        let ahead = first.zip(probed).map(|(first, probed)| first.duration_since(probed).as_secs_f64());
        findings.seen(
            ahead.is_some_and(|seconds| seconds > 0.0),
            match ahead {
                Some(seconds) => format!("it was done {seconds:.1} s before the first customer"),
                None => "nothing says when it was done".into(),
            },
        );
        Ok(())
    }

    /// On for one tester, whom nobody else notices.
    async fn for_one(&self, findings: &mut Findings) -> Result<(), Missed> {
        let nobody = || Missed("the shop does not answer a visitor".into());
        let mut tester = self.customers.visitor().await.ok_or_else(nobody)?;
        let mut other = self.customers.visitor().await.ok_or_else(nobody)?;
        self.api.add_tester(FLAG, &tester.person, "on").await.map_err(crate::Error::from)?;
        let got = (self.customers.checkout_of(&mut tester).await, self.customers.checkout_of(&mut other).await);
        let is_so = got.0.as_deref() == Some(ONE_PAGE) && got.1.as_deref() == Some("classic");
        let words = |side: Option<String>| side.unwrap_or_else(|| "nothing".into());
        findings.seen(is_so, format!("a tester got {} and a stranger {}", words(got.0), words(got.1)));
        Ok(())
    }

    /// On for a half, with the control plane killed meanwhile.
    async fn for_half(&mut self, story: &Story, findings: &mut Findings) -> Result<(), Missed> {
        self.customers.pause().await;
        self.api.ramp(FLAG, "half of the customers, to see what it does").await.map_err(crate::Error::from)?;
        self.note("a half of the customers has the new checkout from now on");
        let from = self.open_book().await;
        let release = story.live.unwrap_or_default();
        self.served(release, 2 * ENOUGH_REQUESTS).await?;
        self.note("the control plane is killed, while customers shop");
        self.control_plane.crash().await.map_err(Missed)?;
        self.note("it is back");
        self.served(release, 2 * ENOUGH_REQUESTS).await?;
        let (walks, to) = self.close_book().await;
        findings.seen(walks.mixed() == 0, format!("{} customers met both checkouts", walks.mixed()));
        let all = walks.funnel(|_| true);
        let by_variant = self.report_of(from, to, Some(&format!("variant:{FLAG}")), &all).await?;
        for (variant, checkout) in [("on", ONE_PAGE), ("off", "classic")] {
            let books = walks.funnel(|side| side.checkout.as_deref() == Some(checkout));
            findings.seen(books[0] > 0, format!("{} customers began with {variant}", books[0]));
            agree(findings, variant, &by_variant.part(variant), &books);
        }
        let by_release = self.report_of(from, to, Some("release"), &all).await?;
        for release in walks.releases() {
            let books = walks.funnel(|side| side.release == Some(release));
            agree(findings, &format!("release {release}"), &by_release.part(&release.to_string()), &books);
        }
        Ok(())
    }

    /// Nobody is in the shop; from now on the ways of customers are written down anew.
    async fn open_book(&mut self) -> u128 {
        self.customers.pause().await;
        self.customers.books().open_walks();
        // The millisecond in which the last one left is not of this book.
        let from = now_ms() + 1;
        while now_ms() < from {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.customers.come();
        from
    }

    /// The last customer has left; they come again only for the next book.
    async fn close_book(&self) -> (Walks, u128) {
        self.customers.pause().await;
        (self.customers.books().walks(), now_ms() + 1)
    }

    /// The journey's report, once its whole agrees with the books; at the end of patience as it is, for the findings.
    async fn report_of(&self, from: u128, to: u128, by: Option<&str>, books: &Funnel) -> Result<Report, Missed> {
        let mut last = None;
        let agreed = self
            .until_or("the journey's page", async || {
                let report = self.api.report(JOURNEY, from, to, by).await?;
                let is_whole = report.funnel() == *books;
                last = Some(report.clone());
                Ok(is_whole.then_some(report))
            })
            .await;
        agreed.or_else(|missed| last.ok_or(missed))
    }
}

/// Step by step the same.
fn agree(findings: &mut Findings, what: &str, page: &Funnel, books: &Funnel) {
    let text = if page == books {
        format!("{what}: page and books say {books:?}")
    } else {
        format!("{what}: the page says {page:?} and the books {books:?}")
    };
    findings.seen(page == books, text);
}

#[expect(clippy::disallowed_methods, reason = "the demo stands outside: it is a customer with a clock of their own")]
fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}
