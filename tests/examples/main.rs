//! The examples, from the outside. cargo builds them before it runs integration tests.
#![cfg(all(feature = "std", not(miri)))] // Runs processes.

mod cascade;
mod monitor;
mod stream;
mod sync_pool;
