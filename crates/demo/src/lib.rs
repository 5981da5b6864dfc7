//! The demo: the sample product, its simulated customers and the scenes that are played with them.
//!
//! It stands outside: it commits to a git trunk ([`Trunk`]), reads the API at the system address, and sends customers
//! ([`Customers`]) to the product address. What a scene claims is computed from what the API says and from the customers'
//! own books, never from the clock; every wait has an end.

mod api;
mod customers;
mod director;
mod error;
mod html;
mod options;
mod progress;
mod random;
mod sample;
mod summary;
mod tour;
mod trunk;
mod web_client;

pub use customers::books::{Books, Ledger, ReleaseLedger, Second};
pub use customers::{Customers, Pace};
pub use director::Demo;
pub use director::script::SCENES;
pub use error::Error;
pub use options::{Canary, ControlPlane, Options, Treatment};
pub use progress::{Progress, Sink};
pub use sample::{Patch, patches};
pub use summary::{Outcome, Summary};
pub use trunk::{Infrastructure, Trunk};
