//! The verbs over what is on trunk, on both engines, with a repository in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use kernel::{Kind, ManualClock, Problem};
use ownership::model::{Brought, Check, Gate};
use ownership::offline::{Commit, Entry};
use ownership::view::WaiverState;
use ownership::{Answer, At, By, MIGRATIONS, Options, Ownership, Trunk, WaiverWish};
use storage::args;
use storage::testing::{TestDb, databases};

use crate::shop::{CATALOG, PRINCIPLE};

const OWN: &str = "UPDATE orders SET a = 1;\n";
const FOREIGN: &str = "UPDATE invoices SET a = 1;\n";
const FLAGS: &str =
    "flags:\n  a: { metadata: { owner: sales, expires: 2027-01-01 } }\n  b: { metadata: { owner: sales } }\n";
const EXPOSURE: &str = "---\nstatement: A flag has an end.\nwhy: Flags pile up.\nagreed_by: [ann]\nchecks: [flag-without-expiry]\nmode: deny\ngates: [exposure]\n---\n";

type Tree = BTreeMap<String, String>;

/// Commits by their names, oldest first, and who brought the lines of every file; the id of a text is the text.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<(String, Tree)>>, Mutex<BTreeMap<u32, Brought>>);

impl Memory {
    fn land(&self, commit: &str, files: &[(&str, &str)]) {
        let mut all = self.0.lock().unwrap();
        let mut tree = all.last().map(|(_, tree)| tree.clone()).unwrap_or_default();
        tree.extend(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        all.push((commit.to_owned(), tree));
    }
}

impl Trunk for Memory {
    fn newest(&self) -> Answer<'_, Vec<At>> {
        let newest = self.0.lock().unwrap().last().map(|(commit, _)| at(commit));
        async { Ok(newest.into_iter().collect()) }.boxed()
    }

    fn files<'a>(&'a self, at: &'a At) -> Answer<'a, Vec<Entry>> {
        let all = self.0.lock().unwrap();
        let found = all.iter().find(|(commit, _)| *commit == at.commit).map(|(_, tree)| tree.clone());
        let entry = |(path, id)| Entry { path, id };
        let found = found.ok_or_else(|| Problem::not_found("no such commit"));
        async move { Ok(found?.into_iter().map(entry).collect()) }.boxed()
    }

    fn texts<'a>(&'a self, _: &'a str, ids: Vec<String>) -> Answer<'a, HashMap<String, String>> {
        async { Ok(ids.into_iter().map(|id| (id.clone(), id)).collect()) }.boxed()
    }

    fn brought<'a>(&'a self, _: &'a At, _: &'a str) -> Answer<'a, BTreeMap<u32, Brought>> {
        async { Ok(self.1.lock().unwrap().clone()) }.boxed()
    }

    fn since<'a>(&'a self, _: &'a At, since: Timestamp, limit: usize) -> Answer<'a, (Option<String>, Vec<Commit>)> {
        let all = self.0.lock().unwrap();
        let commit = |(commit, _): &(String, Tree)| Commit {
            commit: commit.clone(),
            at: since + SignedDuration::from_hours(1),
            subject: format!("the {commit}"),
        };
        let commits = all.iter().map(commit).take(limit).collect();
        async { Ok((None, commits)) }.boxed()
    }
}

fn at(commit: &str) -> At {
    At { repository: "shop".into(), commit: commit.into() }
}

fn by(person: &str) -> By {
    By { who: person.into(), person: Some(person.into()), why: None }
}

struct Bed {
    test: TestDb,
    clock: Arc<ManualClock>,
    trunk: Arc<Memory>,
    ownership: Ownership,
}

impl Bed {
    async fn on(test: TestDb) -> Self {
        test.db.migrate(&[MIGRATIONS]).await.unwrap();
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let (clock, trunk) = (Arc::new(ManualClock::at(noon)), Arc::new(Memory::default()));
        let options = Options { db: test.db.clone(), clock: clock.clone(), trunk: trunk.clone() };
        let ownership = Ownership::open(options);
        trunk.land("c1", &[("catalog-info.yaml", CATALOG), ("principles/own.md", PRINCIPLE), ("src/sales/a.sql", OWN)]);
        Self { test, clock, trunk, ownership }
    }

    /// A waiver of the write in `src/sales/a.sql`.
    async fn ask(&self, who: &str) -> Result<u64, Problem> {
        let wish = WaiverWish {
            check: Check::WriteToForeignTable,
            what: "src/sales/a.sql".into(),
            reason: "the report moves".into(),
            expires: date(2026, 12, 1),
        };
        let asked = self.ownership.ask(&wish, &by(who)).await.map_err(Problem::from)?;
        assert_eq!((asked.state, asked.domain.as_deref()), (WaiverState::Asked, Some("billing")));
        let others: Vec<&str> = ["bob"].into_iter().filter(|name| *name != who).collect();
        assert_eq!(asked.approvers, others);
        Ok(asked.number.unwrap())
    }

