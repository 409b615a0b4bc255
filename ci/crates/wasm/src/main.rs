//! The integration tests of forebay, compiled as they are, for a machine that has one thread, no unwinding, no
//! clock, no files and nothing to write to: `#[test]` is here one that exports the function. `run.mjs` calls each
//! in an instance of its own, and `main` first.
//!
//! Left out are those that need a host throughout: threads, unwinding, tokio, processes, the source tree.

#![allow(clippy::duplicate_mod)] // The validator's suites have their own copies of their common parts.

#[macro_use]
extern crate collect;

use std::sync::Mutex;

macro_rules! tests {
    ($($path:literal $name:ident;)+) => {$(
        #[path = $path]
        mod $name;
    )+};
}

tests! {
    "../../../../tests/common/mod.rs" common;
    "../../../../tests/it/models/mod.rs" models;
    "../../../../tests/it/woken.rs" woken;
    "../../../../tests/it/auto_traits.rs" auto_traits;
    "../../../../tests/it/cascade.rs" cascade;
    "../../../../tests/it/global.rs" global;
    "../../../../tests/it/go_parity.rs" go_parity;
    "../../../../tests/it/headroom.rs" headroom;
    "../../../../tests/it/lanes.rs" lanes;
    "../../../../tests/it/lease.rs" lease;
    "../../../../tests/it/model.rs" model;
    "../../../../tests/it/monitor.rs" monitor;
    "../../../../tests/it/pool.rs" pool;
    "../../../../tests/it/reset.rs" reset;
    "../../../../tests/it/ring.rs" ring;
    "../../../../tests/it/slab.rs" slab;
    "../../../../tests/it/stream.rs" stream;
    "../../../../tests/it/token.rs" token;
    "../../../../tests/it/validate.rs" validate;
    "../../../../tests/it/wait.rs" wait;
    "../../../../validate/tests/hostile.rs" validate_hostile;
    "../../../../validate/tests/json.rs" validate_json;
    "../../../../validate/tests/schema.rs" validate_schema;
    "../../../../validate/tests/stream.rs" validate_stream;
    "../../../../validate/tests/whole.rs" validate_whole;
}
mod control;

/// What the panic said that ended the instance.
static MESSAGE: Mutex<String> = Mutex::new(String::new());

#[unsafe(no_mangle)]
extern "C" fn message() -> *const u8 {
    MESSAGE.lock().unwrap().as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn message_len() -> usize {
    MESSAGE.lock().unwrap().len()
}

fn main() {
    std::panic::set_hook(Box::new(|panic| *MESSAGE.lock().unwrap() = panic.to_string()));
}
