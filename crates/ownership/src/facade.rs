//! Ownership: the verbs of the context, over what is on trunk.

mod domains;
mod gates;
mod past;
mod principles;
mod waivers;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{Clock, Problem};
use storage::Db;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::model::{Gate, Judgement, Map, Place, Product, Waiver, judge};
use crate::offline::Reader;
use crate::trunk::{At, Trunk, Waiting};
use crate::{Error, store};

pub use gates::{Change, Held};
use past::Past;
pub use waivers::WaiverWish;

/// Products that are kept as they were read.
const PRODUCTS_MAX: usize = 8;

/// What ownership needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub trunk: Arc<dyn Trunk>,
}

/// Who asks and why.
#[derive(Debug, Clone)]
pub struct By {
    /// As it stands in the audit log.
    pub who: String,
    /// The person whose token it is, where that is known.
    pub person: Option<String>,
    pub why: Option<String>,
}

/// The ownership of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ownership {
    options: Arc<Options>,
    readers: Arc<Mutex<HashMap<String, Reader<Waiting>>>>,
    products: Arc<Mutex<HashMap<At, Arc<Product>>>>,
    judged: Arc<Mutex<Option<Arc<Judged>>>>,
    past: Arc<Mutex<Option<Arc<Past>>>>,
}

/// What holds on trunk now.
#[derive(Debug)]
struct Judged {
    key: (Option<At>, u64, Date),
    /// With the waivers that were granted at run time.
    product: Product,
    judgement: Judgement,
    map: Map,
    /// Repositories with a trunk of their own, of which nothing is shown.
    others: Vec<String>,
}

impl Judged {
    fn commit(&self) -> Option<&str> {
        self.key.0.as_ref().map(|at| at.commit.as_str())
    }
}

impl Ownership {
    /// Over a migrated store.
    pub fn open(options: Options) -> Self {
        Self {
            options: Arc::new(options),
            readers: Arc::default(),
            products: Arc::default(),
            judged: Arc::default(),
            past: Arc::default(),
        }
    }

    /// Looks back at the history of trunk whenever it has moved, until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> tokio::task::JoinHandle<()> {
        tokio::spawn(past::run(self.clone(), shutdown))
    }

    fn db(&self) -> &Db {
        &self.options.db
    }

    /// Today's day in UTC: waivers end with it.
    fn today(&self) -> Date {
        self.options.clock.now().to_zoned(TimeZone::UTC).date()
    }

    /// Changes whenever the same product may be judged otherwise: a waiver came or went, or the day did.
    pub async fn stamp(&self) -> Result<(u64, Date), Error> {
        Ok((store::revision(self.db()).await?, self.today()))
    }

    /// The product of a commit, as its files say.
    async fn product(&self, at: &At) -> Result<Arc<Product>, Error> {
        if let Some(known) = lock(&self.products).get(at) {
            return Ok(Arc::clone(known));
        }
        let (ours, at, runtime) = (self.clone(), at.clone(), Handle::current());
        let read = move || {
            let mut readers = lock(&ours.readers);
            let new = || Reader::new(Waiting::new(Arc::clone(&ours.options.trunk), &at.repository, runtime));
            let product = readers.entry(at.repository.clone()).or_insert_with(new).product(Some(&at.commit))?;
            let product = Arc::new(product);
            let mut products = lock(&ours.products);
            if products.len() >= PRODUCTS_MAX {
                products.clear();
            }
            products.insert(at, Arc::clone(&product));
            Ok::<_, Problem>(product)
        };
        Ok(tokio::task::spawn_blocking(read).await??)
    }

    /// The waivers of a repository that were granted at run time.
    async fn granted(&self, repository: &str) -> Result<Vec<Waiver>, Error> {
        let all = store::granted(self.db()).await?;
        Ok(all.iter().filter(|asked| asked.repository == repository).map(waivers::waiver).collect())
    }

    /// Trunk, judged; worked out anew only when something changed.
    async fn judged(&self) -> Result<Arc<Judged>, Error> {
        let newest = self.options.trunk.newest().await?;
        let (at, others) = match newest.split_first() {
            Some((first, others)) => (Some(first.clone()), others.iter().map(|at| at.repository.clone()).collect()),
            None => (None, Vec::new()),
        };
        let (revision, today) = self.stamp().await?;
        let key = (at.clone(), revision, today);
        if let Some(judged) = lock(&self.judged).as_ref().filter(|judged| judged.key == key) {
            return Ok(Arc::clone(judged));
        }
        let product = match &at {
            Some(at) => Product::clone(&*self.product(at).await?).granted(self.granted(&at.repository).await?),
            None => Product::default(),
        };
        let work = move || {
            let (judgement, map) = (judge(&product, today, Gate::Deployment), Map::of(&product));
            Arc::new(Judged { key, product, judgement, map, others })
        };
        let judged = tokio::task::spawn_blocking(work).await?;
        *lock(&self.judged) = Some(Arc::clone(&judged));
        Ok(judged)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where what was granted at run time stands.
fn nowhere() -> Place {
    Place { file: "".into(), line: 0 }
}