    async fn denied(&self, commit: &str, live: &str) -> usize {
        self.ownership.judge_change(&at(commit), &[at(live)]).await.unwrap().denied().count()
    }

    async fn audited(&self) -> Vec<String> {
        let rows = self.test.db.all("SELECT what FROM platform_audit ORDER BY id", args![]).await.unwrap();
        rows.iter().map(|row| row.get("what").unwrap()).collect()
    }
}

#[tokio::test]
async fn what_is_on_trunk_is_the_map() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        let experiment = "experiment: wrap\nowner: billing\nflag: a\n";
        bed.trunk.land("c2", &[("experiments/wrap.yaml", experiment), ("flags/a.yaml", FLAGS)]);
        let domains = bed.ownership.domains().await.unwrap();
        assert_eq!(domains.commit.as_deref(), Some("c2"));
        let billing = domains.items.iter().find(|item| item.row.name == "billing").unwrap();
        assert_eq!((&billing.row.experiments, &billing.people), (&vec!["wrap".to_owned()], &vec!["bob".to_owned()]));
        let sales = bed.ownership.domain("sales").await.unwrap();
        assert_eq!(sales.item.row.flags, ["a", "b"]);
        assert!(domains.unowned.iter().any(|thing| thing.name == "experiments/wrap.yaml"));
        let unknown = Problem::from(bed.ownership.domain("sale").await.unwrap_err());
        assert!(unknown.hint.unwrap().contains("\"sales\""));
    }
}

#[tokio::test]
async fn a_change_is_judged_against_what_is_live() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.trunk.land("c2", &[("src/sales/a.sql", FOREIGN)]);
        bed.trunk.land("c3", &[("src/sales/b.txt", "nothing")]);
        assert_eq!(bed.denied("c2", "c1").await, 1);
        assert_eq!(bed.denied("c3", "c1").await, 1, "a harmless commit on top does not carry it through");
        assert_eq!(bed.denied("c3", "c2").await, 0, "what is live already is not brought");
        let principle = bed.ownership.principle("own").await.unwrap();
        assert_eq!((principle.item.record.stopped, principle.item.record.observed), (2, 0));
        assert_eq!(principle.events.len(), 2);
        bed.denied("c2", "c1").await;
        assert_eq!(bed.ownership.principle("own").await.unwrap().events.len(), 2, "the same is recorded once");
    }
}

#[tokio::test]
async fn observing_records_and_stops_nothing() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        let observes = PRINCIPLE.replace("mode: deny\n", "");
        bed.trunk.land("c2", &[("principles/own.md", &observes), ("src/sales/a.sql", FOREIGN)]);
        let change = bed.ownership.judge_change(&at("c2"), &[at("c1")]).await.unwrap();
        assert!(!change.is_enforced && change.denied().count() == 0);
        let record = bed.ownership.principle("own").await.unwrap().item.record;
        assert_eq!((record.stopped, record.observed), (0, 1));
    }
}

#[tokio::test]
async fn a_waiver_is_granted_by_another_person_of_the_owning_domain_and_ends() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        let none = bed.ask("ann").await.unwrap_err();
        assert!(none.hint.unwrap().contains("no waiver is needed"));
        bed.trunk.land("c2", &[("src/sales/a.sql", FOREIGN)]);
        assert_eq!(bed.denied("c2", "c1").await, 1);

        let own = bed.ask("bob").await.unwrap();
        let refused = Problem::from(bed.ownership.approve(own, &by("bob")).await.unwrap_err());
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Forbidden, "nobody approves their own"));
        let number = bed.ask("ann").await.unwrap();
        let stranger = Problem::from(bed.ownership.approve(number, &by("eve")).await.unwrap_err());
        assert_eq!(stranger.hint.as_deref(), Some("may: bob; and not who asked"));
        let nobody = By { who: "console".into(), person: None, why: None };
        assert_eq!(Problem::from(bed.ownership.approve(number, &nobody).await.unwrap_err()).kind, Kind::Forbidden);
        assert_eq!(bed.denied("c2", "c1").await, 1, "asking lets nothing pass");

        let granted = bed.ownership.approve(number, &by("bob")).await.unwrap();
        assert_eq!((granted.state, granted.covers), (WaiverState::Granted, 1));
        assert_eq!(bed.denied("c2", "c1").await, 0);
        let again = Problem::from(bed.ownership.approve(number, &by("bob")).await.unwrap_err());
        assert_eq!(again.kind, Kind::Conflict);

        bed.clock.advance(SignedDuration::from_hours(24 * 8));
        assert_eq!(bed.denied("c2", "c1").await, 1, "its last day is over");
        let waivers = bed.ownership.waivers().await.unwrap();
        assert!(waivers.iter().all(|waiver| waiver.state == WaiverState::Expired), "{waivers:?}");
        let audited = bed.audited().await;
        assert_eq!(audited.iter().filter(|what| *what == "waiver.approved").count(), 1);
    }
}

