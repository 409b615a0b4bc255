//! The objects of a pool, with forebay.
#![no_std]
#![no_main]

use forebay::Pool;
use program_size::{N, Object, objects, program};

static POOL: Pool<Object, N> = Pool::new();

program!(objects(|| POOL.try_get().ok()));
