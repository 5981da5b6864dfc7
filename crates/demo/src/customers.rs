//! Simulated customers: thousands of them, seeded, who walk the product over HTTP like anybody else.
//!
//! Visits begin at a steady rate whatever the answers are, up to a bound; somebody who is in the shop does not come a
//! second time meanwhile. Each keeps their cookies from visit to visit.

pub(crate) mod books;
mod choice;
mod population;
pub(crate) mod walks;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::random::Random;
use crate::web_client::{self, WebClient};
use crate::{Error, Treatment, html};
use books::{Books, Ending, Entry};
use choice::{Step, Visit};
use population::Customer;
use walks::{Side, Taken};
use wire::{Ask, Jar};

/// More visits than these are not under way at once: a machine that is busy with something else gets fewer customers, not a queue.
const VISITS_MAX: usize = 64;
/// A redirect leads to a page, not to another and another.
const REDIRECTS_MAX: usize = 3;

/// How many there are and how often one comes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub customers: usize,
    pub visits_per_second: u32,
}

impl Default for Pace {
    /// About 200 requests a second, which leaves two cores enough for the checks.
    fn default() -> Self {
        Self { customers: 6_000, visits_per_second: 50 }
    }
}

/// The customers: at home until they are let come. They stop when this is dropped.
#[derive(Debug)]
pub struct Customers {
    shop: Shop,
    seed: u64,
    pace: Pace,
    over: CancellationToken,
    _on_drop: DropGuard,
    coming: Option<JoinHandle<()>>,
    /// Whether the shop lets somebody in.
    door: watch::Sender<Door>,
    /// How many are inside.
    inside: watch::Sender<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
}

/// Somebody with what they carry from visit to visit.
#[derive(Debug)]
struct Person {
    number: usize,
    customer: Customer,
    jar: Jar,
    random: Random,
}

/// Somebody of our own.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) person: String,
    jar: Jar,
}

/// What all visits share.
#[derive(Debug, Clone)]
struct Shop {
    client: WebClient,
    base: Uri,
    books: Arc<Books>,
    treatment: Treatment,
}

impl Customers {
    /// Customers of the product at `product_url`; nobody comes yet.
    pub fn new(product_url: &str, seed: u64, pace: Pace, treatment: Treatment) -> Result<Self, Error> {
        let address = |source| Error::Address { url: product_url.into(), source };
        let base: Uri = product_url.parse().map_err(address)?;
        let shop = Shop { client: web_client::new(VISITS_MAX), base, books: Arc::new(Books::default()), treatment };
        let over = CancellationToken::new();
        Ok(Self {
            shop,
            seed,
            pace,
            _on_drop: over.clone().drop_guard(),
            over,
            coming: None,
            door: watch::Sender::new(Door::Open),
            inside: watch::Sender::new(0),
        })
    }

    pub fn books(&self) -> &Arc<Books> {
        &self.shop.books
    }

    /// From now on they come.
    pub fn come(&mut self) {
        self.door.send_replace(Door::Open);
        let (door, inside) = (self.door.subscribe(), self.inside.clone());
        let start =
            || tokio::spawn(come_and_go(self.shop.clone(), self.seed, self.pace, self.over.clone(), door, inside));
        self.coming.get_or_insert_with(start);
    }

    /// Lets nobody in any more, and returns when the last has left.
    pub(crate) async fn pause(&self) {
        self.door.send_replace(Door::Shut);
        let mut inside = self.inside.subscribe();
        // The sender is ours, so it is not gone.
        let _ = inside.wait_for(|count| *count == 0).await;
    }

    /// The status and the text of a page as somebody gets it who was never there; not in the books.
    pub(crate) async fn look(&self, path: &str) -> Option<(u16, String)> {
        let answer = wire::exchange(&self.shop.client, &self.shop.base, &mut Jar::default(), Ask::get(path)).await;
        answer.ok().map(|answer| (answer.status, answer.body))
    }

    /// A visitor of our own who is in no books: their id at the edge, and what of the shop they get.
    pub(crate) async fn visitor(&self) -> Option<Visitor> {
        let mut jar = Jar::default();
        wire::exchange(&self.shop.client, &self.shop.base, &mut jar, Ask::get("/")).await.ok()?;
        let person = jar.get("trunkline_id")?.split('.').next()?.to_owned();
        Some(Visitor { person, jar })
    }

    /// Which checkout somebody has.
    pub(crate) async fn checkout_of(&self, visitor: &mut Visitor) -> Option<String> {
        let ask = Ask::get("/basket");
        wire::exchange(&self.shop.client, &self.shop.base, &mut visitor.jar, ask).await.ok()?.checkout
    }