#[tokio::test]
async fn a_line_that_nobody_is_known_to_have_approved_is_shown_so_and_stops_nothing_less() {
    const LINE: &str = "- { check: write-to-foreign-table, what: src/sales/a.sql, reason: r, expires: 2026-12-01, approver: bob, author: ann }\n";
    for test in databases().await {
        let bed = Bed::on(test).await;
        let brought = |by: &str| Brought { author: "ann".into(), approved_by: vec![by.to_owned()] };
        let states = [
            (None, WaiverState::NotApproved, 1, "it is not known which commit brought the line"),
            (Some(brought("Ann <ann>")), WaiverState::NotApproved, 1, "its commit does not say that bob approved"),
            (Some(brought("Bob <bob>")), WaiverState::Granted, 0, ""),
        ];
        for (n, (brought, state, denied, why)) in states.into_iter().enumerate() {
            *bed.trunk.1.lock().unwrap() = brought.into_iter().map(|brought| (1, brought)).collect();
            let commit = format!("w{n}");
            bed.trunk.land(&commit, &[("src/sales/a.sql", FOREIGN), ("waivers.yaml", LINE)]);
            let waivers = bed.ownership.waivers().await.unwrap();
            assert_eq!((waivers[0].state, waivers[0].number), (state, None));
            let told = waivers[0].why_not.clone().unwrap_or_default();
            assert!(told.contains(why) && (why.is_empty() || told.contains("`Approved-by: bob`")), "{told}");
            assert_eq!(bed.denied(&commit, "c1").await, denied);
        }
    }
}

#[tokio::test]
async fn a_waiver_that_is_revoked_counts_no_more() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.trunk.land("c2", &[("src/sales/a.sql", FOREIGN)]);
        let number = bed.ask("ann").await.unwrap();
        bed.ownership.approve(number, &by("bob")).await.unwrap();
        assert_eq!(bed.denied("c2", "c1").await, 0);
        let ended = bed.ownership.end_waiver(number, &by("bob")).await.unwrap();
        assert_eq!((ended.state, bed.denied("c2", "c1").await), (WaiverState::Revoked, 1));
    }
}

#[tokio::test]
async fn who_agreed_is_kept_with_the_words_that_they_agreed_to() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        let page = bed.ownership.agree("own", &by("cat")).await.unwrap();
        let said: Vec<_> = page.item.agreed.iter().map(|one| (one.person.as_str(), one.in_file)).collect();
        assert_eq!(said, [("cat", false), ("ann", true), ("bob", true)]);
        bed.trunk.land("c2", &[("principles/own.md", &PRINCIPLE.replace("alone", "only"))]);
        let page = bed.ownership.principle("own").await.unwrap();
        assert_eq!(page.item.agreed[0].to_these_words, Some(false));
        bed.ownership.withdraw("own", &by("cat")).await.unwrap();
        let twice = Problem::from(bed.ownership.withdraw("own", &by("cat")).await.unwrap_err());
        assert_eq!(twice.kind, Kind::NotFound);
        assert_eq!(bed.audited().await, ["principle.agreed", "principle.agreement_withdrawn"]);
    }
}

#[tokio::test]
async fn flags_that_break_what_guards_exposure_are_held() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.trunk.land("c2", &[("flags/a.yaml", FLAGS), ("principles/ends.md", EXPOSURE)]);
        let flags = bed.ownership.judge_exposure(&at("c2"), true).await.unwrap();
        let held = flags["b"].as_ref().unwrap();
        assert!(held.why.contains("principles/ends, flag-without-expiry"), "{held:?}");
        assert!(held.hint.contains("trunkline waiver add flag-without-expiry b"), "{held:?}");
        assert_eq!((flags["a"].as_ref(), bed.ownership.in_force().await.unwrap()), (None, Some(at("c2"))));
        assert_eq!(bed.ownership.judge_change(&at("c2"), &[at("c1")]).await.unwrap().denied().count(), 0);
        let page = bed.ownership.principle("ends").await.unwrap();
        assert!(page.events.iter().any(|event| event.gate == Gate::Exposure), "{:?}", page.events);
        assert_eq!(page.item.record.stopped, 1);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown_where_something_is_enforced() {
    for test in databases().await {
        let bed = Bed::on(test).await;
        bed.trunk.land("c2", &[("principles/more.md", "no front matter")]);
        let change = bed.ownership.judge_change(&at("c2"), &[at("c1")]).await.unwrap();
        assert!(change.is_unknown() && change.denied().count() == 0);
        assert!(!bed.ownership.judge_change(&at("c1"), &[at("c1")]).await.unwrap().is_unknown());
    }
}
