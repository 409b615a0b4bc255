//! forebay from the outside, a module for each type or matter. Tests that need a process of their own, or other means
//! than a function, are beside this folder.

#[path = "../common/mod.rs"]
mod common;
#[cfg(not(miri))]
mod models;
mod woken;

mod auto_traits;
mod batch;
mod cascade;
mod global;
mod go_parity;
mod guide;
mod handles;
mod headroom;
mod lanes;
mod latest;
mod lease;
mod metrics;
mod model;
mod monitor;
mod panics;
mod pool;
mod reset;
mod ring;
mod slab;
mod stream;
mod stream_async;
mod threads;
mod token;
mod transcript;
mod validate;
mod wait;
mod wait_async;
mod wakers;