    /// Somebody orders, is asked on the page of the order by a survey, and answers as posthog-js sends it. The error says how far
    /// they came.
    pub(crate) async fn order_and_answer(
        &self,
        visitor: &mut Visitor,
        survey: &str,
        words: &str,
    ) -> Result<(), String> {
        let mut tell = async |ask: Ask| {
            let path = ask.path.clone();
            let answer = wire::exchange(&self.shop.client, &self.shop.base, &mut visitor.jar, ask).await;
            let answer = answer.map_err(|error| format!("{path}: {error}"))?;
            if answer.status < 400 { Ok(answer) } else { Err(format!("{path} answered {}", answer.status)) }
        };
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        tell(Ask::get("/products/stove")).await?;
        tell(Ask::submit(true, "/basket", &[field("product", "stove")])).await?;
        tell(Ask::get("/checkout")).await?;
        let home = [field("name", "Ada Alder"), field("address", "7 Hill Road")];
        let ordered = tell(Ask::submit(true, "/checkout", &home)).await?;
        let page = tell(Ask::get(ordered.location.ok_or("the order was not taken")?)).await?.body;
        let token = between(&page, "data-token=\"", "\"").ok_or("the page has no token for a browser")?;
        let surveys = tell(Ask::get(format!("/_trunkline/api/surveys/?token={token}"))).await?.body;
        let surveys: serde_json::Value = serde_json::from_str(&surveys).map_err(|error| error.to_string())?;
        let all = surveys["surveys"].as_array();
        let asked = all.into_iter().flatten().find(|one| one["name"] == survey);
        let asked = asked.ok_or_else(|| format!("survey {survey} is not shown"))?;
        let event = serde_json::json!({
            "api_key": token, "event": "survey sent", "distinct_id": visitor.person,
            "properties": {
                "$survey_id": asked["id"], "$survey_name": survey,
                "$survey_response_ease": 4, "$survey_response_better": words,
            },
        });
        tell(Ask::post_json("/_trunkline/e/", &event)).await.map(drop)
    }

    /// Nobody comes any more; returns when the last has left.
    pub async fn close(self) {
        self.over.cancel();
        if let Some(coming) = self.coming
            && let Err(error) = coming.await
        {
            tracing::warn!(%error, "the customers did not leave in good order");
        }
    }
}

async fn come_and_go(
    shop: Shop,
    seed: u64,
    pace: Pace,
    over: CancellationToken,
    door: watch::Receiver<Door>,
    count: watch::Sender<usize>,
) {
    let mut at_home: Vec<Person> = people(seed, pace.customers);
    let mut inside: JoinSet<Person> = JoinSet::new();
    let mut random = Random::of(seed, u64::MAX);
    let mut clock = tokio::time::interval(Duration::from_secs(1) / pace.visits_per_second.max(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            () = over.cancelled() => break,
            Some(Ok(person)) = inside.join_next() => {
                at_home.push(person);
                count.send_replace(inside.len());
            }
            _ = clock.tick() => {
                // Counted before the door is looked at, so that whoever shuts it cannot miss somebody on the threshold.
                count.send_replace(inside.len() + 1);
                if *door.borrow() == Door::Open && inside.len() < VISITS_MAX && !at_home.is_empty() {
                    let person = at_home.swap_remove(random.below(at_home.len()));
                    inside.spawn(visit(shop.clone(), person, over.clone()));
                }
                count.send_replace(inside.len());
            }
        }
    }
    while inside.join_next().await.is_some() {}
}

fn people(seed: u64, count: usize) -> Vec<Person> {
    let person =
        |(number, customer)| Person { number, customer, jar: Jar::default(), random: Random::of(!seed, number as u64) };
    population::of(seed, count).into_iter().enumerate().map(person).collect()
}

/// From the first page to the last.
async fn visit(shop: Shop, mut person: Person, over: CancellationToken) -> Person {
    shop.books.visit();
    let mut memory = Visit::default();
    let mut ask = Ask::get("/");
    while let Some(page) = arrive(&shop, &mut person, ask).await {
        ask = match choice::next(&person.customer, &page, &mut memory, shop.treatment, &mut person.random) {
            Step::Follow(href) => Ask::get(href),
            Step::Submit { is_post, action, fields } => Ask::submit(is_post, &action, &fields),
            Step::Leave => break,
        };
        if think(&mut person, &over).await.is_none() {
            break;
        }
    }
    person
}

/// Waits as somebody does who reads; `None` when the demo ends.
async fn think(person: &mut Person, over: &CancellationToken) -> Option<()> {
    let around = 0.5 + person.random.share();
    let pause = Duration::from_millis(person.customer.habits.thinks_ms).mul_f64(around);
    tokio::select! {
        () = over.cancelled() => None,
        () = tokio::time::sleep(pause) => Some(()),
    }
}

/// Asks, follows where it is led, and reads the page; none if there is nothing to read.
async fn arrive(shop: &Shop, person: &mut Person, mut ask: Ask) -> Option<html::Page> {
    for _ in 0..=REDIRECTS_MAX {
        let asked = ask.clone();
        let answer = wire::exchange(&shop.client, &shop.base, &mut person.jar, ask).await;
        shop.books.write(&entry(person.number, &asked, &answer));
        let answer = answer.ok()?;
        if answer.body.contains("name=\"note[") {
            shop.books.noted();
        }
        let side = Side { checkout: answer.checkout.clone(), release: answer.release };
        let taken = Taken::of(&asked.method, &asked.path, answer.status, answer.location.as_deref(), side);
        if let Some(taken) = taken {
            shop.books.walk(person.number, taken);
        }
        match answer.location {
            Some(to) => {
                if to.starts_with("/orders/") {
                    shop.books.order();
                }
                ask = Ask::get(to);
            }
            None if answer.status < 400 => return Some(html::read(&answer.body)),
            None => return None,
        }
    }
    None
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn entry(customer: usize, asked: &Ask, answer: &Result<wire::Answer, wire::Broken>) -> Entry {
    let what = || format!("{} {}", asked.method, asked.path);
    match answer {
        Ok(answer) if answer.status < 500 => Entry { customer, release: answer.release, ending: Ending::Served },
        Ok(answer) => {
            let ending = Ending::Failed(format!("{} answered {}", what(), answer.status));
            Entry { customer, release: answer.release, ending }
        }
        Err(error) => {
            let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
            let causes: Vec<_> = causes.map(ToString::to_string).collect();
            let ending = Ending::Broken(format!("{}: {}", what(), causes.join(": ")));
            Entry { customer, release: None, ending }
        }
    }
}
