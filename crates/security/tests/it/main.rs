//! Security against the data of others, and as whoever runs `scan` sees it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod ages;
mod answers;
mod bed;
mod bill;
mod folders;
mod golden;
mod http;
mod installed;
mod inventories;
mod mirrors;
mod production;
mod purls;
mod suites;
mod versions;
